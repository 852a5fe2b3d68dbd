/** One block per output unit (Roux et al. 2007; Ollivier 2015), from the gradients of single examples. */
import { addToDiagonal, cholesky, choleskySolve, damped } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Representation } from '../contract.js';
import { exampleGradients } from '../layers/data.js';

/** F of each column of the block's matrix [rows,columns] -> [columns,rows,rows], and its Cholesky inverse. */
export const unitWise: BlockSolver = {
  byExample: true,
  statisticNames: ['unit'],
  preparedNames: ['unit-inverse'],
  statistics(data) {
    const blocks = exampleGradients(data).map((gradients) => {
      const byUnit = tf.transpose(gradients, [2, 0, 1]);
      return tf.matMul(byUnit, byUnit, true, false);
    });
    return { unit: tf.div(blocks.length === 1 ? blocks[0]! : tf.addN(blocks), data.examples) };
  },
  prepare({ unit }, { lambda, raised }) {
    const [columns, rows] = unit!.shape as [number, number, number];
    const identity = tf.tile(tf.expandDims(tf.eye(rows), 0), [columns, 1, 1]);
    if (rows === 1) return { 'unit-inverse': tf.div(1, tf.add(unit!, lambda)) };
    const { result, damping } = damped(addToDiagonal(unit!, lambda), (matrix) =>
      choleskySolve(cholesky(matrix), identity),
    );
    if (damping > 0) raised();
    return { 'unit-inverse': result };
  },
  apply(prepared, gradient) {
    const solved = tf.matMul(prepared['unit-inverse']!, tf.expandDims(tf.transpose(gradient), 2));
    return tf.transpose(tf.squeeze(solved as Tensor, [2]));
  },
};

export const unit: Representation = { name: 'unit', of: ({ kind }) => (kind === 'table' ? undefined : unitWise) };
