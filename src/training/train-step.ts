/** One step of one child, or of several that share a loss: loss, gradients, chain; only their own weights change. */
import { WeftError } from '../errors.js';
import { type Trainer, type TrainerStep } from '../chain/chain.js';
import { type ChainStep, type CompiledTrainer } from '../chain/compiled.js';
import { type OptimizerState, replaceState } from '../chain/state.js';
import { fewestExamplesOf } from '../graph/fewest-examples.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { activeWeights, wholeName } from '../supernet/slices.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed, withPrefix } from '../tensor/named.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { requireExamples } from './batch-size.js';
import { type BatchLoss, batchLoss, type BatchLossOptions } from './batch-loss.js';

export interface TrainStepInput extends Omit<BatchLossOptions, 'statistics'> {
  readonly store: ParameterStore;
  readonly trainer: Trainer;
  readonly state: OptimizerState;
  /** Global step, for schedules. */
  readonly step: number;
  /** The trainer's steps, compiled where they repeat; without it they run as they are. */
  readonly compiled?: CompiledTrainer | undefined;
  /** How many more steps of this child will run, if known. */
  readonly due?: number | undefined;
  /** Factor of a `stepRate` link for its update, if the trainer has one. */
  readonly rate?: number | undefined;
}

export interface TrainStepResult {
  /** The new state; the old one's replaced tensors are already disposed. */
  readonly state: OptimizerState;
  /**
   * Mean loss of the child on the batch before the step: cross-entropy in nats (with smoothed labels, if they are
   * smoothed), or the squared error of targets.
   */
  readonly loss: number;
  readonly gradientEvaluations: number;
  /** What the links reported; `skipped` is 1 if a gradient was not finite and nothing moved. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Notes of the links for the user. */
  readonly notes: readonly string[];
}

/**
 * Trains the child on the batch and puts its new weights into the store; throws WeftError('numeric') on a loss that is
 * not finite.
 */
export function trainStep({
  store,
  trainer,
  state,
  step,
  compiled,
  rate,
  ...options
}: TrainStepInput): TrainStepResult {
  const { child, others = [], batch } = options;
  for (const { nodes } of [child, ...others.map((other) => other.child)])
    requireExamples(fewestExamplesOf(nodes), { batch: 'the batch size', examples: batch.inputs.shape[0], trainer });
  const active = activeWeights([child, ...others.map((other) => other.child)], store.parameters);
  let stepped: TrainerStep;
  let losses: BatchLoss['losses'] = () => undefined;
  try {
    if (compiled && others.length === 0 && !options.shared?.isOpen && !options.observe)
      stepped = compiledStep(compiled, active.values, { ...options, store, state, step, rate });
    else {
      const loss = batchLoss({ ...options, statistics: store.statistics });
      losses = loss.losses;
      const at = { parameters: active.values, state, step, rate };
      const asItIs = (): TrainerStep =>
        trainer.step(loss.evaluate, active.values, state, { ...loss.context, step, rate });
      const shared = others.length === 0 && !options.observe ? options.shared : undefined;
      if (shared) stepped = shared.step(child, at, batch, options.mode, asItIs);
      else if (compiled && others.length > 0 && takesOneGradient(trainer))
        stepped = compiledUpdate(compiled, loss, at, store.parameters);
      else stepped = asItIs();
    }
  } finally {
    active.dispose();
  }
  if (!Number.isFinite(stepped.loss)) {
    disposeNamed(stepped.parameters);
    replaceState(stepped.state, state);
    const broken = losses()?.findIndex((loss) => !Number.isFinite(loss)) ?? 0;
    const { encoding } = broken > 0 ? others[broken - 1]!.child : child;
    throw new WeftError(
      'numeric',
      `the loss of ${encoding} became ${losses()?.[Math.max(0, broken)] ?? stepped.loss} at step ${step}`,
      'lower the learning rate, or clip the gradient (clipNorm)',
    );
  }
  store.assign(active.whole(stepped.parameters));
  return {
    state: replaceState(state, stepped.state),
    loss: losses()?.[0] ?? stepped.loss,
    gradientEvaluations: stepped.gradientEvaluations * (1 + others.length),
    metrics: stepped.metrics,
    notes: stepped.notes,
  };
}

/** Whether a step needs only the gradient at the weights from the batch. */
const takesOneGradient = ({ links }: Trainer): boolean =>
  links.every(
    ({ gradientEvaluations, layers, start, shards = 1 }) => !gradientEvaluations && !layers && !start && shards === 1,
  );

/**
 * The step of several children: their gradients are a different function in every step, but the chain's update is not.
 */
function compiledUpdate(
  compiled: CompiledTrainer,
  { evaluate, context }: BatchLoss,
  at: Pick<ChainStep, 'parameters' | 'state' | 'step' | 'rate'>,
  whole: NamedTensors,
): TrainerStep {
  const first = evaluate(at.parameters, { record: true });
  try {
    const { extra: _, ...stepped } = compiled.step({
      ...at,
      lossFor() {
        let isFirst = true;
        return {
          context,
          evaluate(parameters, options) {
            if (!isFirst) return evaluate(parameters, options);
            isFirst = false;
            return {
              loss: tf.clone(first.loss),
              gradients: mapNamed(first.gradients, (gradient) => tf.clone(gradient)),
            };
          },
        };
      },
      seed: context.seed,
      inputs: { loss: first.loss, ...withPrefix('gradient/', first.gradients) },
      key: 'update',
      isAtRest: (name) => isAtRest(name, whole, at.parameters),
    });
    return stepped;
  } finally {
    first.loss.dispose();
    disposeNamed(first.gradients);
  }
}

/** Whether a weight is frozen in a step of these weights and slices. */
const isAtRest = (name: string, whole: NamedTensors, active: NamedTensors): boolean =>
  Object.hasOwn(whole, wholeName(name)) && !Object.hasOwn(active, name);

/**
 * The step by the compiled trainer: the batch, the statistics and the states of recurrent layers are its inputs, and
 * the final states are a result.
 */
function compiledStep(
  compiled: CompiledTrainer,
  parameters: NamedTensors,
  {
    child,
    batch,
    mode,
    smoothing,
    still,
    store,
    state,
    step,
    rate,
    due,
  }: Omit<TrainStepInput, 'trainer' | 'compiled' | 'others'>,
): TrainerStep {
  const { carry, state: carried = {}, ...way } = mode;
  const { extra, ...stepped } = compiled.step({
    lossFor(host) {
      const ended: Record<string, Tensor> = {};
      const collected = (name: string, value: Tensor): void => {
        ended[name] = tf.keep(tf.clone(value));
      };
      return {
        ...batchLoss({
          child,
          batch,
          smoothing,
          still,
          statistics: store.statistics,
          mode: { ...way, host, state: carried, ...(carry && { carry: collected }) },
        }),
        extra: () => ended,
      };
    },
    parameters,
    state,
    step,
    rate,
    seed: mode.seed,
    inputs: {
      inputs: batch.inputs,
      labels: batch.labels,
      ...(batch.weights && { weights: batch.weights }),
      ...withPrefix('statistic/', pickNamed(store.statistics, child.statisticNames)),
      ...withPrefix('carried/', carried),
    },
    key: `${child.encoding} ${mode.training} ${mode.normalization} ${smoothing ?? 0}${batch.weights ? ' weighted' : ''}`,
    due,
    isAtRest: (name) => isAtRest(name, store.parameters, parameters),
  });
  for (const [name, value] of Object.entries(extra)) carry?.(name, value);
  disposeNamed(extra);
  return stepped;
}
