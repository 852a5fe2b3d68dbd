/** The diagonal of the Fisher information, from the squared gradients of single examples. */
import { squaresOfExamples, squaresOfProducts } from '../../curvature/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Representation } from '../contract.js';
import { exampleGradients } from '../layers/data.js';
import { type BlockData } from '../layers/blocks.js';

/** (1/N)·Σ gₙ² of each number of the block: [rows,columns]. */
export function squaredGradients(data: BlockData): Tensor {
  const { block, inputs, outputs, examples } = data;
  const parts =
    inputs?.shape[1] === 1
      ? outputs.map((g) => squaresOfProducts(tf.reshape(inputs, [-1, block.rows]), tf.reshape(g, [-1, block.columns])))
      : exampleGradients(data).map(squaresOfExamples);
  return tf.div(parts.length === 1 ? parts[0]! : tf.addN(parts), examples);
}

const diagonalSolver: BlockSolver = {
  byExample: true,
  statisticNames: ['diagonal'],
  preparedNames: ['diagonal'],
  statistics: (data) => ({ diagonal: squaredGradients(data) }),
  prepare: ({ diagonal: squares }, { lambda }) => ({ diagonal: tf.add(squares!, lambda) }),
  apply: (prepared, gradient) => tf.div(gradient, prepared['diagonal']!),
};

export const diagonal: Representation = { name: 'diagonal', of: () => diagonalSolver };
