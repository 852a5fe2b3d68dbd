/**
 * The contract for everything between a loss and new weights. A link may take its gradient at a displaced point, ask
 * for further gradients of the same batch, for products with the Hessian or for the layers' inputs and output
 * gradients, change the updates, move weights after the step, keep an average that is evaluated in place of the
 * weights, and observe a validation loss. It does whichever of these it has a method for; `chain` calls the methods and
 * holds batch, dropout masks and child fixed, so that a second gradient cannot come from another batch.
 */
import { type NamedTensors } from '../tensor/named.js';
import { type CaptureOptions, type LayerCapture } from '../tensor/second-order/index.js';
import { type Scalar, type Tensor } from '../tensor/tf.js';
import { type Schedule } from './schedule.js';
import { type Slots } from './state.js';
import { type Examples, type StepContext } from './loss.js';
import { type LinkMoment } from './moment.js';

export interface Link {
  /** Unique in its chain; part of the state's keys and of checkpoints. */
  readonly name: string;
  /**
   * Present if `update` works coordinate by coordinate (apart from sums over all of them): then it can be part of a
   * step that is one function for all children of a supernet.
   */
  readonly elementwise?: Elementwise | undefined;
  /**
   * Gradients of a whole batch that a step with this link takes on average, the first included; present on links that
   * take some at displaced points. Such a link receives only finite gradients: if one is not finite, nothing moves, and
   * the step counts as skipped.
   */
  readonly gradientEvaluations?: number | undefined;
  /**
   * For a link that takes gradients at displaced points and keeps no state: the number of parts of the batch on each of
   * which this is done separately; the results are averaged. Such a link must come first.
   */
  readonly shards?: number | undefined;
  /** Number of examples in the smallest part of a batch whose gradient it asks for; the whole batch by default. */
  smallestPart?(batchSize: number): number;
  /** The learning rate, on a link that turns a direction into a step; the last one in the chain is the chain's. */
  readonly learningRate?: Schedule | undefined;
  /** Factor of the learning rate for each parameter, if groups of parameters have their own rates. */
  readonly rateShare?: RateShare | undefined;
  /**
   * Gradient of the term that it adds to the loss, at any point where a gradient is taken; linear in the parameters.
   * The caller owns it.
   */
  penalty?(parameters: NamedTensors): NamedTensors | undefined;
  /** Displacement of the first gradient from the weights; none by default. Runs inside a tidy. */
  start?(step: LinkStep): NamedTensors;
  /**
   * What it captures of the layers in this step. A link with this method receives the whole batch and cannot follow a
   * link with shards.
   */
  layers?(step: SettleStep & Pick<LinkStep, 'parameters'>): CaptureOptions | undefined;
  /**
   * New updates from the previous link's, which for the first link are the gradients; the last ones are added to the
   * weights. Runs inside a tidy.
   */
  update?(updates: NamedTensors, step: LinkStep): NamedTensors;
  /**
   * New values of some of the weights that have moved; weights that it does not name stay where they are. Runs inside a
   * tidy.
   */
  settle?(movement: Movement, step: SettleStep): NamedTensors;
  /**
   * The same as `settle`, if it works weight by weight: then it can be part of a step that is one function for all
   * children of a supernet.
   */
  readonly settleEach?: SettleEach | undefined;
  /** The value to evaluate in place of a weight; undefined for the weight itself. Runs inside a tidy. */
  evaluation?(name: string, weight: Tensor, slots: Slots): Tensor | undefined;
  /** Receives a validation loss; `names` are the parameters with any state of this link. Runs inside a tidy. */
  observe?(validationLoss: number, names: readonly string[], slots: Slots): void;
}

export interface Elementwise {
  readonly slots: readonly string[];
  /** The kind of a parameter; parameters of different kinds are treated differently. */
  readonly kind?: (parameter: string) => string;
}

/** A parameter's learning rate relative to that of the chain. */
export type RateShare = (parameter: string, update: Tensor) => number;

/** How one weight settles. */
export interface SettleEach {
  /** How many tensors and how many numbers the rule takes. */
  readonly given: { readonly memory: number; readonly numbers: number };
  /**
   * Tensors remembered for a weight, in its shape; undefined if the weight stays where the step has moved it. Borrowed.
   */
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
 * Declares everything except tensors that changes from step to step: a step that takes its counts, rates and random
 * numbers from here is compiled if it repeats; one that reads them in another way runs uncompiled.
 */
export interface Declaring {
  /** A number that depends on the moment, as a float32 scalar. */
  scalar(of: (moment: LinkMoment) => number): Scalar;
  /** Numbers that depend on the moment, as a float32 tensor. */
  values(shape: readonly number[], of: (moment: LinkMoment) => Float32Array): Tensor;
  /** A decision that depends on the moment. */
  choose<T extends string | number | boolean>(of: (moment: LinkMoment) => T): T;
  /** Sets a number in the link's state as a function of the moment; it can be read from the next step on. */
  remember(name: string, of: (moment: LinkMoment) => number): void;
}

/** What a link knows after the step. */
export interface SettleStep extends Declaring {
  readonly slots: Slots;
  readonly context: StepContext;
}

/** What a link knows about the current step, and what it can ask for. All tensors are borrowed. */
export interface LinkStep extends SettleStep {
  /** The active weights. */
  readonly parameters: NamedTensors;
  /** Learning rate of the chain in this step; in steps that are compiled, read it through `scalar`. */
  readonly learningRate: number;
  /** Norm over all updates passed to this link. */
  readonly norm: Scalar;
  /** Norm over the updates of all of these parameters, identical to the bit whether small ones are joined or not. */
  normOf(updates: NamedTensors): Scalar;
  /** What the layers saw in the first gradient, if a link asked for it. */
  readonly layers: LayerCapture | undefined;
  /** A per-coordinate estimate that an earlier link passed on: curvature, or second moments. */
  readonly diagonal: NamedTensors | undefined;
  /** Gradients at weights + displacement (missing names: 0), on the whole batch or on some of its examples. */
  gradientsAt(displacement: NamedTensors, examples?: Examples): NamedTensors;
  /** Hessian of the batch loss at weights + displacement, times the vector (missing names: 0). */
  hessianTimes(vector: NamedTensors, displacement?: NamedTensors): NamedTensors;
  /** Counts gradients that were computed by other means, in whole batches. */
  charge(gradients: number): void;
  /** Passes an estimate on to later links to divide by. */
  handOn(diagonal: NamedTensors): void;
  /** Moves the weights further, after the updates have been added. */
  moveBy(correction: NamedTensors): void;
  /** Adds to the metrics of the step; scalars are read after it. */
  report(metrics: Readonly<Record<string, number | Scalar>>): void;
  /** A note for the user; the same text may come with every step. */
  note(remark: string): void;
}
