/**
 * Images that are nearly the same: copies that were re-encoded, resized or brightened. Their difference hashes [Krawetz
 * 2013, "Kind of Like That"] are close: whether, in a small grey picture, each cell is brighter than the previous one,
 * horizontally in 9 x 8 cells and vertically in 8 x 9. Candidates with close hashes are compared pixel by pixel.
 */
import { exampleSize } from './dataset.js';
import { type Split, type Splits } from './split.js';

const CELLS = 8;
/** Number of 32-bit words in a hash: 64 horizontal and 64 vertical comparisons. */
const WORDS = 4;
/** Number of bits, of 128, in which near duplicates may differ. */
const MOST_DIFFERENT_BITS = 10;
/**
 * Minimum correlation of their grey pixels: drawings of the same digit have close hashes too, but are not the same
 * picture.
 */
const LEAST_CORRELATION = 0.98;
/**
 * Mean difference between neighbouring cells, relative to the brightest pixel, below which an image has too little
 * structure to compare.
 */
const LEAST_STEP = 0.01;
/** Maximum number of pairs to compare; beyond it, evenly spaced test examples represent all. */
const MOST_PAIRS = 2e8;

/**
 * Hashes [count, 4] of images, which images have too little structure for one, and their grey pixels scaled to mean 0
 * and norm 1.
 */
export interface Hashes {
  readonly words: Uint32Array;
  readonly flat: readonly boolean[];
  readonly grey: (place: number) => Float32Array;
}

/** For the examples of a split. */
function differenceHashes({ examples, indices, inputShape }: Split): Hashes {
  const [height, width, channels] = inputShape;
  const size = exampleSize(inputShape);
  const words = new Uint32Array(indices.length * WORDS);
  const greyOf = (place: number): Float32Array => {
    const grey = new Float32Array(height * width);
    const from = indices[place]! * size;
    for (let at = 0; at < grey.length; at++)
      for (let c = 0; c < channels; c++) grey[at]! += examples.images[from + at * channels + c]!;
    return grey;
  };
  const flat = Array.from({ length: indices.length }, (_, i) => {
    const grey = greyOf(i);
    const brightest = grey.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const right = means(grey, [height, width], [CELLS, CELLS + 1]);
    const down = means(grey, [height, width], [CELLS + 1, CELLS]);
    let steps = 0;
    for (let bit = 0; bit < 64; bit++) {
      const [y, x] = [bit >> 3, bit & 7];
      const rightStep = right[y * (CELLS + 1) + x + 1]! - right[y * (CELLS + 1) + x]!;
      const downStep = down[(y + 1) * CELLS + x]! - down[y * CELLS + x]!;
      steps += (Math.abs(rightStep) + Math.abs(downStep)) / 128;
      if (rightStep > 0) words[i * WORDS + (bit >> 5)]! |= 1 << (bit & 31);
      if (downStep > 0) words[i * WORDS + 2 + (bit >> 5)]! |= 1 << (bit & 31);
    }
    return steps < LEAST_STEP * brightest;
  });
  return { words, flat, grey: (place) => standardized(greyOf(place)) };
}

/** Centred and scaled to unit norm. */
function standardized(values: Float32Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
  return centred.map((value) => value / length);
}

/** Cell means of a grey picture; if it has fewer pixels than cells, the pixel that contains the cell. */
function means(
  grey: Float32Array,
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [number, number],
): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const top = Math.floor((row * height) / rows);
      const left = Math.floor((column * width) / columns);
      const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / rows));
      const end = Math.max(left + 1, Math.floor(((column + 1) * width) / columns));
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < end; x++) sum += grey[y * width + x]!;
      result[row * columns + column] = sum / ((bottom - top) * (end - left));
    }
  return result;
}

/** Number of bits set. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Whether any of `known` is nearly the same as the picture at `place`. */
function isNear(tested: Hashes, place: number, known: Hashes): boolean {
  if (tested.flat[place]) return false;
  const [a, b, c, d] = tested.words.subarray(place * WORDS, (place + 1) * WORDS) as unknown as number[];
  const other = known.words;
  let own: Float32Array | undefined;
  for (let i = 0, at = 0; i < known.flat.length; i++, at += WORDS) {
    const first = bitCount(a! ^ other[at]!) + bitCount(b! ^ other[at + 1]!);
    if (first > MOST_DIFFERENT_BITS || known.flat[i]) continue;
    if (first + bitCount(c! ^ other[at + 2]!) + bitCount(d! ^ other[at + 3]!) > MOST_DIFFERENT_BITS) continue;
    own ??= tested.grey(place);
    const picture = known.grey(i);
    if (own.reduce((sum, value, j) => sum + value * picture[j]!, 0) >= LEAST_CORRELATION) return true;
  }
  return false;
}

/**
 * How many test examples without an exact duplicate in another part have a near duplicate there, and how many were
 * examined.
 */
export interface NearlySeen {
  readonly lookedAt: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** See `NearlySeen`. `equal` says for each part which test examples have an exact duplicate there. */
export function countNearlySeen(
  { test, ...others }: Splits,
  equal: Readonly<Record<string, readonly boolean[]>>,
): NearlySeen {
  const tested = differenceHashes(test);
  const count = test.indices.length;
  const parts = Object.entries(others).flatMap(([name, split]) => (split ? [[name, split] as const] : []));
  const total = parts.reduce((sum, [, split]) => sum + split.indices.length, 0);
  const step = Math.max(1, Math.ceil((count * total) / MOST_PAIRS));
  return {
    lookedAt: Math.ceil(count / step),
    parts: Object.fromEntries(
      parts.map(([name, split]) => {
        const known = differenceHashes(split);
        let near = 0;
        for (let place = 0; place < count; place += step)
          if (!equal[name]?.[place] && isNear(tested, place, known)) near++;
        return [name, near];
      }),
    ),
  };
}
