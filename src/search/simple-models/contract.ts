/** What a simple model is trained on, and asked about. */

export interface Rows {
  /** Row-major [count, size], normalized. */
  readonly values: Float32Array;
  readonly labels: Int32Array;
  readonly count: number;
  /** Numbers in a row. */
  readonly size: number;
}

/** Learns from `train` and gives the class of each row of `test`. */
export type SimpleModel = (train: Rows, test: Rows, classes: number, seed: number) => Int32Array;
