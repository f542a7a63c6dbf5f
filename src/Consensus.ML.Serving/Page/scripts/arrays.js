// Arrays of numbers as the server sends them, and what is computed over all of their values.

/** Values that an automatic window looks at: enough for percentiles, few enough to sort at once. */
const MOST_SORTED = 200_000;

/** Reads an array of the server: its shape, and its values as single-precision numbers. */
export function readArray(answer) {
  if (answer.type !== 'float32' || answer.byteOrder !== 'little') {
    throw new Error(`The server sent values of type ${answer.type} (${answer.byteOrder}), which this page cannot read.`);
  }
  const text = atob(answer.values);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    bytes[at] = text.charCodeAt(at);
  }
  const expected = answer.shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== 4 * expected) {
    throw new Error(`The server sent ${bytes.length} bytes for ${expected} values.`);
  }
  return { shape: answer.shape, values: toFloats(bytes) };
}

/** Every computer that runs a browser today is little-endian, but nothing forces one to be. */
function toFloats(bytes) {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) {
    return new Float32Array(bytes.buffer);
  }
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
}

/** The smallest and the largest finite value; 0 and 1 where there is none. */
export function rangeOf(values) {
  let smallest = Infinity;
  let largest = -Infinity;
  for (const value of values) {
    if (Number.isFinite(value)) {
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
    }
  }
  return smallest <= largest ? [smallest, largest] : [0, 1];
}

/**
 * The 1st and the 99.5th percentile of the finite values: a few very bright pixels do not make the rest dark. Of a large volume,
 * every n-th value is looked at. Where the two are equal, all values count.
 */
export function windowOf(values) {
  const step = Math.max(1, Math.ceil(values.length / MOST_SORTED));
  const some = [];
  for (let at = 0; at < values.length; at += step) {
    if (Number.isFinite(values[at])) {
      some.push(values[at]);
    }
  }
  const sorted = Float32Array.from(some).sort();
  if (sorted.length === 0) {
    return [0, 1];
  }
  const low = sorted[Math.floor(0.01 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.995 * (sorted.length - 1))];
  return low < high ? [low, high] : rangeOf(values);
}
