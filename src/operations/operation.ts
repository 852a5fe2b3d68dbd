/**
 * An operation of a network: given the shapes of its inputs, it declares which parameters it needs and what
 * comes out, and computes it. A new operation is one value of this type.
 */
import { type NamedTensors } from '../tensor/named.js';
import { type Host } from '../tensor/plan/index.js';
import { type Tensor } from '../tensor/tf.js';
import { type Rng } from '../tensor/rng.js';
import { type Channels } from './channels.js';
import { type Initializer } from './initializers.js';

/**
 * Shape of one example, without the batch dimension: [H,W,C] for images, [F] for features, [T] for token ids, [T,F] for
 * sequences.
 */
export type Shape = readonly number[];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** The role of a parameter: decay, Fisher information and preconditioners treat roles differently. */
export type ParameterRole = 'kernel' | 'depthwise-kernel' | 'bias' | 'scale' | 'offset' | 'embedding';

export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  readonly initializer: Initializer;
}

/** A running statistic: not trained, but a moving average of what `record` receives. */
export interface StatisticSpec {
  readonly shape: readonly number[];
  readonly initial: number;
}

/** Everything that changes from pass to pass besides tensors. */
export interface PassMoment {
  /** Seed of the random masks. */
  readonly seed?: number | string | undefined;
  /** The node whose masks are drawn, if the recording of another node that computes the same is used. */
  readonly prefix?: string | undefined;
}

/** How a forward pass is run; the same mode, parameters and batch always give the same numbers. */
export interface Mode {
  /** Dropout and the like are active only in training. */
  readonly training: boolean;
  /**
   * Normalize with the statistics of this batch, with the running ones, or not at all, which leaves values as they are.
   */
  readonly normalization: 'batch' | 'running' | 'none';
  /** Seed of the random masks of this pass, for example `7/train/12`. */
  readonly seed?: string;
  /**
   * Where everything that changes from pass to pass is declared, so that a pass can be compiled; undefined if it runs
   * uncompiled.
   */
  readonly host?: Host<PassMoment> | undefined;
  /** Receives the batch statistics of every normalization, to be averaged by the caller. Borrowed tensors. */
  readonly record?: (statistic: string, value: Tensor) => void;
  /** Initial states of recurrent operations [N, ...shape], by name; zeros if missing. Borrowed tensors. */
  readonly state?: NamedTensors | undefined;
  /**
   * Receives the final states of recurrent operations, for the batch that continues where this one stops. Borrowed
   * tensors, detached from the tape.
   */
  readonly carry?: (state: string, value: Tensor) => void;
}

/** The context of an operation while it runs; names are local to the operation. */
export interface Context {
  readonly mode: Mode;
  parameter(local: string): Tensor;
  statistic(local: string): Tensor;
  record(local: string, value: Tensor): void;
  /** The initial state of this recurrent operation, if any. */
  state(local: string): Tensor | undefined;
  carry(local: string, value: Tensor): void;
  /** Random draws that belong to this operation and pass only; in passes that are compiled, use `values`. */
  random(): Rng;
  /** A tensor [..shape] of random draws that belong to this operation and pass only. */
  values(shape: readonly number[], draw: (rng: Rng) => number): Tensor;
}

export interface BuiltOperation {
  readonly output: Shape;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly statistics?: Readonly<Record<string, StatisticSpec>>;
  /** Multiply-adds with weights for one example; omitted by operations without kernels, which have none. */
  readonly multiplyAdds?: number;
  /** Minimum number of examples in a batch that is normalized with its own statistics; 1 by default. */
  readonly fewestExamples?: number;
  /** Shapes, for one example, of the states carried from one batch to the next if the examples continue. */
  readonly states?: Readonly<Record<string, Shape>>;
  /** For the largest of several sizes: parameters that only smaller ones use, which the supernet keeps with its own. */
  readonly spare?: Readonly<Record<string, ParameterSpec>>;
  /**
   * Parameters of `Operation.deployed` from those of this one, new tensors; parameters that it leaves out are the same
   * in both.
   */
  fold?(parameter: (local: string) => Tensor): Readonly<Record<string, Tensor>>;
  /** How it treats channels, if known; without it their order is not changed. */
  readonly channels?: Channels;
  /** inputs [N, ...shape] -> [N, ...output]. */
  forward(inputs: readonly Tensor[], context: Context): Tensor;
}

export interface Operation {
  /** The kind, for example 'conv'; with `config` it identifies the computation. */
  readonly kind: string;
  readonly config: { readonly [name: string]: Json };
  /**
   * Whether a smaller operation of this kind computes something sensible with a slice of a larger one's parameters:
   * leading entries along each axis, the centre of a window. `GraphBuilder.elastic` takes no others.
   */
  readonly elastic?: boolean;
  /**
   * The operation to use after training, if this one computes its weights from others and that one has them directly.
   */
  readonly deployed?: Operation;
  /** Builds the operation for its inputs; throws WeftError('operation') if they do not fit. */
  build(inputs: readonly Shape[]): BuiltOperation;
}

/** Multiply-adds of an operation for one example; undefined if it has kernels and does not declare them. */
export function multiplyAddsOf({ parameters, multiplyAdds }: BuiltOperation): number | undefined {
  if (multiplyAdds !== undefined) return multiplyAdds;
  return Object.values(parameters).some(({ role }) => role === 'kernel' || role === 'depthwise-kernel') ? undefined : 0;
}

/**
 * Operations that differ by choices and share weights by name. One of them is used in each child; what its choices
 * change internally is its own concern, so there may be any number of them, whereas listing candidates allows only a
 * few.
 */
export interface OperationFamily<A = unknown> {
  readonly kind: string;
  readonly config: { readonly [name: string]: Json };
  /** Builds all of them for their inputs: their common output shape, and all weights that any of them can use. */
  build(inputs: readonly Shape[]): Omit<BuiltOperation, 'forward'>;
  /** The operation with these choices; its weights are among those of `build`. */
  member(choices: A): Operation;
}
