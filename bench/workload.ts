/** The unit of comparison: our step, and an anchor's with the same work. */

export interface Running {
  step(index: number): void;
  dispose(): void;
}

export interface Anchor {
  /** Shown in the table, for example `PyTorch, channels-last`. */
  name: string;
  /** Module of `anchors/`, and the options of its `prepare`. */
  module: string;
  options: object;
}

export interface Workload {
  name: string;
  prepare(): Running | Promise<Running>;
  /** The fastest of these counts: PyTorch is given its best layout. */
  anchors: Anchor[];
  /** Number of our steps before the first block, in which repeated steps are compiled; one block by default. */
  warmUp?: number;
  /** Floating-point operations of the products and convolutions in one step, in billions, if known. */
  gigaOperations?: number;
  /** Number of steps per block, so that a block is long enough to time but no longer than necessary; 5 by default. */
  block?: number;
}

/** PyTorch with its two memory layouts for images. */
export function bothLayouts(module: string, options: object): Anchor[] {
  return (['contiguous', 'channels-last'] as const).map((layout) => ({
    name: `PyTorch, ${layout}`,
    module,
    options: { ...options, layout },
  }));
}
