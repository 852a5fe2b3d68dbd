/**
 * What happens between a loss and new weights, in one contract. A link may take its gradient elsewhere, ask for further gradients of the
 * same batch, for products with the Hessian or for what the layers saw, change the updates, move weights after the step, keep an
 * average that is evaluated in their place, and follow a validation loss. It does whichever of these it has a method for; `chain`
 * calls the methods, and holds batch, dropout masks and child fixed, so that a second gradient cannot be of another batch.
 */
import { type NamedTensors } from '../tensor/named.js';
import { type CaptureOptions, type LayerCapture } from '../tensor/second-order/index.js';
import { type Scalar, type Tensor } from '../tensor/tf.js';
import { type Schedule } from './schedule.js';
import { type Slots } from './state.js';
import { type StepContext } from './loss.js';
import { type LinkMoment } from './moment.js';

export interface Link {
  /** Unique in its chain; part of the state's keys and of checkpoints. */
  readonly name: string;
  /** Present where `update` treats each coordinate by itself (apart from sums over all of them): then it can be part of a step that is one function for all children of a supernet. */
  readonly elementwise?: Elementwise | undefined;
  /**
   * Gradients of a whole batch that a step takes with it, the first included, on average; present on links that take some elsewhere.
   * Such a link gets finite gradients only: where one is not, nothing moves, and the step is counted as skipped.
   */
  readonly gradientEvaluations?: number | undefined;
  /** Of a link that takes gradients elsewhere and keeps no state: do it on so many parts of the batch, each by itself, and average. First in its chain. */
  readonly shards?: number | undefined;
  /** Examples in the smallest part of a batch that it asks for the gradient of; the whole batch by default. */
  smallestPart?(batchSize: number): number;
  /** The rate of the link that turns a direction into a step; the last one is that of the chain. */
  readonly learningRate?: Schedule | undefined;
  /** Each parameter's part of the learning rate, where its groups have rates of their own. */
  readonly rateShare?: RateShare | undefined;
  /** Gradient of what it adds to the loss, wherever a gradient is taken; linear in the parameters. The caller owns it. */
  penalty?(parameters: NamedTensors): NamedTensors | undefined;
  /** Displacement of the first gradient from the weights; none by default. Runs inside a tidy. */
  start?(step: LinkStep): NamedTensors;
  /** What it wants to capture of the layers in this step. A link with this method sees the unchanged batch and is joined with no other. */
  layers?(step: SettleStep & Pick<LinkStep, 'parameters'>): CaptureOptions | undefined;
  /** New updates from updates, at first the gradients; the last ones are added to the weights. Runs inside a tidy. */
  update?(updates: NamedTensors, step: LinkStep): NamedTensors;
  /** New values of some of the weights that have moved; weights that it does not name stay. Runs inside a tidy. */
  settle?(movement: Movement, step: SettleStep): NamedTensors;
  /** What `settle` does, weight by weight, where it does that to every weight by itself: then it can be a part of a step that is one function for all children of a supernet. */
  readonly settleEach?: SettleEach | undefined;
  /** What is evaluated in the place of a weight; undefined where that is the weight. Runs inside a tidy. */
  evaluation?(name: string, weight: Tensor, slots: Slots): Tensor | undefined;
  /** Takes notice of a validation loss; `names` are the parameters with any state of this link. Runs inside a tidy. */
  observe?(validationLoss: number, names: readonly string[], slots: Slots): void;
}

export interface Elementwise {
  readonly slots: readonly string[];
  /** Parameters with different answers are treated differently. */
  readonly kind?: (parameter: string) => string;
}

/** A parameter's learning rate relative to that of the chain. */
export type RateShare = (parameter: string, update: Tensor) => number;

/** How one weight settles. */
export interface SettleEach {
  /** How many tensors and how many numbers the rule is given. */
  readonly given: { readonly memory: number; readonly numbers: number };
  /** What is remembered of a weight, of its shape; undefined where it stays where the step has moved it. Borrowed. */
  recall(weight: string, learningRate: number): readonly Tensor[] | undefined;
  numbers(learningRate: number): readonly number[];
  /** The weight's new value. Runs inside a tidy. */
  value(before: Tensor, after: Tensor, memory: readonly Tensor[], numbers: readonly Scalar[]): Tensor;
}

/** Weights around a step, by name; borrowed. */
export interface Movement {
  readonly before: NamedTensors;
  readonly after: NamedTensors;
  readonly learningRate: number;
}

/**
 * Everything except tensors that changes from step to step, declared: a step that takes its counts, rates and random numbers from here is compiled
 * where it repeats; one that reads them in another way runs uncompiled.
 */
export interface Declaring {
  /** A number of the moment as a float32 scalar. */
  scalar(of: (moment: LinkMoment) => number): Scalar;
  /** Numbers of the moment as a float32 tensor. */
  values(shape: readonly number[], of: (moment: LinkMoment) => Float32Array): Tensor;
  /** A decision of the moment. */
  choose<T extends string | number | boolean>(of: (moment: LinkMoment) => T): T;
  /** Sets a number of the link's own to what it is of the moment; it is seen from the next step on. */
  remember(name: string, of: (moment: LinkMoment) => number): void;
}

/** What a link knows after the step. */
export interface SettleStep extends Declaring {
  readonly slots: Slots;
  readonly context: StepContext;
}

/** What a link knows of the step at hand, and what it can ask for. All tensors are borrowed. */
export interface LinkStep extends SettleStep {
  /** The active weights. */
  readonly parameters: NamedTensors;
  /** Rate of the chain in this step; `scalar` gives it to steps that are compiled. */
  readonly learningRate: number;
  /** Norm over all of the updates that it was given. */
  readonly norm: Scalar;
  /** Norm over updates of all of these parameters, the same bits whether small ones are joined or not. */
  normOf(updates: NamedTensors): Scalar;
  /** What the layers saw of the first gradient, where a link has asked for it. */
  readonly layers: LayerCapture | undefined;
  /** An estimate per coordinate that an earlier link has handed on: curvature, or second moments. */
  readonly diagonal: NamedTensors | undefined;
  /** Gradients at weights + displacement (missing names: 0), on the whole batch or on some of its examples. */
  gradientsAt(displacement: NamedTensors, examples?: readonly number[]): NamedTensors;
  /** Hessian of the batch loss at weights + displacement, times the vector (missing names: 0). */
  hessianTimes(vector: NamedTensors, displacement?: NamedTensors): NamedTensors;
  /** Counts gradients that were computed by other means, in whole batches. */
  charge(gradients: number): void;
  /** Gives later links an estimate to divide by. */
  handOn(diagonal: NamedTensors): void;
  /** Moves the weights further, once the updates are added. */
  moveBy(correction: NamedTensors): void;
  /** Adds to the metrics of the step; scalars are read after it. */
  report(metrics: Readonly<Record<string, number | Scalar>>): void;
  /** A remark for the reader of the run; the same text may come every step. */
  note(remark: string): void;
}
