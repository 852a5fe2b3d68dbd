/** The rows that a simple model is trained or tested on. */

export interface Rows {
  /** Row-major [count, size], normalized. */
  readonly values: Float32Array;
  readonly labels: Int32Array;
  readonly count: number;
  /** Number of values per row. */
  readonly size: number;
}

/** Trains on `train` and returns the predicted class of each row of `test`. */
export type SimpleModel = (train: Rows, test: Rows, classes: number, seed: number) => Int32Array;
