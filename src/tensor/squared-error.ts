/** The regression loss. */
import { WeftError } from '../errors.js';
import { tf, type Tensor, type Tensor1D } from './tf.js';

/**
 * Squared error of each example, the mean over its K targets: outputs and targets float32 [N,K] -> [N]. It is −log p of
 * the targets for a normal distribution of variance K/2 around the outputs, up to a constant: its Hessian with respect
 * to the outputs is 2/K times the identity.
 */
export function squaredErrors(outputs: Tensor, targets: Tensor): Tensor1D {
  if (outputs.rank !== 2 || outputs.shape.join() !== targets.shape.join())
    throw new WeftError(
      'operation',
      `the model gives outputs [${outputs.shape}] for targets [${targets.shape}]`,
      'a model must give one number for each target of an example',
    );
  return tf.mean(tf.square(tf.sub(outputs, targets)), 1) as Tensor1D;
}
