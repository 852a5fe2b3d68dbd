/** Temperature scaling: divides logits by a temperature, so that their probabilities are calibrated. */
import { type Child } from '../supernet/child.js';
import { fitTemperature } from '../statistics/calibration.js';
import { tf, tidy } from '../tensor/tf.js';
import { type Weights } from '../supernet/parameter-store.js';
import { type BatchSource } from './batch.js';
import { logitsOfChild } from './predict.js';

/** The child with its logits divided by the temperature: the same labels, with other probabilities. */
export const withTemperature = <A>(child: Child<A>, temperature: number | undefined): Child<A> =>
  temperature === undefined
    ? child
    : { ...child, forward: (...args) => tidy(() => tf.div(child.forward(...args), temperature)) };

/**
 * The temperature at which a finished classifier's probabilities fit the examples of the source best; it must not have
 * been trained on these.
 */
export function temperatureOf(child: Child, weights: Weights, source: BatchSource, classes: number): number {
  const { logits, labels } = logitsOfChild(child, weights, source, classes);
  return fitTemperature(logits, labels, classes);
}
