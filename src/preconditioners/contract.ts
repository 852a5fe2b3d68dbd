/**
 * A preconditioner is a curvature matrix C, a representation of it, and a solver: the gradient g becomes about C⁻¹·g
 * (Osawa et al. 2023, arXiv 2305.04684, section 2). Here is what each of the three has to say; `layered` makes a link of them.
 */
import { type StepContext } from '../chain/loss.js';
import { type LayerCapture } from '../tensor/second-order/index.js';
import { type Tensor } from '../tensor/tf.js';
import { type Block, type BlockData } from './layers/blocks.js';

/** Which method it is, in the words of the three contracts. */
export interface Triple {
  readonly curvature: string;
  readonly representation: string;
  readonly solver: string;
}

/** Curvature of single examples: what the gradients of the layers' outputs are taken of. */
export interface Curvature {
  readonly name: string;
  /** Backward passes in addition to that of the gradient. */
  readonly passes: number | 'classes';
  /**
   * Gradients with respect to the output of each use, of each example's own loss (the sum over its T labels) over √T; one list for each pass. With
   * N examples the matrix is (1/N)·Σ over examples and passes of the outer products of gradients so scaled. Inside a tidy.
   */
  outputGradients(layers: LayerCapture, context: StepContext): Tensor[][];
}

/** The form in which the curvature of one block of parameters is kept. */
export interface Representation {
  readonly name: string;
  /** The statistics and the solver of a block of this kind; nothing where it has no form for it. */
  of(block: Block): BlockSolver | undefined;
}

/** Numbers about a block by name. */
export type Statistics = Readonly<Record<string, Tensor>>;

/** A representation together with a solver, for one block. All of it runs inside a tidy. */
export interface BlockSolver {
  /** Whether it needs the gradients of single examples; where these cannot be distinguished, it has no form for the block. */
  readonly byExample?: boolean;
  /** Names of all statistics, and of all that is prepared. */
  readonly statisticNames: readonly string[];
  readonly preparedNames: readonly string[];
  /** Of this batch. */
  statistics(data: BlockData): Statistics;
  /** weight·before + (1 − weight)·now, where that is not how the statistics are to be averaged. */
  merge?(before: Statistics, now: Statistics, weight: number): Statistics;
  /** What applying needs, for C + damping; `data` are this batch's, `before` what was prepared last. */
  prepare(statistics: Statistics, damping: Damping, data: BlockData, before?: Statistics): Statistics;
  /** What was prepared, after another look at the layers that does not prepare it again. */
  update?(prepared: Statistics, data: BlockData): Statistics;
  /** (C + damping)⁻¹·gradient, the gradient as the block's matrix. */
  apply(prepared: Statistics, gradient: Tensor): Tensor;
  /** The same of the gradient that this batch's data make, where that is less work than making it first; `now` are its statistics, if it has any. */
  applyToOwn?(prepared: Statistics, data: BlockData, now?: Statistics): OwnGradient | undefined;
  /** Whether `applyToOwn` is worth a look at the layers in every step, of a dense layer that sees so many examples. */
  prefersOwn?(block: Block, examples: number): boolean;
}

/** A preconditioned gradient P·g = [inputs, edge]ᵀ·outputs by its factors [n,rows of the weight] and [n,columns], and ⟨P·g, g⟩, if needed. */
export interface OwnGradient {
  readonly inputs: Tensor;
  /** What belongs to the bias [n,1]; ones where it is left out. */
  readonly edge?: Tensor | undefined;
  readonly outputs: Tensor;
  inner(): Tensor;
}

/** λ, and the count of matrices that needed more than it. */
export interface Damping {
  readonly lambda: number;
  /** Reports that `added` had to be added to a diagonal before it would factor. */
  raised(added: number): void;
}
