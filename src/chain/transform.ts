/**
 * Optimizers as chains of small transforms of the gradient, after optax: pure functions with their state
 * outside. State is keyed by transform, slot and parameter name, and exists only for parameters that
 * have been trained: what is inactive in a step neither moves nor ages.
 */
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { type CutLoss, type HessianVectorProduct } from '../tensor/second-order/index.js';
import { tf, type Tensor, type Tensor1D } from '../tensor/tf.js';
import { joinSmall } from './join-small.js';

/** Slots and counts by name. Tensor keys read `transform/slot/parameter`, count keys `transform/parameter`. */
export interface OptimizerState {
  readonly tensors: NamedTensors;
  readonly counts: Readonly<Record<string, number>>;
}

export const emptyState: OptimizerState = { tensors: {}, counts: {} };

/** What a transform sees of its state, and where it writes the new one. Names are the parameters'. */
export interface Slots {
  get(slot: string, parameter: string): Tensor | undefined;
  /** Keeps the value for the state; it stays usable in this step. */
  set(slot: string, parameter: string, value: Tensor): void;
  /** Takes the value out of the state. */
  remove(slot: string, parameter: string): void;
  /** How often this parameter has been updated by this transform, this time included. */
  count(parameter: string): number;
  /** A number of the transform's own; 0 until it is set. */
  number(name: string): number;
  setNumber(name: string, value: number): void;
}

/** A product with the Hessian, and why it is not exact, where it is not: one line per kernel. The caller owns the product. */
export type HessianTimes = (
  parameters: NamedTensors,
  vector: NamedTensors,
) => Pick<HessianVectorProduct, 'product' | 'reasons'>;

/** What a step knows besides gradients and parameters. */
export interface StepContext {
  /** Global step of the training, from 0: schedules depend on it. */
  readonly step: number;
  /** Names the random draws of this training, for optimizers that need some. */
  readonly seed?: number | string | undefined;
  /** Examples in the batch, where the loss can be evaluated on a part of them. */
  readonly batchSize?: number | undefined;
  /** Labels that the loss is the mean of: one for each example, or one for each token of sequences. */
  readonly labels?: number | undefined;
  /** Loss of each example of the batch [N] (of a sequence the mean over its tokens) at the given parameters, dropout and normalization as in `evaluate`. */
  readonly exampleLosses?: ((parameters: NamedTensors) => Tensor1D) | undefined;
  /** An estimate per coordinate that came with the gradients: curvature, or second moments. */
  readonly diagonal?: NamedTensors | undefined;
  /** Hessian of the batch loss at `parameters`, times `vector` (missing names: 0); without it, differences of gradients serve. */
  readonly hessianVectorProduct?: HessianTimes | undefined;
  /** The batch's model and loss, for products with its curvature and for what the layers see. */
  readonly cut?: CutLoss | undefined;
}

export interface GradientTransform {
  /** Unique in its chain; part of the state's keys and of checkpoints. */
  readonly name: string;
  /** Present where each coordinate is treated by itself (apart from sums over all of them): then small tensors may be joined and updated as one. */
  readonly elementwise?: Elementwise;
  /** New updates from updates (at first the gradients); all maps have the same names. Runs inside a tidy. */
  update(updates: NamedTensors, slots: Slots, parameters: NamedTensors, context: StepContext): NamedTensors;
}

export interface Elementwise {
  readonly slots: readonly string[];
  /** Parameters with different answers are treated differently. */
  readonly kind?: (parameter: string) => string;
}

/** Transforms one after another; the last one's updates are added to the parameters. */
export type Optimizer = readonly GradientTransform[];

export interface StepResult {
  /** New values of the parameters that have a gradient; owned by the caller. */
  readonly parameters: NamedTensors;
  /** New state; its changed tensors are owned by the caller, the others are those of the old state. */
  readonly state: OptimizerState;
}

/**
 * One step: w <- w + update(gradients). Only the parameters named in `gradients` change. The caller
 * owns the results and disposes what they replace (see `replaceState`).
 */
export function step(
  optimizer: Optimizer,
  gradients: NamedTensors,
  parameters: NamedTensors,
  state: OptimizerState,
  context: StepContext,
): StepResult {
  const draft = draftState(state);
  try {
    const updated = tf.tidy(() => {
      const active = pickNamed(parameters, Object.keys(gradients));
      const joined = joinSmall(optimizer, { gradients, parameters: active, context, slotsOf: draft.slots }, state);
      const updates = optimizer.reduce(
        (current, transform) =>
          transform.update(current, joined.slotsOf(transform.name), joined.parameters, joined.context),
        joined.gradients,
      );
      const moved = mapNamed(updates, (update, name) => tf.add(joined.parameters[name]!, update));
      joined.writeSlots();
      return joined.unpack(moved);
    });
    return { parameters: updated, state: draft.commit() };
  } catch (error) {
    draft.discard();
    throw error;
  }
}

/** Disposes the tensors of `old` that `next` has replaced, and returns `next`. */
export function replaceState(old: OptimizerState, next: OptimizerState): OptimizerState {
  for (const [key, tensor] of Object.entries(old.tensors)) if (next.tensors[key] !== tensor) tensor.dispose();
  return next;
}

/** Changes to a state that do not touch it. */
export interface StateDraft {
  slots(transform: string): Slots;
  /** The state, or one that others have changed since, with the changes. */
  commit(onto?: OptimizerState): OptimizerState;
  /** Disposes what was set. */
  discard(): void;
}

export function draftState(state: OptimizerState): StateDraft {
  const tensors: Record<string, Tensor> = {};
  const counts: Record<string, number> = {};
  const removed = new Set<string>();
  return {
    slots(transform) {
      const counted = new Set<string>();
      const numberAt = (key: string): number => counts[key] ?? state.counts[key] ?? 0;
      return {
        get(slot, parameter) {
          const key = `${transform}/${slot}/${parameter}`;
          return tensors[key] ?? (removed.has(key) ? undefined : state.tensors[key]);
        },
        set(slot, parameter, value) {
          const key = `${transform}/${slot}/${parameter}`;
          if (tensors[key] !== value) tensors[key]?.dispose();
          tensors[key] = tf.keep(value);
        },
        remove(slot, parameter) {
          const key = `${transform}/${slot}/${parameter}`;
          tensors[key]?.dispose();
          delete tensors[key];
          removed.add(key);
        },
        count(parameter) {
          const key = `${transform}/${parameter}`;
          if (!counted.has(key)) {
            counted.add(key);
            counts[key] = numberAt(key) + 1;
          }
          return counts[key]!;
        },
        number: (name) => numberAt(`${transform}/${name}`),
        setNumber(name, value) {
          counts[`${transform}/${name}`] = value;
        },
      };
    },
    commit(onto = state) {
      const kept =
        removed.size === 0
          ? onto.tensors
          : Object.fromEntries(Object.entries(onto.tensors).filter(([key]) => !removed.has(key)));
      return { tensors: { ...kept, ...tensors }, counts: { ...onto.counts, ...counts } };
    },
    discard: () => disposeNamed(tensors),
  };
}
