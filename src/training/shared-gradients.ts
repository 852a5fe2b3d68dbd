/**
 * Gradients of a supernet's children by one native call each (`supernet/dynamic`), if a search has enough steps for it.
 * The first results are compared bit for bit with those of the children's own functions.
 */
import { type Trainer, type TrainerStep } from '../chain/chain.js';
import { type LossAndGradients, type StepContext } from '../chain/loss.js';
import { type StepMoment } from '../chain/moment.js';
import { type OptimizerState } from '../chain/state.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Mode } from '../operations/operation.js';
import { type Child } from '../supernet/child.js';
import { type DynamicGradients, dynamicGradients, type Further, type Gradients } from '../supernet/dynamic/index.js';
import { type NamedTensors, withPrefix } from '../tensor/named.js';
import { type CompileMode, nativeBackend, pays } from '../tensor/plan/index.js';
import { type Scalar, type Tensor, tf } from '../tensor/tf.js';
import { type TensorBatch } from './batch.js';
import { comparedAtFirst } from './compared.js';
import { labelLosses } from './cross-entropy.js';
import { sharedUpdate } from './shared-update.js';

export interface SharedOptions {
  /** Number of examples in a batch; batches of another size are computed directly. */
  readonly batchSize: number;
  /** Number of training steps of the search. */
  readonly steps: number;
  readonly smoothing?: number | undefined;
  /** The trainer, if its steps should be computed in the same call. */
  readonly trainer?: Trainer | undefined;
  /** Whether batches may have weights of examples. */
  readonly weighted?: boolean | undefined;
  /** Whether the gradients before the update are observed, or the outputs too. */
  readonly observed?: 'gradients' | 'outputs' | undefined;
  /** Weights that are not trained. */
  readonly still?: ((name: string) => boolean) | undefined;
  /** How far to compile; `graph` makes the function even for few steps. */
  readonly mode?: CompileMode | undefined;
  /** Called once with the reason why it is not used, unless there are too few steps. */
  readonly note?: ((remark: string) => void) | undefined;
}

export interface SharedGradients {
  /**
   * Loss and gradients of a training batch at these parameters, and the outputs if these are observed, or the result of
   * `asItIs`; the caller owns them.
   */
  of(child: Child, parameters: NamedTensors, batch: TensorBatch, mode: Mode, asItIs: () => WithLogits): WithLogits;
  /** A step of the trainer on a training batch, or that of `asItIs`; otherwise like `Trainer.step`. */
  step(
    child: Child,
    at: { readonly parameters: NamedTensors; readonly state: OptimizerState } & Pick<StepContext, 'step' | 'rate'>,
    batch: TensorBatch,
    mode: Mode,
    asItIs: () => TrainerStep,
  ): TrainerStep;
  /** Whether batches are computed by the function. */
  readonly isOpen: boolean;
  /** Number of calls of the function so far, and of those that computed a whole step. */
  readonly runs: number;
  readonly steps: number;
  dispose(): void;
}

export type WithLogits = LossAndGradients & { readonly logits?: Tensor };

/** The gradients of a space's children; the function is made on first use. */
export function sharedGradients(
  space: SearchSpace,
  { batchSize, steps, smoothing, trainer, weighted = false, observed, still, mode, note }: SharedOptions,
): SharedGradients {
  let made: DynamicGradients<StepMoment> | undefined;
  const update = trainer && !observed ? sharedUpdate(trainer, still) : undefined;
  let isOpen = pays('graph', { runs: steps, mode }) && (space.task.kind ?? 'classification') === 'classification';
  let isWhole = false;
  const close = (): void => {
    made?.dispose();
    made = undefined;
    isOpen = false;
  };
  const compute = (): DynamicGradients<StepMoment> | undefined => {
    if (!isOpen || made) return made;
    if (!pays('graph', { runs: steps, mode, isOnGpu: nativeBackend()?.isUsingGpuDevice })) {
      isOpen = false;
      return undefined;
    }
    const result = dynamicGradients<StepMoment>(space, {
      batchSize,
      loss: (logits, labels, weights) => tf.mean(labelLosses(logits, labels, smoothing, weights)) as Scalar,
      weighted,
      logits: observed === 'outputs',
      ...(update && { continuation: update.continuation }),
    });
    if ('reason' in result) {
      isOpen = false;
      note?.(`the children of the supernet are not run as one function: ${result.reason}`);
    } else {
      made = result;
      isWhole = result.continued !== undefined;
    }
    return made;
  };
  const serving = (child: Child, { inputs, weights }: TensorBatch, mode: Mode): typeof made => {
    const isServed = inputs.shape[0] === batchSize && (weighted || !weights) && mode.training && isPlain(mode);
    const shared = isServed ? compute() : undefined;
    return shared?.serves(child) ? shared : undefined;
  };
  const compared = comparedAtFirst((name) => {
    note?.(`the children of the supernet are not run as one function: the bits of '${name}' differ`);
    close();
  });
  return {
    get isOpen() {
      return isOpen;
    },
    get runs() {
      return compared.runs;
    },
    get steps() {
      return isWhole ? compared.runs : 0;
    },
    of(child, parameters, batch, mode, asItIs) {
      const shared = serving(child, batch, mode);
      // If it computes whole steps, it returns no gradients.
      if (!shared || shared.continued) return asItIs();
      return compared.of(asItIs, () => shared.run(child, parameters, batch, { seed: mode.seed }), tensorsOf);
    },
    step(child, { parameters, state, step, rate }, batch, mode, asItIs) {
      const shared = serving(child, batch, mode);
      if (!shared?.continued || !update) return asItIs();
      const moment: StepMoment = { step, seed: mode.seed, rate, counts: state.counts };
      const call = (further: Further<StepMoment>): { loss: Scalar; outputs: NamedTensors } =>
        shared.continued!(child, parameters, batch, { seed: mode.seed }, further);
      return compared.of(
        asItIs,
        () => update.step(call, parameters, state, moment),
        (one) => resultsOf(one, state),
        ({ loss, metrics, state: { counts } }) => [loss, ...Object.values(metrics), ...Object.values(counts)],
      );
    },
    dispose: close,
  };
}

/** A pass that records nothing and carries nothing. */
const isPlain = ({ normalization, record, carry, state = {} }: Mode): boolean =>
  normalization === 'batch' && !record && !carry && Object.keys(state).length === 0;

/** The tensors that a step has computed. */
function resultsOf({ parameters, state }: TrainerStep, before: OptimizerState): NamedTensors {
  const written = Object.entries(state.tensors).filter(([key, tensor]) => before.tensors[key] !== tensor);
  return { ...parameters, ...withPrefix('the state of ', Object.fromEntries(written)) };
}

const tensorsOf = ({ loss, gradients, logits }: WithLogits | Gradients): NamedTensors => ({
  ...gradients,
  loss,
  ...(logits && { logits }),
});
