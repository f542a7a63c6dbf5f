// Numbers as people read them.

const one = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 5 });

/** An area: square millimetres where the size of a pixel is known, else pixels. */
export function areaText(pixels, spacing) {
  return spacing ? `${one.format(pixels * spacing[0] * spacing[1])} mm²` : `${whole.format(pixels)} px`;
}

/** A volume in millilitres. */
export function volumeText(cubicMillimetres) {
  return `${short.format(cubicMillimetres / 1000)} mL`;
}

/** A score from 0 to 1. */
export function scoreText(score) {
  return score.toFixed(3);
}

/** A value of an image, of any size. */
export function valueText(value) {
  return Number.isFinite(value) ? short.format(value) : 'no number';
}

/** A whole number with separators. */
export function countText(value) {
  return whole.format(value);
}

/** What a level means. */
export function levelText(level, levels) {
  if (levels === 1) {
    return 'What the raters would mark';
  }
  return level === levels ? `What all ${levels} raters would mark`
    : level === 1 ? `What at least one of ${levels} raters would mark`
      : `What at least ${level} of ${levels} raters would mark`;
}
