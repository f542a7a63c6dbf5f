// The canvas: an image at any zoom, turned as the body lies, with outlines over it. Pixels stay squares with sharp edges.
//
// What is drawn is given by `setImage`, `setPicture` and `setOutlines`. The viewer itself knows where on the screen it lies. Lengths are
// in CSS pixels; the canvas has as many pixels as the screen has for them.

import { cssColor } from './colors.js';
import { AS_STORED, edgeLetters, mirrored, radiologicalTurn, rotated } from './geometry.js';

/** Room around an image that fills the view, for the letters at its edges. */
export const MARGIN = 30;

const SMALLEST_SCALE = 0.05;
const LARGEST_SCALE = 200;
const BAR_LENGTHS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];

export class Viewer {
  #canvas;
  #picture = null;
  #image = null;
  #outlines = [];
  #corner = '';
  #turn = AS_STORED;
  #scale = 1;
  #x = 0;
  #y = 0;
  #size = { width: 0, height: 0 };
  #isFitted = true;
  #hasCross = false;
  #isScheduled = false;

  /** @param {HTMLCanvasElement} canvas where it draws, in as many pixels as the screen has */
  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
  }

  /**
   * Shows another image, all of it.
   * @param {{width: number, height: number, spacing: number[]|null, affine: number[]|null}} image its size in pixels and its place
   */
  setImage(image) {
    this.#image = image;
    this.reset();
  }

  /** Sets the picture of the slice, which has the image's size. */
  setPicture(picture) {
    this.#picture = picture;
    this.redraw();
  }

  /** Sets the outlines over the picture: paths in the image's coordinates, each with a colour, a width and dashes. */
  setOutlines(outlines) {
    this.#outlines = outlines;
    this.redraw();
  }

  /** Sets the text at the top left. */
  setCorner(text) {
    this.#corner = text;
    this.redraw();
  }

  /** The whole image, turned as radiologists look at it. */
  reset() {
    this.#turn = radiologicalTurn(this.#image?.affine);
    this.#fit();
  }

  rotate() {
    this.#turn = rotated(this.#turn);
    this.#fit();
  }

  mirror() {
    this.#turn = mirrored(this.#turn);
    this.#fit();
  }

  /** Enlarges by a factor; the place (x, y) of the canvas stays where it is, by default its middle. */
  zoom(factor, x = this.#size.width / 2, y = this.#size.height / 2) {
    const scale = Math.min(LARGEST_SCALE, Math.max(SMALLEST_SCALE, this.#scale * factor));
    this.#x = x + (this.#x - x) * scale / this.#scale;
    this.#y = y + (this.#y - y) * scale / this.#scale;
    this.#scale = scale;
    this.#moved();
  }

  /** Moves the image. At least a piece of it stays inside. */
  pan(x, y) {
    this.#x += x;
    this.#y += y;
    this.#moved();
  }

  /** Whether a cross marks the middle, whose values are read out for those who move with the keys. */
  set hasCross(value) {
    if (this.#hasCross !== value) {
      this.#hasCross = value;
      this.redraw();
    }
  }

  /** The pixel at a place of the canvas, by default its middle; null outside of the image. */
  pixelAt(x = this.#size.width / 2, y = this.#size.height / 2) {
    if (!this.#image) {
      return null;
    }
    const place = this.#matrix(1).inverse().transformPoint({ x, y });
    const [column, row] = [Math.floor(place.x), Math.floor(place.y)];
    return column >= 0 && column < this.#image.width && row >= 0 && row < this.#image.height ? { row, column } : null;
  }

  /** Draws at the next frame, once, however often it is called. */
  redraw() {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      requestAnimationFrame(() => {
        this.#isScheduled = false;
        this.#paint(this.#canvas.getContext('2d', { alpha: false }), this.#canvas.width, this.#canvas.height, this.#hasCross);
      });
    }
  }

  /** What is in view now, with a line of text below it, on a canvas of its own. */
  copy(lines) {
    const ratio = this.#ratio();
    const line = Math.round(20 * ratio);
    const copy = document.createElement('canvas');
    copy.width = this.#canvas.width;
    copy.height = this.#canvas.height + line * lines.length + line;
    const context = copy.getContext('2d', { alpha: false });
    this.#paint(context, this.#canvas.width, this.#canvas.height, false);
    context.fillStyle = '#000';
    context.fillRect(0, this.#canvas.height, copy.width, copy.height);
    context.fillStyle = '#fff';
    context.font = font(13 * ratio);
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    lines.forEach((text, at) => context.fillText(text, 12 * ratio, this.#canvas.height + line * (at + 1), copy.width - 24 * ratio));
    return copy;
  }

  #ratio() {
    return this.#size.width > 0 ? this.#canvas.width / this.#size.width : 1;
  }

  #resize() {
    const { width, height } = this.#canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    const before = this.#size;
    this.#size = { width, height };
    this.#canvas.width = Math.max(1, Math.round(width * ratio));
    this.#canvas.height = Math.max(1, Math.round(height * ratio));
    if (this.#isFitted) {
      this.#fit();
    } else {
      this.pan((width - before.width) / 2, (height - before.height) / 2);
    }
  }

  #fit() {
    this.#isFitted = true;
    if (this.#image) {
      const { width, height } = this.#extent();
      const room = (length) => Math.max(1, length - 2 * MARGIN);
      this.#scale = Math.min(room(this.#size.width) / width, room(this.#size.height) / height);
      this.#x = this.#size.width / 2;
      this.#y = this.#size.height / 2;
    }
    this.redraw();
  }

  #moved() {
    if (!this.#image) {
      return;
    }
    this.#isFitted = false;
    const { width, height } = this.#extent();
    const keep = 20;
    const bound = (at, half, length) => Math.min(length - keep + half, Math.max(keep - half, at));
    this.#x = bound(this.#x, width * this.#scale / 2, this.#size.width);
    this.#y = bound(this.#y, height * this.#scale / 2, this.#size.height);
    this.redraw();
  }

  /** Width and height of a pixel; the shorter side is 1. */
  #pixel() {
    const [rows, columns] = this.#image.spacing ?? [1, 1];
    const unit = Math.min(rows, columns);
    return { width: columns / unit, height: rows / unit };
  }

  /** Width and height of the turned image at scale 1. */
  #extent() {
    const pixel = this.#pixel();
    const [width, height] = [this.#image.width * pixel.width, this.#image.height * pixel.height];
    return this.#turn.xx === 0 ? { width: height, height: width } : { width, height };
  }

  /** From the image's coordinates (column, row) to those of the canvas, times a ratio. */
  #matrix(ratio) {
    const pixel = this.#pixel();
    const scale = this.#scale * ratio;
    const { xx, xy, yx, yy } = this.#turn;
    const [a, b, c, d] = [xx * pixel.width * scale, yx * pixel.width * scale, xy * pixel.height * scale, yy * pixel.height * scale];
    const [column, row] = [this.#image.width / 2, this.#image.height / 2];
    return new DOMMatrix([a, b, c, d, this.#x * ratio - a * column - c * row, this.#y * ratio - b * column - d * row]);
  }

  #paint(context, width, height, hasCross) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    if (!this.#picture) {
      return;
    }
    const ratio = this.#ratio();
    const matrix = this.#matrix(ratio);
    context.setTransform(matrix);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#picture, 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const outline of this.#outlines) {
      this.#stroke(context, matrix, outline, ratio);
    }
    this.#write(context, width, height, ratio);
    if (hasCross) {
      const [x, y, arm] = [Math.round(width / 2) + 0.5, Math.round(height / 2) + 0.5, 9 * ratio];
      const cross = new Path2D(`M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`);
      line(context, cross, '#000', 3 * ratio);
      line(context, cross, '#fff', ratio);
    }
  }

  #stroke(context, matrix, { path, rgb, width, dash }, ratio) {
    const turned = new Path2D();
    turned.addPath(path, matrix);
    context.lineCap = dash.length > 0 ? 'butt' : 'square';
    context.setLineDash(dash.map((length) => length * ratio));

    // A dark edge keeps the line visible on bright tissue.
    line(context, turned, 'rgb(0 0 0 / 0.5)', (width + 1.5) * ratio);
    line(context, turned, cssColor(rgb), width * ratio);
    context.setLineDash([]);
  }

  /** Letters at the edges, the text at the corner, and a bar of a known length. */
  #write(context, width, height, ratio) {
    const text = (content, x, y, align) => {
      context.textAlign = align;
      context.textBaseline = 'middle';
      context.lineJoin = 'round';
      context.strokeStyle = '#000';
      context.lineWidth = 3 * ratio;
      context.strokeText(content, x, y);
      context.fillStyle = '#fff';
      context.fillText(content, x, y);
    };
    const edge = 14 * ratio;
    context.font = font(14 * ratio, 600);
    const letters = edgeLetters(this.#image.affine, this.#turn);
    if (letters) {
      text(letters.left, edge, height / 2, 'center');
      text(letters.right, width - edge, height / 2, 'center');
      text(letters.top, width / 2, edge, 'center');
      text(letters.bottom, width / 2, height - edge, 'center');
    }
    context.font = font(12 * ratio);
    text(this.#corner, 10 * ratio, edge, 'left');
    if (this.#image.spacing) {
      const perMillimetre = this.#scale * ratio / Math.min(this.#image.spacing[0], this.#image.spacing[1]);
      const length = BAR_LENGTHS.findLast((one) => one * perMillimetre <= width / 5);
      if (length) {
        const [x, y] = [10 * ratio, height - edge];
        const bar = new Path2D(`M${x} ${y - 4 * ratio}v${8 * ratio}M${x} ${y}h${length * perMillimetre}m0 ${-4 * ratio}v${8 * ratio}`);
        line(context, bar, '#000', 3.5 * ratio);
        line(context, bar, '#fff', 1.5 * ratio);
        text(length >= 10 ? `${length / 10} cm` : `${length} mm`, x + length * perMillimetre + 8 * ratio, y, 'left');
      }
    }
  }
}

function line(context, path, color, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke(path);
}

function font(size, weight = 400) {
  return `${weight} ${size}px system-ui, sans-serif`;
}
