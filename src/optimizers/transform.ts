/**
 * Optimizers as chains of small transforms of the gradient, after optax: pure functions with their state
 * outside. State is keyed by transform, slot and parameter name, and exists only for parameters that
 * have been trained: what is inactive in a step neither moves nor ages.
 */
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf, type Tensor } from '../tensor/tf.js';

/** Slots and step counts by name. Tensor keys read `transform/slot/parameter`, count keys `transform/parameter`. */
export interface OptimizerState {
  readonly tensors: NamedTensors;
  readonly counts: Readonly<Record<string, number>>;
}

export const emptyState: OptimizerState = { tensors: {}, counts: {} };

/** What a transform sees of its state, and where it writes the new one. Names are the parameters'. */
export interface Slots {
  get(slot: string, parameter: string): Tensor | undefined;
  set(slot: string, parameter: string, value: Tensor): void;
  /** How often this parameter has been updated by this transform, this time included. */
  count(parameter: string): number;
}

/** What a step knows besides gradients and parameters. */
export interface StepContext {
  /** Global step of the training, from 0: schedules depend on it. */
  readonly step: number;
}

export interface GradientTransform {
  /** Unique in its chain; part of the state's keys and of checkpoints. */
  readonly name: string;
  /** New updates from updates (at first the gradients); all maps have the same names. Runs inside a tidy. */
  update(updates: NamedTensors, slots: Slots, parameters: NamedTensors, context: StepContext): NamedTensors;
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
export function step(optimizer: Optimizer, gradients: NamedTensors, parameters: NamedTensors, state: OptimizerState, context: StepContext): StepResult {
  const counts: Record<string, number> = { ...state.counts };
  const changed: Record<string, Tensor> = {};
  const updated = tf.tidy(() => {
    const updates = optimizer.reduce((current, transform) => transform.update(current, slotsOf(transform.name, state, changed, counts), parameters, context), gradients);
    const result = mapNamed(updates, (update, name) => tf.add(parameters[name]!, update));
    for (const tensor of [...Object.values(changed), ...Object.values(result)]) tf.keep(tensor);
    return result as Record<string, Tensor>;
  });
  return { parameters: updated, state: { tensors: { ...state.tensors, ...changed }, counts } };
}

/** Disposes the tensors of `old` that `next` has replaced, and returns `next`. */
export function replaceState(old: OptimizerState, next: OptimizerState): OptimizerState {
  for (const [key, tensor] of Object.entries(old.tensors)) if (next.tensors[key] !== tensor) tensor.dispose();
  return next;
}

function slotsOf(transform: string, state: OptimizerState, changed: Record<string, Tensor>, counts: Record<string, number>): Slots {
  const counted = new Set<string>();
  return {
    get: (slot, parameter) => changed[`${transform}/${slot}/${parameter}`] ?? state.tensors[`${transform}/${slot}/${parameter}`],
    set(slot, parameter, value) {
      changed[`${transform}/${slot}/${parameter}`] = value;
    },
    count(parameter) {
      const key = `${transform}/${parameter}`;
      if (!counted.has(key)) {
        counted.add(key);
        counts[key] = (counts[key] ?? 0) + 1;
      }
      return counts[key]!;
    },
  };
}
