// The raters' masks beside an image: their contours, and how well each agrees with the prediction.

import { dice, shareOf, softDice } from './agreement.js';
import { raterStyle } from './colors.js';
import { stem } from './files.js';
import { outlineOf } from './outline.js';
import { cell, raterHead } from './rows.js';
import { scoreText } from './text.js';

export class Contours {
  #parts;
  #changed;
  #raters = [];
  #next = 0;

  // Scores that were computed, by what they depend on: the sliders ask for them at each step.
  #scores = new Map();
  #scored = null;

  /**
   * @param {{table: HTMLTableElement, rows: HTMLElement, foot: HTMLElement, note: HTMLElement, toggle: HTMLElement,
   * shown: HTMLInputElement}} parts
   * @param {() => void} changed called when other contours are to be drawn
   */
  constructor(parts, changed) {
    this.#parts = parts;
    this.#changed = changed;
    parts.shown.addEventListener('change', changed);
  }

  /** Takes all masks away. */
  clear() {
    this.#raters = [];
    this.#next = 0;
    this.#scores.clear();
    this.#parts.rows.replaceChildren();
    this.#arrange();
  }

  /**
   * Adds a rater's mask.
   * @param {string} name the file's name
   * @param {Uint8Array} mask 0 or 1, slice by slice
   * @param {number} height rows of a slice
   * @param {number} width columns of a slice
   */
  add(name, mask, height, width) {
    const number = this.#next++;
    const rater = { number, name, mask, height, width, style: raterStyle(number), isShown: true, outlines: new Map() };
    rater.row = this.#makeRow(rater);
    this.#raters.push(rater);
    this.#parts.rows.append(rater.row.item);
    this.#arrange();
  }

  /** The contours of a slice, for the viewer. */
  outlines(slice) {
    return this.#parts.shown.checked
      ? this.#raters.filter((rater) => rater.isShown).map((rater) => ({
        path: outline(rater, slice), rgb: rater.style.rgb, width: 1.5, dash: rater.style.dash,
      }))
      : [];
  }

  /**
   * Writes the scores of a slice.
   * @param {import('./study.js').Maps|null} maps the prediction; null where there is none yet
   */
  score(maps, slice, level) {
    const { foot, note } = this.#parts;
    foot.replaceChildren();
    note.hidden = maps !== null || this.#raters.length === 0;
    note.textContent = 'Scores appear once the maps are predicted.';
    if (this.#scored !== maps) {
      this.#scored = maps;
      this.#scores.clear();
    }
    for (const rater of this.#raters) {
      const mask = maskOf(rater, slice);
      const { number, row } = rater;
      row.dice.textContent = maps ? this.#once(`${number}/${slice}/${level}`, () => levelDice(maps, slice, level, mask)) : '–';
      row.soft.textContent = maps ? this.#once(`${number}/${slice}`, () => softDice(maps.softOf(slice), mask)) : '–';
    }
    if (maps && this.#raters.length > 1) {
      const key = `${this.#raters.map((rater) => rater.number).join()}/${slice}/all`;
      foot.append(lastRow(this.#once(key, () => softDice(maps.softOf(slice), shareOf(this.#raters.map((rater) => maskOf(rater, slice)))))));
    }
  }

  /** A score as text, computed once. */
  #once(key, compute) {
    if (!this.#scores.has(key)) {
      this.#scores.set(key, scoreText(compute()));
    }
    return this.#scores.get(key);
  }

  #makeRow(rater) {
    const item = document.createElement('tr');
    const { head, box } = raterHead(stem(rater.name), `Contour of ${rater.name}`, rater.style, (isShown) => {
      rater.isShown = isShown;
      this.#changed();
    });
    box.checked = true;
    head.title = rater.name;
    const score = cell('td', '–');
    const soft = cell('td', '–');
    const last = cell('td', '');
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.className = 'icon';
    remove.textContent = '×';
    remove.setAttribute('aria-label', `Remove ${rater.name}`);
    remove.addEventListener('click', () => this.#remove(rater));
    last.append(remove);
    item.append(head, score, soft, last);
    return { item, box, dice: score, soft };
  }

  #remove(rater) {
    const at = this.#raters.indexOf(rater);
    this.#raters.splice(at, 1);
    rater.row.item.remove();
    this.#arrange();
    this.#changed();

    // The focus does not get lost with the button.
    (this.#raters[Math.min(at, this.#raters.length - 1)]?.row.box ?? document.getElementById('masks-open')).focus();
  }

  #arrange() {
    const isEmpty = this.#raters.length === 0;
    this.#parts.table.hidden = isEmpty;
    this.#parts.toggle.hidden = isEmpty;
  }
}

function maskOf({ mask, height, width }, slice) {
  return mask.subarray(slice * height * width, (slice + 1) * height * width);
}

function levelDice(maps, slice, level, mask) {
  const values = maps.levelOf(slice, level);
  return dice(mask.length, (at) => values[at] > 0.5, (at) => mask[at] === 1);
}

function outline(rater, slice) {
  if (!rater.outlines.has(slice)) {
    const mask = maskOf(rater, slice);
    rater.outlines.set(slice, outlineOf((at) => mask[at] === 1, rater.height, rater.width));
  }
  return rater.outlines.get(slice);
}

/** The row of all raters together. A level is compared with one mask, so that there is no Dice. */
function lastRow(score) {
  const row = document.createElement('tr');
  const head = cell('th', 'All raters');
  head.scope = 'row';
  head.title = 'The soft map of the raters: the share of them who marked each pixel.';
  row.append(head, cell('td', '–'), cell('td', score), cell('td', ''));
  return row;
}
