/**
 * Kronecker eigenbasis (George et al. 2018, EKFAC): the eigenvectors of the factors A and B, and in that basis the
 * diagonal of the Fisher information itself. The trace is exact, and no other diagonal in this basis is closer to the
 * Fisher information.
 */
import { squaresOfExamples, squaresOfProducts } from '../../curvature/index.js';
import { eigh } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Representation, type Statistics } from '../contract.js';
import { type BlockData } from '../layers/blocks.js';
import { exampleGradients } from '../layers/data.js';
import { denseFactors } from './kronecker.js';
import { tableFactors } from './table.js';
import { unitWise } from './unit.js';

export interface EigenbasisOptions {
  /** Fraction of the diagonal that is kept at a measurement between two changes of the basis. */
  readonly decay?: number;
}

export function kroneckerEigenbasis({ decay = 0.75 }: EigenbasisOptions = {}): Representation {
  const solver: BlockSolver = {
    byExample: true,
    statisticNames: ['A', 'B'],
    preparedNames: ['input-basis', 'output-basis', 'scale', 'lambda'],
    statistics(data) {
      return { ...denseFactors(data) };
    },
    prepare({ A, B }, { lambda }, data) {
      const bases = { 'input-basis': eigh(A!).vectors, 'output-basis': eigh(B!).vectors };
      return { ...bases, scale: squaresIn(bases, data), lambda: tf.scalar(lambda) };
    },
    update: (prepared, data) => ({
      ...prepared,
      scale: tf.add(tf.mul(prepared['scale']!, decay), tf.mul(squaresIn(prepared, data), 1 - decay)),
    }),
    apply(prepared, gradient) {
      const [u, v] = [prepared['input-basis']!, prepared['output-basis']!];
      const rotated = tf.matMul(tf.matMul(u, gradient, true, false), v);
      const scaled = tf.div(rotated, tf.add(prepared['scale']!, prepared['lambda']!));
      return tf.matMul(tf.matMul(u, scaled), v, false, true);
    },
  };
  return {
    name: 'Kronecker eigenbasis',
    of: ({ kind }) => (kind === 'matrix' ? solver : kind === 'channels' ? unitWise : tableFactors),
  };
}

/** Mean over the examples of (Uᵀ·Gₙ·V)², entry by entry. */
export function squaresIn(bases: Statistics, data: BlockData): Tensor {
  const [u, v] = [bases['input-basis']!, bases['output-basis']!];
  const { inputs, outputs, block, examples } = data;
  const [n, positions] = inputs!.shape as [number, number, number];
  const rotated = {
    ...data,
    inputs: tf.reshape(tf.matMul(tf.reshape(inputs!, [-1, block.rows]), u), [n, positions, block.rows]),
    outputs: outputs.map((g) => tf.reshape(tf.matMul(tf.reshape(g, [-1, block.columns]), v), g.shape)),
  };
  const parts =
    positions === 1
      ? rotated.outputs.map((g) =>
          squaresOfProducts(tf.reshape(rotated.inputs, [-1, block.rows]), tf.reshape(g, [-1, block.columns])),
        )
      : exampleGradients(rotated).map(squaresOfExamples);
  return tf.div(parts.length === 1 ? parts[0]! : tf.addN(parts), examples);
}
