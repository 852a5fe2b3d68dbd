/**
 * Batches of token ids as a pure function of (seed, name, epoch, step). A text is cut into as many streams as a batch
 * has rows; a window of each stream is one example, whose labels are the tokens that follow.
 */
import { WeftError } from '../../errors.js';
import { stream } from '../../tensor/rng.js';

export interface TextBatch {
  /** Row-major [rows, length]. */
  readonly inputs: Int32Array;
  /** The next token of each, likewise. */
  readonly labels: Int32Array;
  readonly shape: [rows: number, length: number];
}

export interface TextBatchesOptions {
  /** Names the random streams. */
  readonly name: string;
  readonly seed: number;
  /** Windows per batch. */
  readonly batchSize: number;
  /** Tokens per window: how far gradients are backpropagated. */
  readonly length: number;
  /**
   * 'streams': each row continues where the same row of the previous batch stopped, so that a state can be carried
   * along. 'shuffled': windows in a random order. Both begin each epoch at a different one of the first `length`
   * tokens. 'once': streams from the very first token, with a shorter last batch, so that (except for less than one
   * token per row) every token is predicted once.
   */
  readonly order: 'streams' | 'shuffled' | 'once';
}

export interface TextBatches {
  readonly stepsPerEpoch: number;
  /** Number of windows in one epoch. */
  readonly examplesPerEpoch: number;
  at(epoch: number, step: number): TextBatch;
}

/** The batches of a text, each directly accessible by its epoch and step. */
export function textBatches(
  ids: Int32Array,
  { name, seed, batchSize, length, order }: TextBatchesOptions,
): TextBatches {
  const spare = order === 'once' ? 0 : length - 1;
  const rows = batchSize;
  /** Number of tokens that each stream predicts. */
  const depth = Math.floor((ids.length - 1 - spare) / rows);
  if (depth < (order === 'once' ? 1 : length)) {
    throw new WeftError(
      'data',
      `the ${name} part has ${ids.length} tokens, too few for ${rows} windows of ${length}`,
      'use smaller batches, shorter windows (data.bptt) or a longer text',
    );
  }
  const steps = order === 'once' ? Math.ceil(depth / length) : Math.floor(depth / length);
  const windows = rows * steps;
  let shuffled = { epoch: NaN, places: new Uint32Array() as Uint32Array };
  return {
    stepsPerEpoch: steps,
    examplesPerEpoch: windows,
    at(epoch, step) {
      if (!(Number.isInteger(step) && step >= 0 && step < steps))
        throw new RangeError(`step ${step} of an epoch of ${steps}`);
      const shift = order === 'once' ? 0 : stream(seed, 'data-shift', name, epoch).int(length);
      const width = Math.min(length, depth - step * length);
      if (order === 'shuffled' && shuffled.epoch !== epoch)
        shuffled = { epoch, places: stream(seed, 'data-order', name, epoch).permutation(windows) };
      const inputs = new Int32Array(rows * width);
      const labels = new Int32Array(rows * width);
      for (let row = 0; row < rows; row++) {
        const from =
          shift + (order === 'shuffled' ? shuffled.places[step * rows + row]! * length : row * depth + step * length);
        inputs.set(ids.subarray(from, from + width), row * width);
        labels.set(ids.subarray(from + 1, from + width + 1), row * width);
      }
      return { inputs, labels, shape: [rows, width] };
    },
  };
}
