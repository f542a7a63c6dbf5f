// What is on the screen: the slice of the image that is open, the map over it, the chosen level and the raters' contours.

import { LEVEL_COLOR, SOFT_SCALE, UNCERTAINTY_SCALE } from './colors.js';
import { compose } from './compose.js';
import { offerMaps, showForms } from './downloads.js';
import { placeOf, worldOf } from './geometry.js';
import { showLegend } from './legend.js';
import { outlineOf } from './outline.js';
import { $, chooseOverlay, overlay } from './page.js';
import { isPicture } from './study.js';
import { scoreText, valueText } from './text.js';

export class Scene {
  #viewer;
  #levels;
  #contours;
  #drawn;
  #grey;
  #picture = document.createElement('canvas');
  #outlines = new Map();

  /** The image that is open; null before the first. */
  image = null;

  /** Its maps; null until they are predicted. */
  maps = null;

  /** The slice that is shown, from 0. */
  slice = 0;

  /** The parts that are shown together; they are connected later, since they tell the scene of changes. */
  connect(viewer, levels, contours, drawn, grey) {
    [this.#viewer, this.#levels, this.#contours, this.#drawn, this.#grey] = [viewer, levels, contours, drawn, grey];
  }

  /** Shows another image. Everything that belonged to the one before goes. */
  setImage(image, axes) {
    this.image = image;
    this.slice = 0;
    this.#contours.clear();
    this.#takeMaps();
    [this.#picture.width, this.#picture.height] = [image.width, image.height];
    this.#name();
    $('empty').hidden = true;
    $('slices').hidden = image.slices === 1;
    $('slice').max = String(image.slices);
    $('masks-open').disabled = false;
    this.#setChannels();
    this.setAxes(axes);
    this.#viewer.setImage({ width: image.width, height: image.height, spacing: image.geometry.spacing, affine: placeOf(image.geometry) });
    this.#grey.setImage(image);
    this.goTo(Math.floor((image.slices - 1) / 2));
    this.readOut(null);
  }

  /** Shows the image without maps, until others come. */
  dropMaps() {
    this.#takeMaps();
    this.show();
    this.readOut(null);
  }

  #takeMaps() {
    this.maps = null;
    this.#outlines.clear();
    this.#levels.setMaps(null);
    this.#drawn.setMaps(null);
    $('overlays').disabled = true;
    $('downloads').disabled = true;
  }

  /** Shows the maps of the image. */
  setMaps(maps) {
    this.maps = maps;
    this.#outlines.clear();
    this.#levels.setMaps(maps);
    this.#levels.setSlice(this.slice);
    this.#drawn.setMaps(maps);
    $('overlays').disabled = false;
    $('downloads').disabled = false;
    offerMaps(maps);
    showForms(this);
    this.show();
    this.readOut(null);
  }

  /**
   * Sets the axes that a volume can be cut along: those of the model, or all where it knows none. A file with few slices is read as
   * channels of one image; here it can be cut all the same.
   */
  setAxes(axes) {
    const known = axes?.length > 0 ? axes : [0, 1, 2];
    const { image } = this;
    const mayBeCut = image && (image.axis !== null || (image.channels > 1 && !isPicture(image.files)));
    $('axis-row').hidden = !mayBeCut || (known.length === 1 && image.axis !== null);
    const choices = known.map((axis) => new Option(`Axis ${axis + 1}`, String(axis), false, axis === image?.axis));
    if (image?.axis === null) {
      choices.unshift(new Option('Not cut: channels', '', true, true));
    }
    $('axis').replaceChildren(...choices);
  }

  /** Goes to a slice, or to the nearest one that there is. */
  goTo(slice) {
    const { image } = this;
    if (image) {
      this.slice = Math.min(image.slices - 1, Math.max(0, slice));
      $('slice').value = String(this.slice + 1);
      $('slice').setAttribute('aria-valuetext', `Slice ${this.slice + 1} of ${image.slices}`);
      $('slice-text').textContent = `${this.slice + 1} / ${image.slices}`;
      this.#levels.setSlice(this.slice);
      this.show();
    }
  }

  /** Shows a map over the image, or none where this one is shown already. */
  toggleOverlay(kind) {
    if (!$('overlays').disabled) {
      chooseOverlay(overlay() === kind ? 'none' : kind);
      this.show();
    }
  }

  /** The whole image in its own window of grey values. */
  reset() {
    this.#viewer.reset();
    if (this.image) {
      this.#grey.reset();
    }
  }

  /** Draws everything anew. */
  show() {
    showLegend(this.maps);
    const { image, maps, slice } = this;
    if (!image) {
      return;
    }
    const context = this.#picture.getContext('2d');
    const pixels = context.createImageData(image.width, image.height);
    const level = maps && $('level-shown').checked ? maps.levelOf(slice, this.#levels.level) : null;
    compose(pixels.data, image.planes(slice, $('channel').value), this.#grey.window, level, this.#mapOver());
    context.putImageData(pixels, 0, 0);
    this.#viewer.setPicture(this.#picture);
    this.#viewer.setOutlines([...this.#drawn.outlines(slice), ...this.#contours.outlines(slice), ...this.#levelOutline(level)]);
    this.#viewer.setCorner(image.slices > 1 ? `Slice ${slice + 1} of ${image.slices}` : '');
    this.#contours.score(maps, slice, this.#levels.level);
  }

  /** Says the values of the pixel at a place of the view; at its middle where there is no place. */
  readOut(place) {
    const { image, maps, slice } = this;
    const pixel = image && this.#viewer.pixelAt(place?.x, place?.y);
    if (!pixel) {
      $('readout').textContent = image ? 'Outside of the image.' : 'Point at the image to read its values.';
      return;
    }
    const at = pixel.row * image.width + pixel.column;
    const parts = [
      `Row ${pixel.row}, column ${pixel.column}`,
      `value ${image.planes(slice, $('channel').value).map((plane) => valueText(plane[at])).join(' / ')}`,
    ];
    if (maps) {
      parts.push(`soft map ${scoreText(maps.softOf(slice)[at])}`, `uncertainty ${scoreText(maps.uncertaintyOf(slice)[at])}`);
    }
    const world = worldOf(placeOf(image.geometry), pixel.row, pixel.column, slice);
    if (world) {
      parts.push(`at ${world.map((value) => value.toFixed(1)).join(', ')} mm`);
    }
    $('readout').textContent = parts.join(' · ');
  }

  #name() {
    const { name, height, width, slices } = this.image;
    $('file-name').textContent = name;
    document.title = `${name} – Consensus.ML viewer`;
    $('view').setAttribute('aria-label', `Image ${name}, ${height} by ${width} pixels${slices > 1 ? `, ${slices} slices` : ''}`);
  }

  #setChannels() {
    const choices = Array.from({ length: this.image.channels }, (_, at) => new Option(`Channel ${at + 1}`, String(at)));
    if (this.image.isColour) {
      choices.unshift(new Option('Colour', 'colour'));
    }
    $('channel').replaceChildren(...choices);
    $('channel-row').hidden = choices.length === 1;
  }

  #mapOver() {
    const { maps, slice } = this;
    const opacity = Number($('opacity').value) / 100;
    if (!maps || overlay() === 'none') {
      return null;
    }
    return overlay() === 'soft'
      ? { values: maps.softOf(slice), scale: SOFT_SCALE, top: 1, opacity }
      : { values: maps.uncertaintyOf(slice), scale: UNCERTAINTY_SCALE, top: maps.largestUncertainty, opacity };
  }

  #levelOutline(values) {
    if (!values) {
      return [];
    }
    const key = `${this.slice}/${this.#levels.level}`;
    if (!this.#outlines.has(key)) {
      this.#outlines.set(key, outlineOf((at) => values[at] > 0.5, this.maps.height, this.maps.width));
    }
    return [{ path: this.#outlines.get(key), rgb: LEVEL_COLOR, width: 2, dash: [] }];
  }
}
