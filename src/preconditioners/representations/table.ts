/**
 * Kronecker factors of an embedding table: an example reads single rows, so the input factor is the diagonal matrix of
 * how often each row is read.
 */
import { type Scalar, tf } from '../../tensor/tf.js';
import { type BlockSolver } from '../contract.js';
import { eigenvalueSum, invertFactor, solveRight } from './factor.js';

/** diag(frequencies) ⊗ B, with π from their mean eigenvalues. */
export const tableFactors: BlockSolver = {
  statisticNames: ['frequency', 'B'],
  preparedNames: ['frequency', 'B-inverse'],
  statistics({ block, flat, examples }) {
    const ids = flat!.ids as tf.Tensor1D;
    const g = tf.concat([...flat!.outputs], 0);
    return {
      frequency: tf.div(tf.unsortedSegmentSum(tf.ones([ids.size]), ids, block.rows), ids.size),
      B: tf.div(tf.matMul(g, g, true, false), examples),
    };
  },
  prepare({ frequency, B }, damping, { block }) {
    const root = Math.sqrt(damping.lambda);
    const mean = tf.maximum(tf.div(eigenvalueSum({ dense: B }), block.columns), 1e-30);
    const pi = tf.sqrt(tf.div(tf.mean(frequency!), mean)) as Scalar;
    return {
      frequency: tf.expandDims(tf.add(frequency!, tf.mul(pi, root)), 1),
      'B-inverse': invertFactor({ dense: B! }, tf.div(root, pi), damping).inverse!,
    };
  },
  apply: (prepared, gradient) =>
    solveRight({ inverse: prepared['B-inverse'] }, tf.div(gradient, prepared['frequency']!)),
};
