// What each named rater would draw, as the model says: a contour over the image, and its area.

import { raterStyle } from './colors.js';
import { outlineOf } from './outline.js';
import { cell, raterHead } from './rows.js';
import { areaText } from './text.js';

export class DrawnRaters {
  #parts;
  #changed;
  #maps = null;
  #raters = [];

  // The names whose contours are shown. They stay chosen from one image to the next.
  #chosen = new Set();

  /**
   * @param {{section: HTMLElement, rows: HTMLElement, all: HTMLElement, none: HTMLElement}} parts
   * @param {() => void} changed called when other contours are to be drawn
   */
  constructor(parts, changed) {
    this.#parts = parts;
    this.#changed = changed;
    parts.all.addEventListener('click', () => this.#choose(true));
    parts.none.addEventListener('click', () => this.#choose(false));
  }

  /** Shows the raters of other maps; nothing where there are no maps, or none of named raters. */
  setMaps(maps) {
    this.#maps = maps;
    this.#raters = (maps?.raters ?? []).map((name, number) => this.#makeRater(name, number));
    this.#parts.rows.replaceChildren(...this.#raters.map((rater) => rater.item));
    this.#parts.section.hidden = this.#raters.length === 0;
  }

  /** The contours of a slice, for the viewer; they are thinner than those of masks that people drew. Writes the areas too. */
  outlines(slice) {
    for (const rater of this.#raters) {
      rater.area.textContent = areaText(this.#mask(rater, slice).pixels, this.#maps.geometry.spacing);
    }
    return this.#shown().map((rater) => ({
      path: this.#mask(rater, slice).path, rgb: rater.style.rgb, width: 1, dash: rater.style.dash,
    }));
  }

  /** The names of the raters whose contours are shown. */
  get names() {
    return this.#shown().map((rater) => rater.name);
  }

  #shown() {
    return this.#raters.filter((rater) => this.#chosen.has(rater.name));
  }

  #choose(isShown) {
    for (const { name, box } of this.#raters) {
      box.checked = isShown;
      this.#set(name, isShown);
    }
    this.#changed();
  }

  #set(name, isShown) {
    if (isShown) {
      this.#chosen.add(name);
    } else {
      this.#chosen.delete(name);
    }
  }

  #makeRater(name, number) {
    const style = raterStyle(number);
    const { head, box } = raterHead(name, `What ${name} would draw`, style, (isShown) => {
      this.#set(name, isShown);
      this.#changed();
    });
    box.checked = this.#chosen.has(name);
    head.title = name;
    const item = document.createElement('tr');
    const area = cell('td', '');
    item.append(head, area);
    return { name, number, style, box, item, area, masks: new Map() };
  }

  /** The outline and the size of a rater's mask on a slice, made once. */
  #mask(rater, slice) {
    if (!rater.masks.has(slice)) {
      const values = this.#maps.raterOf(slice, rater.number);
      const isMarked = (at) => values[at] > 0.5;
      rater.masks.set(slice, {
        path: outlineOf(isMarked, this.#maps.height, this.#maps.width),
        pixels: values.reduce((sum, value) => sum + (value > 0.5 ? 1 : 0), 0),
      });
    }
    return rater.masks.get(slice);
  }
}
