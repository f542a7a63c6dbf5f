// The window: which values are black and which are white. Sliders, the right button and keys change the same two numbers.

import { valueText } from './text.js';

const STEPS = 1000;

/** How far the sliders reach beyond the automatic window, in its widths. A single wild value must not make them useless. */
const REACH = 4;

export class Grey {
  #parts;
  #range = [0, 1];
  #reach = [0, 1];
  #automatic = [0, 1];
  #window = [0, 1];
  #changed;

  /**
   * @param {{box: HTMLFieldSetElement, centre: HTMLInputElement, width: HTMLInputElement, centreText: HTMLElement, widthText: HTMLElement,
   * automatic: HTMLButtonElement, full: HTMLButtonElement}} parts
   * @param {() => void} changed called when the window is another
   */
  constructor(parts, changed) {
    this.#parts = parts;
    this.#changed = changed;
    const slide = () => this.#set(Number(parts.centre.value), Number(parts.width.value));
    parts.centre.addEventListener('input', slide);
    parts.width.addEventListener('input', slide);
    parts.automatic.addEventListener('click', () => this.reset());
    parts.full.addEventListener('click', () => this.#take(this.#range));
  }

  /** The values that are black and white. */
  get window() {
    return this.#window;
  }

  /** Takes the values of another image. */
  setImage(image) {
    this.#range = image.range[0] < image.range[1] ? image.range : [image.range[0], image.range[0] + 1];
    this.#automatic = image.automatic[0] < image.automatic[1] ? image.automatic : this.#range;
    const [from, to] = this.#automatic;
    const [low, high] = [Math.max(this.#range[0], from - REACH * (to - from)), Math.min(this.#range[1], to + REACH * (to - from))];
    this.#reach = [low, high];
    const { box, centre, width } = this.#parts;
    box.disabled = false;
    [centre.min, centre.max, centre.step] = [low, high, 'any'];
    [width.min, width.max, width.step] = [(high - low) / STEPS, 2 * (high - low), 'any'];
    this.reset();
  }

  /** The automatic window. */
  reset() {
    this.#take(this.#automatic);
  }

  /** Moves by shares of what the sliders reach: brightness first, then contrast. */
  move(brightness, contrast) {
    const [low, high] = this.#window;
    const size = this.#reach[1] - this.#reach[0];
    this.#set((low + high) / 2 - brightness * size, (high - low) * Math.exp(-contrast));
  }

  #take([low, high]) {
    this.#set((low + high) / 2, high - low, [low, high]);
  }

  /** `exact` keeps the two ends free of rounding where they are known. */
  #set(centre, width, exact = null) {
    const [low, high] = this.#reach;
    const size = high - low;
    const boundedCentre = Math.min(high, Math.max(low, centre));
    const boundedWidth = Math.min(2 * size, Math.max(size / STEPS, width));
    this.#window = exact ?? [boundedCentre - boundedWidth / 2, boundedCentre + boundedWidth / 2];
    const { centre: centreSlider, width: widthSlider, centreText, widthText } = this.#parts;
    for (const [slider, output, value] of [[centreSlider, centreText, boundedCentre], [widthSlider, widthText, boundedWidth]]) {
      slider.value = String(value);
      slider.setAttribute('aria-valuetext', valueText(value));
      output.textContent = valueText(value);
    }
    this.#changed();
  }
}
