// What is open: one image, its maps once they are predicted, and the raters' masks beside it. Plain data, no drawing.

import { readArray, rangeOf, windowOf } from './arrays.js';

/** An image as the server decoded it. */
export class Image {
  /**
   * @param {object} answer the answer of v1/images
   * @param {File[]} files where it came from; they are sent again for the maps
   * @param {boolean} isColour whether its three channels are red, green and blue
   */
  constructor(answer, files, isColour) {
    this.files = files;
    this.shape = answer.shape;
    [this.slices, this.channels, this.height, this.width] = answer.shape;
    this.axis = answer.axis;
    this.geometry = answer.geometry;
    this.values = readArray(answer.values).values;
    this.range = answer.range ?? rangeOf(this.values);
    this.isColour = isColour && this.channels === 3;
    this.automatic = windowOf(this.values);
  }

  get name() {
    return this.files.length === 1 ? this.files[0].name : `${this.files[0].name} and ${this.files.length - 1} more`;
  }

  get pixels() {
    return this.height * this.width;
  }

  /** The values of one channel of a slice. Nothing is copied. */
  plane(slice, channel) {
    const at = (slice * this.channels + channel) * this.pixels;
    return this.values.subarray(at, at + this.pixels);
  }

  /** The planes that are shown: one of greys, or red, green and blue. */
  planes(slice, channel) {
    return this.isColour && channel === 'colour'
      ? [0, 1, 2].map((one) => this.plane(slice, one))
      : [this.plane(slice, Number(channel) || 0)];
  }
}

/** The maps of an image as the server predicted them. */
export class Maps {
  /** @param {object} answer the answer of v1/maps */
  constructor(answer) {
    [this.slices, this.height, this.width] = answer.shape;
    this.structure = answer.structure || null;
    this.levels = answer.levels;
    this.areas = answer.areas;
    this.geometry = answer.geometry;
    this.seconds = answer.seconds;
    this.soft = readArray(answer.maps.soft).values;
    this.levelValues = readArray(answer.maps.levels).values;
    this.uncertainty = readArray(answer.maps.uncertainty).values;
    this.largestUncertainty = Math.max(0, rangeOf(this.uncertainty)[1]);
    this.raters = answer.maps.raters ? answer.raters : [];
    this.raterValues = answer.maps.raters ? readArray(answer.maps.raters).values : null;
  }

  get pixels() {
    return this.height * this.width;
  }

  softOf(slice) {
    return this.soft.subarray(slice * this.pixels, (slice + 1) * this.pixels);
  }

  uncertaintyOf(slice) {
    return this.uncertainty.subarray(slice * this.pixels, (slice + 1) * this.pixels);
  }

  /** The map of a level, from 1; its mask is where it is above one half. */
  levelOf(slice, level) {
    const at = (slice * this.levels + level - 1) * this.pixels;
    return this.levelValues.subarray(at, at + this.pixels);
  }

  /** What a named rater would draw, by the rater's place in `raters`; the mask is where it is above one half. */
  raterOf(slice, rater) {
    const at = (slice * this.raters.length + rater) * this.pixels;
    return this.raterValues.subarray(at, at + this.pixels);
  }
}

/** Whether files are a colour picture: a single file of a format that stores colours. */
export function isPicture(files) {
  return files.length === 1 && !/\.nii(\.gz)?$/i.test(files[0].name);
}

/**
 * Reads a rater's mask: 1 where the value is not 0. A mask has one value beside 0, a colour picture one colour beside black.
 * @returns {Uint8Array} slice by slice
 */
export function readMask(answer) {
  const [slices, channels, height, width] = answer.shape;
  if (channels !== 1 && channels !== 3) {
    throw new Error(`it has ${channels} channels, but a mask has one`);
  }
  const { values } = readArray(answer.values);
  const pixels = height * width;
  const mask = new Uint8Array(slices * pixels);
  let found = null;
  for (let at = 0; at < mask.length; at++) {
    const first = Math.floor(at / pixels) * channels * pixels + at % pixels;
    const color = channels === 1 ? [values[first]] : [0, 1, 2].map((channel) => values[first + channel * pixels]);
    if (color.some((value) => !Number.isFinite(value))) {
      throw new Error('it has values that are no numbers');
    }
    if (color.some((value) => value !== 0)) {
      found ??= color;
      if (color.some((value, channel) => value !== found[channel])) {
        throw new Error(`it has the values ${found.join('/')} and ${color.join('/')}, but a mask has 0 and one other value`);
      }
      mask[at] = 1;
    }
  }
  return mask;
}
