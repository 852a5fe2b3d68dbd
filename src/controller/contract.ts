/**
 * What every search strategy is to the search: something that proposes architectures and learns how
 * good they were. A strategy in a file of one's own is used by naming the file.
 */
import { type z } from 'zod';
import { type SearchSpace } from '../graph/define-space.js';
import { type Json } from '../operations/operation.js';
import { type NamedTensors } from '../tensor/named.js';
import { type Rng } from '../tensor/rng.js';
import { type CompileOptions } from '../tensor/plan/index.js';

/**
 * An architecture with the reward it earned, higher is better; for classification the accuracy on a validation batch.
 */
export interface Evaluated<A = unknown> {
  readonly architecture: A;
  readonly reward: number;
  /**
   * What it costs by each of the search's further objectives, in their order, less being better; absent where the
   * reward is all.
   */
  readonly costs?: readonly number[];
}

/** Numbers to log, for example loss, entropy, baseline. */
export type Metrics = Readonly<Record<string, number>>;

/** The mixture that a continuous relaxation learns (Liu et al. 2019, arXiv 1806.09055). */
export interface Relaxation {
  /** Logits of each decision's values, [slots, values] by path; borrowed. */
  readonly logits: NamedTensors;
  /** Learns from the gradient of the validation loss, by the same names; borrowed. */
  descend(gradients: NamedTensors): Metrics;
}

/** All that a controller must remember between two calls, for checkpoints. */
export interface ControllerSnapshot {
  /** Networks and optimizer slots, borrowed: the controller stays their owner. */
  readonly tensors: NamedTensors;
  /** Everything else: baselines, counters, populations as encodings. */
  readonly state: Json;
}

export interface Controller<A = unknown> {
  /** `count` architectures whose shared weights are to be trained; has no effect on what is learned. */
  sample(count: number, rng: Rng): A[];
  /** `count` architectures to evaluate next; every draw comes from `rng`. */
  propose(count: number, rng: Rng): A[];
  /** Learns from the rewards of the last proposal, in its order. */
  observe(results: readonly Evaluated<A>[]): Metrics;
  /** Candidates for the final choice; has no effect on what is learned. */
  derive(count: number, rng: Rng): A[];
  /**
   * Probability of each option of each decision, for reports; undefined where the strategy has none.
   * Rows follow `space.decisions`; a subset has one row a flag: [P(absent), P(present)].
   */
  preferences?(rng: Rng): Readonly<Record<string, readonly (readonly number[])[]>>;
  /**
   * Set by strategies that follow gradients: shared weights are then trained as a mixture of all architectures instead
   * of sampled ones.
   */
  readonly relaxation?: Relaxation;
  snapshot(): ControllerSnapshot;
  /** Goes on from a snapshot; its tensors are borrowed, so what is kept is cloned. */
  restore(snapshot: ControllerSnapshot): void;
  dispose(): void;
}

export interface ControllerSetting<A = unknown> {
  readonly space: SearchSpace<A>;
  /** The run's seed, for first values: `stream(seed, 'controller', …)`. */
  readonly seed: number;
  /**
   * What to begin with in place of random architectures: the one at this place, the most promising at 0, or undefined
   * beyond the last. The same place always gives the same architecture.
   */
  readonly start?: (place: number) => A | undefined;
  /** How far a controller may compile steps that repeat. */
  readonly compile?: CompileOptions | undefined;
}

/** A strategy waiting for its options and a space. */
export interface ControllerFactory<O extends object = object> {
  readonly kind: 'weft-controller';
  readonly name: string;
  readonly description: string;
  readonly options: z.ZodType<O, unknown>;
  /** Named sets of options, for example the constants of a paper. */
  readonly presets: Readonly<Record<string, Partial<O>>>;
  /** Whether it begins with the architectures of `setting.start` where there are some. */
  readonly warmStart: boolean;
  /** What a search uses where the config says nothing: rounds an epoch, architectures a round. */
  create<A>(options: unknown, setting: ControllerSetting<A>): Controller<A>;
}
