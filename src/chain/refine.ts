/**
 * Optimizers that look around before they step: the gradient at the weights is refined by gradients taken elsewhere on the
 * same batch, and a base optimizer steps with the result. The weights themselves are never moved and moved back.
 */
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { type JoinedStep, joinSmall } from './join-small.js';
import { difference, plusScaled, scaled } from './named-arithmetic.js';
import { inShards } from './shards.js';
import {
  allFinite,
  disposeEvaluation,
  type Evaluate,
  type LossAndGradients,
  metered,
  type Trainer,
  type TrainerStep,
} from './trainer.js';
import { draftState, type Elementwise, type HessianTimes, type Slots, type StepContext } from './transform.js';
import { globalNorm } from './transforms/clip.js';

/** What a rule knows: the gradient at the weights, and how to get others. */
export interface Surroundings {
  /** Gradients of the first evaluation; borrowed, as are the parameters. */
  readonly gradients: NamedTensors;
  /** Their norm over all active parameters. */
  readonly norm: number;
  readonly parameters: NamedTensors;
  readonly slots: Slots;
  readonly context: StepContext;
  /** Rate of the base optimizer in this step. */
  readonly learningRate: number;
  /** Gradients at weights + displacement (missing names: 0), on the whole batch or on some of its examples. */
  gradientsAt(displacement: NamedTensors, examples?: readonly number[]): NamedTensors;
  /** Hessian of the batch loss at weights + displacement, times the vector (missing names: 0). */
  hessianTimes(vector: NamedTensors, displacement?: NamedTensors): NamedTensors;
  /** Counts gradients that were computed by other means, in whole batches. */
  charge(gradients: number): void;
}

export interface Refined {
  /** What the base optimizer gets as the gradient. */
  readonly gradients: NamedTensors;
  readonly diagonal?: NamedTensors;
  /** Added to the weights after the base optimizer's step. */
  readonly correction?: NamedTensors;
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface RefinementRule {
  readonly name: string;
  /** Present where each coordinate is treated by itself (apart from sums over all of them): then small tensors may be joined. */
  readonly elementwise?: Elementwise;
  /** Gradients of a whole batch that one step costs, on average. */
  readonly gradientEvaluations: number;
  /** Displacement of the first evaluation from the weights; none by default. */
  start?(parameters: NamedTensors, slots: Slots, context: StepContext): NamedTensors;
  /** Runs inside a tidy. */
  refine(surroundings: Surroundings): Refined;
}

export interface RefinedOptions {
  /** Refine on so many parts of the batch, each by itself, and average (m-sharpness, Foret et al. 2021, section 4.1); for rules without state. */
  shards?: number;
}

/**
 * The base optimizer with refined gradients. If a gradient on the way is not finite, nothing moves, and the step is
 * counted as skipped in `metrics.skipped` and in the state.
 */
export function refined(base: Trainer, rule: RefinementRule, { shards = 1 }: RefinedOptions = {}): Trainer {
  return {
    ...base,
    name: rule.name,
    gradientEvaluations: rule.gradientEvaluations * base.gradientEvaluations,
    step(evaluate, parameters, state, context) {
      const draft = draftState(state);
      const meter = metered(evaluate, context);
      const seen: Seen = { loss: NaN, norm: NaN, notes: new Set() };
      const refinedEvaluate: Evaluate = (weights, options) => {
        const start = rule.start && (() => rule.start!(weights, draft.slots(rule.name), context));
        // The gradient that is handed on is another one, so it cannot be made of what these layers saw.
        const first = evaluateAt(
          meter.evaluate,
          weights,
          start,
          options.capture ? { ...options, capture: {} } : options,
        );
        let layers = first.layers;
        try {
          seen.loss = first.loss.dataSync()[0]!;
          const { correction, ...refined } = tidy(() => {
            const parameters = pickNamed(weights, Object.keys(first.gradients));
            const joined = joinSmall(
              [rule],
              { gradients: first.gradients, parameters, context, slotsOf: draft.slots },
              state,
            );
            seen.norm = globalNorm(joined.gradients).dataSync()[0]!;
            if (!Number.isFinite(seen.norm)) throw new SkippedStep();
            const at = (displacement: NamedTensors, examples = options.examples): NamedTensors =>
              finite(joined.pack(gradientsAt(meter.evaluate, weights, joined.unpack(displacement), examples)));
            const { gradients, diagonal, correction, metrics } = rule.refine({
              gradients: joined.gradients,
              norm: seen.norm,
              parameters: joined.parameters,
              slots: joined.slotsOf(rule.name),
              context,
              learningRate: base.learningRate(context.step),
              gradientsAt: at,
              hessianTimes: (vector, displacement = {}) =>
                hessianTimes(
                  {
                    at,
                    weights,
                    joined,
                    // The context's products are of the whole batch.
                    exact: options.examples ? undefined : context.hessianVectorProduct,
                    charge: meter.charge,
                    inexact: (reason) => seen.notes.add(`'${rule.name}' takes differences of gradients: ${reason}`),
                  },
                  vector,
                  displacement,
                ),
              charge: meter.charge,
            });
            joined.writeSlots();
            seen.metrics = metrics;
            return {
              // A rule may hand the first gradients through; they are disposed below.
              gradients: mapNamed(joined.unpack(gradients), (tensor, name) =>
                tensor === first.gradients[name] ? tf.clone(tensor) : tensor,
              ),
              diagonal: diagonal && joined.unpack(diagonal),
              correction: correction && joined.unpack(correction),
            };
          });
          seen.correction = correction;
          const handedOn = { loss: tf.clone(first.loss), ...refined, layers };
          layers = undefined;
          return handedOn;
        } finally {
          disposeEvaluation({ ...first, layers });
        }
      };
      try {
        const stepped = base.step(inShards(refinedEvaluate, shards, context.batchSize), parameters, state, context);
        return {
          ...stepped,
          parameters: corrected(stepped.parameters, seen.correction),
          state: draft.commit(stepped.state),
          gradientEvaluations: meter.cost(),
          metrics: { ...stepped.metrics, ...seen.metrics, gradientNorm: seen.norm, skipped: 0 },
          notes: [...(stepped.notes ?? []), ...seen.notes],
        };
      } catch (error) {
        draft.discard();
        if (!(error instanceof SkippedStep)) throw error;
        return skipped(rule.name, seen, meter.cost(), state, base.learningRate(context.step));
      } finally {
        if (seen.correction) disposeNamed(seen.correction);
      }
    },
  };
}

/** What a step leaves behind while the base optimizer takes it. */
interface Seen {
  loss: number;
  norm: number;
  correction?: NamedTensors | undefined;
  metrics?: Refined['metrics'];
  readonly notes: Set<string>;
}

/** A gradient was not finite. */
class SkippedStep extends Error {}

function skipped(
  name: string,
  { loss, norm }: { loss: number; norm: number },
  cost: number,
  state: TrainerStep['state'],
  learningRate: number,
): TrainerStep {
  const key = `${name}/skipped`;
  return {
    parameters: {},
    state: { ...state, counts: { ...state.counts, [key]: (state.counts[key] ?? 0) + 1 } },
    loss,
    gradientEvaluations: cost,
    metrics: { learningRate, gradientNorm: norm, skipped: 1 },
  };
}

function evaluateAt(
  evaluate: Evaluate,
  weights: NamedTensors,
  start: (() => NamedTensors) | undefined,
  options: Parameters<Evaluate>[1],
): LossAndGradients {
  if (!start) return evaluate(weights, options);
  const displaced = tidy(() => mapNamed(start(), (displacement, name) => tf.add(weights[name]!, displacement)));
  try {
    return evaluate({ ...weights, ...displaced }, options);
  } finally {
    disposeNamed(displaced);
  }
}

/** Inside the tidy of `refine`, which disposes the result. */
function gradientsAt(
  evaluate: Evaluate,
  weights: NamedTensors,
  displacement: NamedTensors,
  examples: readonly number[] | undefined,
): NamedTensors {
  const { loss, gradients } = evaluateAt(evaluate, weights, () => displacement, { record: false, examples });
  loss.dispose();
  return gradients;
}

/** The same tensors, unless one is not finite. */
function finite(tensors: NamedTensors): NamedTensors {
  if (!allFinite(tensors)) throw new SkippedStep();
  return tensors;
}

/** Length of the two steps whose difference of gradients stands for a Hessian-vector product: the best in float32 on smooth networks. */
const DIFFERENCE_RADIUS = 1e-2;

/** What an exact product costs in gradients: a gradient that is written down, and a backward pass over it. */
const PRODUCT_COST = 3;

interface HessianAccess {
  readonly at: (displacement: NamedTensors) => NamedTensors;
  readonly weights: NamedTensors;
  readonly joined: JoinedStep;
  readonly exact: HessianTimes | undefined;
  readonly charge: (gradients: number) => void;
  /** Takes note of why a product is not exact. */
  readonly inexact: (reason: string) => void;
}

/** H v exactly where the training can, else |v|(g(w + r v/|v|) - g(w - r v/|v|))/2r; of joined tensors. */
function hessianTimes(
  { at, weights, joined, exact, charge, inexact }: HessianAccess,
  vector: NamedTensors,
  displacement: NamedTensors,
): NamedTensors {
  if (exact) {
    charge(PRODUCT_COST);
    const place = plusScaled(weights, 1, joined.unpack(displacement));
    const { product, reasons } = exact(place, joined.unpack(vector));
    if (reasons.length > 0) inexact(reasons.join('; '));
    return finite(joined.pack(product));
  }
  inexact('the training gives no products with the Hessian');
  const norm = tidy(() => globalNorm(vector).dataSync()[0]!);
  if (norm === 0) return mapNamed(vector, (tensor) => tf.zerosLike(tensor));
  const shifted = (distance: number): NamedTensors => ({
    ...displacement,
    ...mapNamed(scaled(vector, distance / norm), (shift, name) =>
      displacement[name] ? tf.add(displacement[name], shift) : shift,
    ),
  });
  const [ahead, behind] = [at(shifted(DIFFERENCE_RADIUS)), at(shifted(-DIFFERENCE_RADIUS))];
  return scaled(difference(ahead, behind), norm / (2 * DIFFERENCE_RADIUS));
}

/** The new weights with the corrections added; disposes what it replaces. */
function corrected(parameters: NamedTensors, correction: NamedTensors | undefined): NamedTensors {
  if (!correction) return parameters;
  return mapNamed(parameters, (tensor, name) => {
    const added: Tensor | undefined = correction[name];
    if (!added) return tensor;
    const sum = tf.add(tensor, added);
    tensor.dispose();
    return sum;
  });
}
