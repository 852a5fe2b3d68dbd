/**
 * A preconditioner is a curvature matrix C, a representation of it, and a solver: the gradient g becomes about C⁻¹·g
 * (Osawa et al. 2023, arXiv 2305.04684, section 2). These are the contracts of the three; `layered` combines them into
 * a link.
 */
import { type StepContext } from '../chain/loss.js';
import { type LayerCapture } from '../tensor/second-order/index.js';
import { type Scalar, type Tensor } from '../tensor/tf.js';
import { type Block, type BlockData } from './layers/blocks.js';

/** The method's name in terms of the three contracts. */
export interface Triple {
  readonly curvature: string;
  readonly representation: string;
  readonly solver: string;
}

/** A curvature made from single examples: which losses the gradients of the layers' outputs are taken of. */
export interface Curvature {
  readonly name: string;
  /** Number of backward passes besides that of the gradient. */
  readonly passes: number | 'classes';
  /**
   * Gradients with respect to the output of each use, of each example's own loss (the sum over its T labels) over √T;
   * one list for each pass. With N examples the matrix is (1/N)·Σ over examples and passes of the outer products of
   * gradients scaled in this way. Runs inside a tidy.
   */
  outputGradients(layers: LayerCapture, context: StepContext, draw?: Draw): Tensor[][];
}

/** Random numbers of this shape; by default those of the context's step. */
export type Draw = (shape: readonly number[], of: (at: Pick<StepContext, 'seed' | 'step'>) => Float32Array) => Tensor;

/** The weights of earlier statistics and of those of this batch in their mean. */
export interface Shares {
  readonly before: Scalar;
  readonly now: Scalar;
}

/** How the curvature of a block of parameters is represented. */
export interface Representation {
  readonly name: string;
  /** The statistics and the solver for a block; undefined if this representation does not support its kind. */
  of(block: Block): BlockSolver | undefined;
}

/** Named tensors of a block. */
export type Statistics = Readonly<Record<string, Tensor>>;

/** A representation together with a solver, for one block. All of it runs inside a tidy. */
export interface BlockSolver {
  /** Whether it needs per-example gradients; a block whose examples cannot be distinguished is then not supported. */
  readonly byExample?: boolean;
  /** Names of all statistics, and of all that is prepared. */
  readonly statisticNames: readonly string[];
  readonly preparedNames: readonly string[];
  /** Statistics of this batch. */
  statistics(data: BlockData): Statistics;
  /** shares.before·before + shares.now·now, if the statistics are averaged differently. */
  merge?(before: Statistics, now: Statistics, shares: Shares): Statistics;
  /** Computes what `apply` needs, for C + damping; `data` are this batch's, `before` is the previous result. */
  prepare(statistics: Statistics, damping: Damping, data: BlockData, before?: Statistics): Statistics;
  /** Updates what was prepared from a new measurement of the layers, without preparing it again. */
  update?(prepared: Statistics, data: BlockData): Statistics;
  /** (C + damping)⁻¹·gradient, with the gradient as the block's matrix. */
  apply(prepared: Statistics, gradient: Tensor): Tensor;
  /**
   * The same for this batch's own gradient straight from its data, if that is less work than forming the gradient
   * first; `now` are the batch's statistics, if it has any.
   */
  applyToOwn?(prepared: Statistics, data: BlockData, now?: Statistics): OwnGradient | undefined;
  /**
   * Whether `applyToOwn` is worth capturing the layers in every step, for a dense layer with this number of examples.
   */
  prefersOwn?(block: Block, examples: number): boolean;
}

/**
 * A preconditioned gradient P·g = [inputs, edge]ᵀ·outputs, as its factors [n,rows of the weight] and [n,columns], and
 * ⟨P·g, g⟩, if needed.
 */
export interface OwnGradient {
  readonly inputs: Tensor;
  /** The column for the bias [n,1]; ones by default. */
  readonly edge?: Tensor | undefined;
  readonly outputs: Tensor;
  inner(): Tensor;
}

/** λ, and a counter of matrices that needed more than λ. */
export interface Damping {
  readonly lambda: number;
  /** Counts a matrix that needed more than λ on its diagonal before it could be factored. */
  readonly raised: () => void;
}
