/**
 * Gradients of a supernet's children by one native call each (`supernet/dynamic`), where a search has enough steps for it. The first
 * results are compared with those of the children by themselves, bit for bit.
 */
import { type LossAndGradients } from '../chain/loss.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Mode } from '../operations/operation.js';
import { type Child } from '../supernet/child.js';
import { type DynamicGradients, dynamicGradients } from '../supernet/dynamic/index.js';
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { nativeBackend, sameBits } from '../tensor/plan/index.js';
import { type Scalar, tf } from '../tensor/tf.js';
import { type TensorBatch } from './batch.js';
import { labelLosses } from './cross-entropy.js';

export interface SharedOptions {
  /** Examples in a batch; others are computed as they are. */
  readonly batchSize: number;
  /** Training steps that the search has. */
  readonly steps: number;
  readonly smoothing?: number | undefined;
  /** Make the function however few the steps are. */
  readonly always?: boolean;
  /** Told once why it is not used, where that is not the form of the space. */
  readonly note?: ((remark: string) => void) | undefined;
}

export interface SharedGradients {
  /** Loss and gradients of a training batch at these parameters, or what `asItIs` gives; the caller owns them. */
  of(
    child: Child,
    parameters: NamedTensors,
    batch: TensorBatch,
    mode: Mode,
    asItIs: () => LossAndGradients,
  ): LossAndGradients;
  /** Whether batches go through the function. */
  readonly isOpen: boolean;
  /** Calls of the function so far. */
  readonly runs: number;
  dispose(): void;
}

/** Steps from which the function pays: to make it and to run it for the first time takes as long as some hundred of them. */
const ENOUGH_STEPS = 250;
/** Results that are compared with those of the child by itself. */
const CHECKED = 3;

/** The gradients of a space's children; the function is made when it is needed first. */
export function sharedGradients(
  space: SearchSpace,
  { batchSize, steps, smoothing, always = false, note }: SharedOptions,
): SharedGradients {
  let made: DynamicGradients | undefined;
  let isOpen = (always || steps >= ENOUGH_STEPS) && (space.task.kind ?? 'classification') === 'classification';
  let checked = 0;
  let runs = 0;
  const close = (): void => {
    made?.dispose();
    made = undefined;
    isOpen = false;
  };
  const compute = (): DynamicGradients | undefined => {
    if (!isOpen || made) return made;
    // It takes its inputs from the processor's memory: on a GPU they would go back and forth.
    if (!always && nativeBackend()?.isUsingGpuDevice) {
      isOpen = false;
      return undefined;
    }
    const loss = (logits: tf.Tensor, labels: tf.Tensor): Scalar =>
      tf.mean(labelLosses(logits, labels, smoothing)) as Scalar;
    const result = dynamicGradients(space, { batchSize, loss });
    if ('reason' in result) isOpen = false;
    else made = result;
    return made;
  };
  return {
    get isOpen() {
      return isOpen;
    },
    get runs() {
      return runs;
    },
    of(child, parameters, { inputs, labels, weights }, mode, asItIs) {
      const isServed = inputs.shape[0] === batchSize && !weights && mode.training && isPlain(mode);
      const shared = isServed ? compute() : undefined;
      if (!shared?.serves(child)) return asItIs();
      const result = (): LossAndGradients => shared.run(child, parameters, inputs, labels, { seed: mode.seed });
      if (checked >= CHECKED) {
        runs++;
        return result();
      }
      checked++;
      const [expected, found] = [asItIs(), result()];
      const differing = differenceOf(withLoss(expected), withLoss(found));
      disposeNamed(withLoss(found));
      if (differing !== undefined) {
        note?.(`the children of the supernet are not run as one function: the bits of '${differing}' differ`);
        close();
      }
      return expected;
    },
    dispose: close,
  };
}

/** A pass that records nothing and carries nothing. */
const isPlain = ({ normalization, record, carry, state = {} }: Mode): boolean =>
  normalization === 'batch' && !record && !carry && Object.keys(state).length === 0;

const withLoss = ({ loss, gradients }: LossAndGradients): NamedTensors => ({ ...gradients, loss });

/** The first name with other bits, or that only one of the two has. */
function differenceOf(a: NamedTensors, b: NamedTensors): string | undefined {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].find((name) => !a[name] || !b[name] || !sameBits(a[name].dataSync(), b[name].dataSync()));
}
