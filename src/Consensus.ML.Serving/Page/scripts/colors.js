// Colour scales and the colours of raters.
//
// A scale is made in OKLCH, a space in which equal steps look equally large (Ottosson 2020, https://bottosson.github.io/posts/oklab/).
// Lightness grows in a straight line, so that the order of the values is seen without colour as well.

/** Number of colours of a scale. The value 0 has the first colour, the top of the scale has the last. */
export const SCALE_STEPS = 256;

/** Values below this share of the scale fade out, so that the image shows where nobody would mark. */
export const FADE_BELOW = 0.25;

/** Turns lightness (0 to 1), chroma and hue (degrees) into red, green and blue from 0 to 255. */
export function fromOklch(lightness, chroma, hue) {
  const angle = hue * Math.PI / 180;
  const a = chroma * Math.cos(angle);
  const b = chroma * Math.sin(angle);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
  ].map(toByte);
}

/** One part of a colour of linear light, as the sRGB byte that a screen takes. */
function toByte(linear) {
  const bounded = Math.min(1, Math.max(0, linear));
  const encoded = bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055;
  return Math.round(255 * encoded);
}

/** Makes a scale: 256 colours, three bytes each, from one lightness, chroma and hue to others in straight lines. */
function makeScale(from, to) {
  const bytes = new Uint8Array(3 * SCALE_STEPS);
  for (let step = 0; step < SCALE_STEPS; step++) {
    const t = step / (SCALE_STEPS - 1);
    const [lightness, chroma, hue] = from.map((start, part) => start + (to[part] - start) * t);
    bytes.set(fromOklch(lightness, chroma, hue), 3 * step);
  }
  return bytes;
}

/** The soft map: dark violet, red, orange, light yellow. */
export const SOFT_SCALE = makeScale([0.36, 0.15, 300], [0.93, 0.13, 455]);

/** The uncertainty: dark blue to light green. No hue of the soft map, so that the two are not mistaken for one another. */
export const UNCERTAINTY_SCALE = makeScale([0.36, 0.11, 268], [0.93, 0.13, 150]);

/** The colour of the chosen level of consensus: its outline and its fill. */
export const LEVEL_COLOR = [0, 224, 255];

// Light colours of different hues that stand out from grey, and from the level's colour. Dashes tell them apart without colour.
const RATER_HUES = [135, 55, 345, 95, 305, 20, 165, 75];
const RATER_DASHES = [[], [5, 3], [1.5, 3], [9, 3, 1.5, 3]];

/** The colour and the dashes (in CSS pixels) of a rater's contour, by the rater's number from 0. */
export function raterStyle(number) {
  const rgb = fromOklch(0.82, 0.15, RATER_HUES[number % RATER_HUES.length]);
  return { rgb, dash: RATER_DASHES[number % RATER_DASHES.length] };
}

/** A colour as CSS writes it. */
export function cssColor(rgb, alpha = 1) {
  return `rgb(${rgb[0]} ${rgb[1]} ${rgb[2]} / ${alpha})`;
}

/** The place of a value in a scale, from 0 to 255. Values outside are bounded; no number counts as 0. */
export function scaleStep(value, top) {
  const share = top > 0 ? value / top : 0;
  return share > 0 ? Math.min(SCALE_STEPS - 1, Math.round(share * (SCALE_STEPS - 1))) : 0;
}

/** How much a value of a scale hides of the image, from 0 to 1, at full opacity. */
export function scaleAlpha(value, top) {
  const share = top > 0 ? value / top : 0;
  return share > 0 ? Math.min(1, share / FADE_BELOW) : 0;
}

/** Draws a scale as a legend over the whole of a canvas, from left (0) to right (top). */
export function drawLegend(canvas, scale) {
  const context = canvas.getContext('2d');
  const { width, height } = canvas;
  for (let x = 0; x < width; x++) {
    const at = 3 * Math.round(x / (width - 1) * (SCALE_STEPS - 1));
    context.fillStyle = cssColor(scale.subarray(at, at + 3));
    context.fillRect(x, 0, 1, height);
  }
}
