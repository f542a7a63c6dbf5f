// Puts the colours of a slice together, pixel by pixel, at the image's own size. The viewer only enlarges what is made here.

import { LEVEL_COLOR, scaleAlpha, scaleStep } from './colors.js';

/** How much of the level's colour tints the image inside of the level, where no map lies over it: the map's colours mean numbers. */
export const LEVEL_FILL = 0.2;

/** The grey of a value, from 0 to 255. What is no number is black. */
export function greyOf(value, low, high) {
  const share = high > low ? (value - low) / (high - low) : value >= high ? 1 : 0;
  return share > 0 ? Math.min(255, Math.round(255 * share)) : 0;
}

/**
 * Writes the picture of a slice.
 * @param {Uint8ClampedArray} target red, green, blue and opacity of each pixel
 * @param {Float32Array[]} planes the values: one plane for greys, three for red, green and blue
 * @param {[number, number]} window the values that are black and white
 * @param {Float32Array|null} level the map of the chosen level, whose pixels above one half are tinted where there is no map
 * @param {{values: Float32Array, scale: Uint8Array, top: number, opacity: number}|null} map what lies over the image
 */
export function compose(target, planes, [low, high], level, map) {
  const isGrey = planes.length === 1;
  for (let at = 0, out = 0; at < planes[0].length; at++, out += 4) {
    let red = greyOf(planes[0][at], low, high);
    let green = isGrey ? red : greyOf(planes[1][at], low, high);
    let blue = isGrey ? red : greyOf(planes[2][at], low, high);
    if (map) {
      const alpha = map.opacity * scaleAlpha(map.values[at], map.top);
      const color = 3 * scaleStep(map.values[at], map.top);
      red += (map.scale[color] - red) * alpha;
      green += (map.scale[color + 1] - green) * alpha;
      blue += (map.scale[color + 2] - blue) * alpha;
    } else if (level && level[at] > 0.5) {
      red += (LEVEL_COLOR[0] - red) * LEVEL_FILL;
      green += (LEVEL_COLOR[1] - green) * LEVEL_FILL;
      blue += (LEVEL_COLOR[2] - blue) * LEVEL_FILL;
    }
    target[out] = Math.round(red);
    target[out + 1] = Math.round(green);
    target[out + 2] = Math.round(blue);
    target[out + 3] = 255;
  }
}
