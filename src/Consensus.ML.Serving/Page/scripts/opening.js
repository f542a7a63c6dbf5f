// Opens images and masks, and asks for the maps.

import { readImage, readMaps, readModel } from './api.js';
import { mismatch } from './geometry.js';
import { $ } from './page.js';
import { Image, isPicture, Maps, readMask } from './study.js';
import { countText } from './text.js';

export class Opening {
  #scene;
  #contours;
  #work;
  #met;

  // Masks that are not read yet.
  #waiting = [];

  /** What the server says of its model; null until it does. */
  model = null;

  /** @param {(model: object) => void} met called once, when the server has said what its model is */
  constructor(scene, contours, work, met) {
    [this.#scene, this.#contours, this.#work, this.#met] = [scene, contours, work, met];
  }

  /** Asks the server what its model is, until it has said so. */
  async meet(signal) {
    const model = this.model ?? await readModel(signal);

    // Another may have asked at the same time.
    if (!this.model) {
      this.model = model;
      this.#setStructures(this.model.structures);
      this.#met(this.model);
    }
  }

  /**
   * Opens an image and has it predicted. Where it cannot be read, the image before stays.
   * @param {File[]} files one file, or one for each channel in their order
   * @param {number|null} axis the axis that a volume is cut along; null to leave it to the server
   */
  async openImage(files, axis = null) {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const most = this.model?.limits.bodyBytes ?? Infinity;
    if (size > most) {
      this.#work.message.show(`The files have ${countText(size)} bytes, but this server takes ${countText(most)} at most.`);
      return;
    }
    this.#work.message.hide();
    this.#work.stopAll();
    const image = await this.#work.run(
      'image', 'Reading the image…',
      async (signal) => {
        await this.meet(signal);
        return new Image(await readImage(files, axis ?? this.#firstAxis(files), signal), files, isPicture(files));
      },
      () => this.openImage(files, axis));
    if (image) {
      this.#waiting = [];
      this.#scene.setImage(image, this.model?.volumeAxes);
      await this.predict();
    }
  }

  /** Lets people choose among the structures of a model that has several. */
  #setStructures(structures) {
    const named = structures.filter((one) => one.name);
    $('structure-row').hidden = named.length < 2;

    // Without a value of its own, an option would give its name with blanks taken away.
    $('structure').replaceChildren(...named.map((one) => new Option(one.name, one.name)));
  }

  /** Asks for the maps of another structure. Those of the one before go at once, since they would bear the wrong name. */
  async changeStructure() {
    if (this.#scene.image) {
      this.#work.message.hide();
      this.#scene.dropMaps();
      await this.predict();
    }
  }

  /** Asks for the maps of the image that is open. */
  async predict() {
    const { image } = this.#scene;
    const structure = $('structure').value || null;
    const hasRaters = this.model.structures.find((one) => !structure || one.name === structure)?.raters.length > 0;
    const maps = await this.#work.run(
      'maps', image.slices > 1 ? `Predicting ${image.slices} slices…` : 'Predicting…',
      async (signal) => new Maps(await readMaps(image.files, image.axis, structure, hasRaters, signal)),
      () => this.predict());
    if (maps && this.#scene.image === image) {
      this.#scene.setMaps(maps);
    }
  }

  /** Adds raters' masks, one file each. A mask that does not fit is named, and the others are taken. */
  async addMasks(files) {
    const { image } = this.#scene;
    if (!image) {
      this.#work.message.show('Open the image first, then its masks.');
      return;
    }
    this.#work.message.hide();

    // Masks that come while others are read go behind them.
    const left = [...this.#waiting, ...files];
    const refused = [];
    this.#waiting = left;
    await this.#work.run('masks', 'Reading the masks…', async (signal) => {
      while (left.length > 0 && this.#scene.image === image) {
        await this.#addMask(image, left[0], refused, signal);
        left.shift();
      }
    }, () => this.addMasks([]));
    if (this.#waiting === left && !this.#work.message.isShown) {
      this.#waiting = [];
    }
    if (refused.length > 0 && !this.#work.message.isShown) {
      this.#work.message.show(refused.length === 1
        ? `The mask ${refused[0]}`
        : `${refused.length} masks were not taken. ${refused.join(' ')}`);
    }
    this.#scene.show();
  }

  async #addMask(image, file, refused, signal) {
    try {
      const answer = await readImage([file], image.axis, signal);
      const off = mismatch(image, answer);
      if (off) {
        throw new Error(off);
      }
      if (!signal.aborted) {
        this.#contours.add(file.name, readMask(answer), image.height, image.width);
      }
    } catch (error) {
      if (error.kind && error.kind !== 'refused') {
        throw error;
      }
      refused.push(`${file.name}: ${error.message}${error.message.endsWith('.') ? '' : '.'}`);
    }
  }

  /** A model that knows several axes wants to be told one. */
  #firstAxis(files) {
    const axes = this.model?.volumeAxes ?? [];
    return axes.length > 1 && files.some((file) => !isPicture([file])) ? axes[0] : null;
  }
}
