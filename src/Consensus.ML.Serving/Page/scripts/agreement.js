// How well a rater's mask agrees with a level and with the soft map, as the library defines it (METHOD.md, "Metrics").

/** Makes the Dice of two empty masks 1. */
const SMOOTHING = 1e-6;

// Single-precision numbers, as the library compares them.
const THRESHOLDS = [0.1, 0.3, 0.5, 0.7, 0.9].map(Math.fround);

/** Dice of two sets of pixels: (2·TP + s) / (2·TP + FP + FN + s), s = 1e-6. */
export function dice(length, isInOne, isInOther) {
  let both = 0;
  let one = 0;
  let other = 0;
  for (let at = 0; at < length; at++) {
    const inOne = isInOne(at);
    const inOther = isInOther(at);
    both += inOne && inOther ? 1 : 0;
    one += inOne ? 1 : 0;
    other += inOther ? 1 : 0;
  }
  return (2 * both + SMOOTHING) / (one + other + SMOOTHING);
}

/** Soft Dice of two soft maps: the mean of their Dice at the thresholds 0.1, 0.3, 0.5, 0.7 and 0.9. */
export function softDice(map, truth) {
  const scores = THRESHOLDS.map((threshold) => dice(map.length, (at) => map[at] >= threshold, (at) => truth[at] >= threshold));
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** The soft map of several raters: the share of them who marked each pixel. */
export function shareOf(masks) {
  const share = new Float32Array(masks[0].length);
  for (let at = 0; at < share.length; at++) {
    let votes = 0;
    for (const mask of masks) {
      votes += mask[at];
    }
    share[at] = votes / masks.length;
  }
  return share;
}
