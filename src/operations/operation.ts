/**
 * An operation of a network: given the shapes of its inputs it says which parameters it needs and what
 * comes out, and computes it. A new operation is one value of this type.
 */
import { type NamedTensors } from '../tensor/named.js';
import { type Host } from '../tensor/plan/index.js';
import { type Tensor } from '../tensor/tf.js';
import { type Rng } from '../tensor/rng.js';
import { type Channels } from './channels.js';
import { type Initializer } from './initializers.js';

/** Shape of one example, without the batch dimension: [H,W,C] for images, [F] for features, [T] for token ids, [T,F] for sequences. */
export type Shape = readonly number[];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What a parameter is for: decay, Fisher information and preconditioners treat the roles differently. */
export type ParameterRole = 'kernel' | 'depthwise-kernel' | 'bias' | 'scale' | 'offset' | 'embedding';

export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  readonly initializer: Initializer;
}

/** A running statistic: not trained, a moving average of what `record` receives. */
export interface StatisticSpec {
  readonly shape: readonly number[];
  readonly initial: number;
}

/** How a forward pass is run; the same mode, parameters and batch always give the same numbers. */
export interface Mode {
  /** Dropout and the like act only when training. */
  readonly training: boolean;
  /** Normalize with the statistics of this batch, with the running ones, or not at all, which leaves values as they are. */
  readonly normalization: 'batch' | 'running' | 'none';
  /** Names the random masks of this pass, for example `7/train/12`. */
  readonly seed?: string;
  /** Where what changes from pass to pass is declared, so that a pass can be compiled; nothing where it runs as it is. */
  readonly host?: Host<{ readonly seed?: number | string | undefined }> | undefined;
  /** Receives the batch statistics of every normalization, to be averaged by the caller. Borrowed tensors. */
  readonly record?: (statistic: string, value: Tensor) => void;
  /** What recurrent operations begin with [N, ...shape], by name; zeros where there is nothing. Borrowed tensors. */
  readonly state?: NamedTensors | undefined;
  /** Receives what recurrent operations end with, for the batch that continues where this one stops. Borrowed tensors, cut off from the tape. */
  readonly carry?: (state: string, value: Tensor) => void;
}

/** What an operation sees of its surroundings while it runs; names are local to the operation. */
export interface Context {
  readonly mode: Mode;
  parameter(local: string): Tensor;
  statistic(local: string): Tensor;
  record(local: string, value: Tensor): void;
  /** What this recurrent operation begins with, if anything. */
  state(local: string): Tensor | undefined;
  carry(local: string, value: Tensor): void;
  /** Random draws that belong to this operation and this pass alone; `values` gives them to passes that are compiled. */
  random(): Rng;
  /** A tensor [..shape] of random draws that belong to this operation and this pass alone. */
  values(shape: readonly number[], draw: (rng: Rng) => number): Tensor;
}

export interface BuiltOperation {
  readonly output: Shape;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly statistics?: Readonly<Record<string, StatisticSpec>>;
  /** Multiplications with a weight, each with its addition, for one example; left out by operations without kernels, which have none. */
  readonly multiplyAdds?: number;
  /** Fewest examples that a batch may have where its own statistics normalize it; 1 by default. */
  readonly fewestExamples?: number;
  /** Shapes, for one example, of what continues from one batch to the next where the examples do. */
  readonly states?: Readonly<Record<string, Shape>>;
  /** Of the largest of several sizes: parameters that only smaller ones use, which the supernet keeps with its own. */
  readonly spare?: Readonly<Record<string, ParameterSpec>>;
  /** Parameters of `Operation.deployed` from those of this one, new tensors; parameters that it leaves out are the same in both. */
  fold?(parameter: (local: string) => Tensor): Readonly<Record<string, Tensor>>;
  /** What it does with channels, where that is known; without it their order is not changed. */
  readonly channels?: Channels;
  /** inputs [N, ...shape] -> [N, ...output]. */
  forward(inputs: readonly Tensor[], context: Context): Tensor;
}

export interface Operation {
  /** The kind, for example 'conv'; with `config` it identifies the computation. */
  readonly kind: string;
  readonly config: { readonly [name: string]: Json };
  /**
   * Whether a smaller operation of this kind computes something sensible with a slice of a larger one's parameters: leading entries along each
   * axis, the centre of a window. `GraphBuilder.elastic` takes no others.
   */
  readonly elastic?: boolean;
  /** The operation that is used once training is over, where that has its weights as they are and this one computes them from others. */
  readonly deployed?: Operation;
  /** Fits the operation to its inputs; throws WeftError('operation') when they do not fit. */
  build(inputs: readonly Shape[]): BuiltOperation;
}

/** Multiply-adds of an operation for one example; undefined where it has kernels and does not say. */
export function multiplyAddsOf({ parameters, multiplyAdds }: BuiltOperation): number | undefined {
  if (multiplyAdds !== undefined) return multiplyAdds;
  return Object.values(parameters).some(({ role }) => role === 'kernel' || role === 'depthwise-kernel') ? undefined : 0;
}

/**
 * Operations that differ by choices and share weights by name. One of them is used in each child; what its choices change inside is its
 * own affair, so there may be any number of them, where listing candidates allows a few.
 */
export interface OperationFamily<A = unknown> {
  readonly kind: string;
  readonly config: { readonly [name: string]: Json };
  /** Fits all of them to their inputs: the output that they have in common, and all weights that any of them can use. */
  build(inputs: readonly Shape[]): Omit<BuiltOperation, 'forward'>;
  /** The one with these choices; its weights are among those of `build`. */
  member(choices: A): Operation;
}
