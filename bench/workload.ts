/** What the bench compares: our step, and PyTorch's with the same work. */

export interface Running {
  step(index: number): void;
  dispose(): void;
}

export interface Anchor {
  /** Shown in the table, for example `channels-last`. */
  name: string;
  /** Module of `torch/`, and the options of its `prepare`. */
  module: string;
  options: object;
}

export interface Workload {
  name: string;
  prepare(): Running;
  /** The fastest of these counts: PyTorch gets its best layout. */
  anchors: Anchor[];
  /** Steps in one block; more for short ones. */
  block?: number;
}
