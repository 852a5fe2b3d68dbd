import { WeftError } from '../../errors.js';
import { type StepContext } from '../../chain/loss.js';
import { type NamedTensors } from '../../tensor/named.js';
import { type CutLoss } from '../../tensor/second-order/index.js';
import { type Scalar } from '../../tensor/tf.js';

/** The model and the loss of the current batch. */
export function modelOf({ cut }: StepContext, method: string): CutLoss {
  if (cut) return cut;
  throw new WeftError(
    'unsupported',
    `'${method}' needs the loss of the batch as a function, which this training does not provide`,
    'train with trainStep, or pass `cut` in the context',
  );
}

/** The loss of the batch as a function of some parameters, the others at `parameters`. */
export function lossOf(context: StepContext, parameters: NamedTensors, method: string): (some: NamedTensors) => Scalar {
  const { outputs, loss } = modelOf(context, method);
  return (some) => loss(outputs({ ...parameters, ...some }));
}

/** The notes for the user if products are differences of gradients. */
export function differenceNotes(method: string, reasons: readonly string[]): string[] {
  return reasons.length === 0 ? [] : [`'${method}' takes differences of gradients: ${reasons.join('; ')}`];
}
