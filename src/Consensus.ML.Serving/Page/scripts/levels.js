// The levels of consensus: a slider from what one rater would mark to what all would, and the area that each level marks.

import { areaText, levelText, volumeText } from './text.js';

export class Levels {
  #parts;
  #rows = [];
  #maps = null;
  #slice = 0;

  // The number of levels of the maps that were shown last.
  #count = 0;

  /**
   * @param {{box: HTMLFieldSetElement, text: HTMLElement, slider: HTMLInputElement, list: HTMLElement, volume: HTMLElement}} parts
   * @param {() => void} changed called when another level is chosen
   */
  constructor(parts, changed) {
    this.#parts = parts;
    parts.slider.addEventListener('input', () => {
      this.#show();
      changed();
    });

    // The list repeats what the slider does, for the mouse and for fingers.
    parts.list.addEventListener('click', (event) => {
      const row = event.target.closest('li');
      if (row && this.#maps) {
        this.level = Number(row.value);
        changed();
      }
    });
  }

  /** The chosen level, from 1. */
  get level() {
    return Number(this.#parts.slider.value);
  }

  set level(level) {
    if (this.#maps) {
      this.#parts.slider.value = String(Math.min(this.#maps.levels, Math.max(1, level)));
      this.#show();
    }
  }

  /** Shows the maps of another image; null where there are none. The level stays where the new maps have it too. */
  setMaps(maps) {
    this.#maps = maps;
    this.#parts.box.disabled = !maps;
    if (maps) {
      this.#parts.slider.max = String(maps.levels);
      if (this.#count !== maps.levels) {
        // The majority: the level that most readers expect first.
        this.#parts.slider.value = String(Math.floor(maps.levels / 2) + 1);
      }
      this.#count = maps.levels;
    }
    this.#rows = Array.from({ length: maps?.levels ?? 0 }, (_, at) => makeRow(at + 1));
    this.#parts.list.replaceChildren(...this.#rows.map((row) => row.item));
    this.#show();
  }

  setSlice(slice) {
    this.#slice = slice;
    this.#show();
  }

  #show() {
    const { text, slider, volume } = this.#parts;
    const maps = this.#maps;
    if (!maps) {
      text.textContent = 'No prediction yet';
      slider.removeAttribute('aria-valuetext');
      volume.hidden = true;
      return;
    }
    const areas = maps.areas.map((one) => one.pixelsOfSlices[this.#slice] ?? 0);
    const most = Math.max(1, ...areas);
    this.#rows.forEach((row, at) => {
      const isCurrent = at + 1 === this.level;
      row.bar.style.width = `${100 * areas[at] / most}%`;
      row.area.textContent = areaText(areas[at], maps.geometry.spacing);
      row.item.classList.toggle('current', isCurrent);
      if (isCurrent) {
        row.item.setAttribute('aria-current', 'true');
      } else {
        row.item.removeAttribute('aria-current');
      }
    });
    const chosen = levelText(this.level, maps.levels);
    const area = areaText(areas[this.level - 1], maps.geometry.spacing);
    text.replaceChildren(`Level ${this.level} of ${maps.levels}`, part('span', 'level-area', area), part('span', 'level-meaning', chosen));
    slider.setAttribute('aria-valuetext', `Level ${this.level} of ${maps.levels}: ${chosen.toLowerCase()}; ${area}`);
    const cubic = maps.areas[this.level - 1].cubicMillimetres;
    volume.hidden = maps.slices === 1;
    volume.textContent = cubic !== null && cubic !== undefined
      ? `Areas are of this slice. All slices together: ${volumeText(cubic)}.`
      : `Areas are of this slice. All slices together: ${areaText(maps.areas[this.level - 1].pixels, null)}.`;
  }
}

function makeRow(level) {
  const item = document.createElement('li');
  item.value = level;
  const track = part('span', 'track');
  const bar = part('span', 'fill');
  track.append(bar);
  const area = part('span', 'area');
  item.append(part('span', 'number', String(level)), track, area);
  return { item, bar, area };
}

function part(name, style, text = '') {
  const element = document.createElement(name);
  element.className = style;
  element.textContent = text;
  return element;
}
