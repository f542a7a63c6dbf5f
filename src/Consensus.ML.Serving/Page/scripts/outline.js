// The outline of a mask along the edges of its pixels: nothing is smoothed, so that what is drawn is what is counted.

/**
 * Makes the outline of a mask in the coordinates of the image: x counts columns, y counts rows, and pixel (row, column) covers the
 * square from (column, row) to (column + 1, row + 1). Edges that lie in one line are joined.
 * @param {(at: number) => boolean} isMarked whether the pixel number `at`, row by row, is marked
 */
export function outlineOf(isMarked, height, width) {
  const path = new Path2D();
  const marked = (row, column) => row >= 0 && row < height && column >= 0 && column < width && isMarked(row * width + column);
  for (let row = 0; row <= height; row++) {
    runs(width, (column) => marked(row - 1, column) !== marked(row, column), (from, to) => {
      path.moveTo(from, row);
      path.lineTo(to, row);
    });
  }
  for (let column = 0; column <= width; column++) {
    runs(height, (row) => marked(row, column - 1) !== marked(row, column), (from, to) => {
      path.moveTo(column, from);
      path.lineTo(column, to);
    });
  }
  return path;
}

/** Calls `draw` for each run of places that are edges, with its two ends. */
function runs(length, isEdge, draw) {
  let from = -1;
  for (let at = 0; at <= length; at++) {
    const here = at < length && isEdge(at);
    if (here && from < 0) {
      from = at;
    } else if (!here && from >= 0) {
      draw(from, at);
      from = -1;
    }
  }
}
