/**
 * The per-example gradients of a block as an operator J [N,p], which is not formed if a layer has one position per
 * example: its rows are then outer products of an input and an output gradient. Everything here runs inside a tidy.
 */
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockData } from './blocks.js';
import { exampleGradients } from './data.js';

export interface ExampleOperator {
  /** J·Jᵀ [N,N]. */
  gram(): Tensor;
  /** J·v [N] for v as the block's matrix. */
  times(matrix: Tensor): Tensor;
  /** Jᵀ·c as the block's matrix, c [N]. */
  transposeTimes(c: Tensor): Tensor;
}

/** The operator of the per-example gradients of the first pass. */
export function exampleOperator(data: BlockData): ExampleOperator {
  const {
    block: { rows, columns },
    inputs,
    outputs,
  } = data;
  if (inputs?.shape[1] === 1) {
    const a = tf.reshape(inputs, [-1, rows]);
    const g = tf.reshape(outputs[0]!, [-1, columns]);
    return outerProducts(a, g);
  }
  const [gradients] = exampleGradients(data);
  return explicitRows(tf.reshape(gradients!, [-1, rows * columns]), rows, columns);
}

/** Rows aₙ·gₙᵀ: the Gram matrix is (a·aᵀ)∘(g·gᵀ), exactly. */
export function outerProducts(a: Tensor, g: Tensor): ExampleOperator {
  return {
    gram: () => tf.mul(tf.matMul(a, a, false, true), tf.matMul(g, g, false, true)),
    times: (matrix) => tf.sum(tf.mul(tf.matMul(a, matrix), g), 1),
    transposeTimes: (c) => tf.matMul(a, tf.mul(g, tf.expandDims(c, 1)), true, false),
  };
}

/** An operator with explicit rows [N,rows·columns]. */
export function explicitRows(j: Tensor, rows: number, columns: number): ExampleOperator {
  return {
    gram: () => tf.matMul(j, j, false, true),
    times: (matrix) => tf.squeeze(tf.matMul(j, tf.reshape(matrix, [-1, 1])), [1]),
    transposeTimes: (c) => tf.reshape(tf.matMul(tf.expandDims(c, 0), j), [rows, columns]),
  };
}
