// The rows of tables of raters: a box that shows the contour, a piece of its line, and the rater's name.

import { cssColor } from './colors.js';

/** A cell of a table. */
export function cell(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/**
 * The first cell of a rater's row.
 * @param {string} name what is written
 * @param {string} label what the box does, for those who do not see the table
 * @param {{rgb: number[], dash: number[]}} style the rater's line
 * @param {(isShown: boolean) => void} changed called when the box is ticked or cleared
 * @returns {{head: HTMLElement, box: HTMLInputElement}}
 */
export function raterHead(name, label, style, changed) {
  const head = cell('th', '');
  head.scope = 'row';
  const line = document.createElement('label');
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.setAttribute('aria-label', label);
  box.addEventListener('change', () => changed(box.checked));
  const text = cell('span', name);
  text.className = 'name';
  line.append(box, swatch(style), text);
  head.append(line);
  return { head, box };
}

/** A short piece of the rater's line. */
function swatch({ rgb, dash }) {
  const canvas = document.createElement('canvas');
  canvas.width = 44;
  canvas.height = 16;
  canvas.className = 'swatch';
  canvas.setAttribute('aria-hidden', 'true');
  const context = canvas.getContext('2d');
  context.fillStyle = '#101418';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = cssColor(rgb);
  context.lineWidth = 4;
  context.setLineDash(dash.map((length) => 2 * length));
  context.stroke(new Path2D('M4 8h36'));
  return canvas;
}
