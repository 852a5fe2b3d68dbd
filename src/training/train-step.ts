/** One step of one child, or of several that share a loss: loss, gradients, chain; only their own weights change. */
import { WeftError } from '../errors.js';
import { type Trainer, type TrainerStep } from '../chain/chain.js';
import { type OptimizerState, replaceState } from '../chain/state.js';
import { fewestExamplesOf } from '../graph/fewest-examples.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { activeWeights } from '../supernet/slices.js';
import { disposeNamed } from '../tensor/named.js';
import { requireExamples } from './batch-size.js';
import { batchLoss, type BatchLossOptions } from './batch-loss.js';

export interface TrainStepInput extends Omit<BatchLossOptions, 'statistics'> {
  readonly store: ParameterStore;
  readonly trainer: Trainer;
  readonly state: OptimizerState;
  /** Global step, for schedules. */
  readonly step: number;
}

export interface TrainStepResult {
  /** The new state; the old one's replaced tensors are already disposed. */
  readonly state: OptimizerState;
  /** Mean cross-entropy of the child on the batch before the step, in nats; that of the smoothed labels where they are smoothed. */
  readonly loss: number;
  readonly gradientEvaluations: number;
  /** What the links have reported; `skipped` is 1 when a gradient was not finite and nothing moved. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Remarks of the links for whoever reads the run. */
  readonly notes: readonly string[];
}

/** Trains the child on the batch and puts its new weights into the store; throws WeftError('numeric') on a loss that is not finite. */
export function trainStep({ store, trainer, state, step, ...options }: TrainStepInput): TrainStepResult {
  const { child, others = [], batch } = options;
  for (const { nodes } of [child, ...others.map((other) => other.child)])
    requireExamples(fewestExamplesOf(nodes), { batch: 'the batch size', examples: batch.inputs.shape[0], trainer });
  const { evaluate, context, losses } = batchLoss({ ...options, statistics: store.statistics });
  const active = activeWeights([child, ...others.map((other) => other.child)], store.parameters);
  let stepped: TrainerStep;
  try {
    stepped = trainer.step(evaluate, active.values, state, { ...context, step });
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
