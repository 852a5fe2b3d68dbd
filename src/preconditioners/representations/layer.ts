/** The whole Fisher information of a layer: [p,p] for its p parameters. */
import { addToDiagonal, cholesky, choleskySolve, damped } from '../../tensor/linalg/index.js';
import { tf } from '../../tensor/tf.js';
import { type BlockSolver, type Representation } from '../contract.js';
import { exampleGradients } from '../layers/data.js';
import { refuseBeyond } from '../memory.js';

/**
 * F = (1/N)·Σ gₙ·gₙᵀ of each layer, inverted by Cholesky; refused if the matrix and its inverse would exceed `memory`
 * bytes.
 */
export function layerWise({ memory }: { memory: number }): Representation {
  const solver: BlockSolver = {
    byExample: true,
    statisticNames: ['layer'],
    preparedNames: ['layer-inverse'],
    statistics(data) {
      const { rows, columns, key } = data.block;
      refuseBeyond(memory, rows * columns, `the Fisher information of '${key}'`);
      const products = exampleGradients(data).map((gradients) => {
        const flat = tf.reshape(gradients, [-1, rows * columns]);
        return tf.matMul(flat, flat, true, false);
      });
      return { layer: tf.div(products.length === 1 ? products[0]! : tf.addN(products), data.examples) };
    },
    prepare({ layer }, { lambda, raised }) {
      const identity = tf.eye(layer!.shape[0]);
      const { result, damping } = damped(addToDiagonal(layer!, lambda), (matrix) =>
        choleskySolve(cholesky(matrix), identity),
      );
      if (damping > 0) raised();
      return { 'layer-inverse': result };
    },
    apply: (prepared, gradient) =>
      tf.reshape(tf.matMul(prepared['layer-inverse']!, tf.reshape(gradient, [-1, 1])), gradient.shape),
  };
  return { name: 'layer', of: () => solver };
}
