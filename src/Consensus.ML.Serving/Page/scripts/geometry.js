// Where a slice lies in the body, and how it is turned for the screen.
//
// A turn is { xx, xy, yx, yy } with entries -1, 0 and 1: a step of one column goes xx to the right and yx down, a step of one row goes
// xy to the right and yy down. There are eight of them: four rotations, mirrored or not.

/** Rows go down, columns go to the right: as the file stores the slice. */
export const AS_STORED = { xx: 1, xy: 0, yx: 0, yy: 1 };

// The world's axes in NIfTI grow to the right, to the front (anterior) and upwards (superior).
const LETTERS = [['R', 'L'], ['A', 'P'], ['S', 'I']];

/**
 * The affine that tells left from right; null where there is none to rely on. Programs that write plain arrays leave the identity, which
 * says nothing of the body; a spacing that is not known shows it. Letters that may be wrong are worse than none.
 */
export function placeOf(geometry) {
  return geometry.spacing ? geometry.affine : null;
}

/** The step of one row (0) or column (1) in the world, in millimetres. */
function step(affine, axis) {
  return [affine[axis], affine[axis + 4], affine[axis + 8]];
}

function largest(vector, except = -1) {
  let best = -1;
  for (let axis = 0; axis < 3; axis++) {
    if (axis !== except && (best < 0 || Math.abs(vector[axis]) > Math.abs(vector[best]))) {
      best = axis;
    }
  }
  return best;
}

/**
 * The turn in which radiologists look at a slice: the head or, seen from below, the front is up; the body's right is at the screen's
 * left; seen from the side, the front is at the left. Without an affine, the slice stays as it is stored.
 */
export function radiologicalTurn(affine) {
  if (!affine) {
    return AS_STORED;
  }
  const rows = step(affine, 0);
  const columns = step(affine, 1);
  const rowAxis = largest(rows);
  const columnAxis = largest(columns, rowAxis);
  const rowSign = -Math.sign(rows[rowAxis]) || 1;
  const columnSign = -Math.sign(columns[columnAxis]) || 1;

  // The higher axis stands upright: up before front, front before right. All three grow towards the screen's left and top.
  return rowAxis > columnAxis
    ? { xx: columnSign, xy: 0, yx: 0, yy: rowSign }
    : { xx: 0, xy: rowSign, yx: columnSign, yy: 0 };
}

/** A turn, turned by a quarter clockwise. */
export function rotated({ xx, xy, yx, yy }) {
  return { xx: -yx || 0, xy: -yy || 0, yx: xx, yy: xy };
}

/** A turn, with left and right exchanged. */
export function mirrored({ xx, xy, yx, yy }) {
  return { xx: -xx || 0, xy: -xy || 0, yx, yy };
}

/** The letters at the edges of the screen; null where the affine is not known. */
export function edgeLetters(affine, turn) {
  if (!affine) {
    return null;
  }
  const rows = step(affine, 0).map((value, _, all) => value / (Math.hypot(...all) || 1));
  const columns = step(affine, 1).map((value, _, all) => value / (Math.hypot(...all) || 1));
  const right = columns.map((value, axis) => turn.xx * value + turn.xy * rows[axis]);
  const down = columns.map((value, axis) => turn.yx * value + turn.yy * rows[axis]);
  return { right: letters(right), left: letters(right.map(negate)), bottom: letters(down), top: letters(down.map(negate)) };
}

function negate(value) {
  return -value;
}

/** The direction of a vector: one letter, or two for a slice that lies clearly askew. */
function letters(vector) {
  const order = [0, 1, 2].sort((a, b) => Math.abs(vector[b]) - Math.abs(vector[a]));
  return order
    .filter((axis, place) => Math.abs(vector[axis]) > (place === 0 ? 0.01 : 0.35))
    .slice(0, 2)
    .map((axis) => LETTERS[axis][vector[axis] > 0 ? 0 : 1])
    .join('');
}

/** The world's coordinates of a pixel, in millimetres; null where they are not known. */
export function worldOf(affine, row, column, slice) {
  return affine ? [0, 4, 8].map((at) => affine[at] * row + affine[at + 1] * column + affine[at + 2] * slice + affine[at + 3]) : null;
}

/** Why a mask does not lie on its image; null where it does, or where the files do not tell. */
export function mismatch(image, mask) {
  const [slices, , height, width] = image.shape;
  const [otherSlices, , otherHeight, otherWidth] = mask.shape;
  if (slices !== otherSlices || height !== otherHeight || width !== otherWidth) {
    return `it has ${sizeText(otherSlices, otherHeight, otherWidth)}, but the image has ${sizeText(slices, height, width)}`;
  }
  const [one, other] = [image.geometry.affine, mask.geometry.affine];
  if (!one || !other) {
    return null;
  }

  // A tenth of a pixel at the far corner: more than rounding in a header, less than anybody could see.
  const pixel = Math.min(Math.hypot(...step(one, 0)), Math.hypot(...step(one, 1)));
  const corners = [[0, 0], [height - 1, 0], [0, width - 1], [height - 1, width - 1]];
  const off = corners.map(([row, column]) => {
    const [a, b] = [worldOf(one, row, column, 0), worldOf(other, row, column, 0)];
    return Math.hypot(...a.map((value, axis) => value - b[axis]));
  });
  return Math.max(...off) > 0.1 * pixel ? 'it lies elsewhere in space than the image, or is stored in another direction' : null;
}

function sizeText(slices, height, width) {
  return slices > 1 ? `${slices} slices of ${height}×${width} pixels` : `${height}×${width} pixels`;
}
