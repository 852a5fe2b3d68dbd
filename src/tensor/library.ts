/**
 * The bare TensorFlow.js. Only the kernels import it from here; everything else takes `tf` from `tf.js`,
 * where the kernels are in place before the first tensor exists.
 */
import * as tf from '@tensorflow/tfjs';

export { tf };
export type Tensor = tf.Tensor;
export type Tensor1D = tf.Tensor1D;
export type Tensor2D = tf.Tensor2D;
export type Tensor4D = tf.Tensor4D;
export type Scalar = tf.Scalar;

/** `tf.tidy` typed for results of any structure: records, interfaces, nothing. */
export const tidy = <T>(f: () => T): T => tf.tidy(f as () => tf.TensorContainer) as T;
