/** Rank one: the outer product of the mean input and the mean output gradient (Zhang, Shi & Li 2023, Eva). No factorization at all. */
import { tf } from '../../tensor/tf.js';
import { type BlockSolver, type Representation } from '../contract.js';
import { diagonal } from './diagonal.js';

/** (λI + (ā⊗b̄)(ā⊗b̄)ᵀ)⁻¹·G = (G − (āᵀ·G·b̄)/(λ + |ā|²·|b̄|²)·ā·b̄ᵀ)/λ (Sherman & Morrison 1950). */
const solver: BlockSolver = {
  statisticNames: ['input', 'output'],
  preparedNames: ['input', 'output', 'lambda'],
  statistics({ block, inputs, outputs, examples }) {
    const means = outputs.map((g) => tf.div(tf.sum(tf.reshape(g, [-1, block.columns]), 0), examples));
    return { input: tf.mean(tf.reshape(inputs!, [-1, block.rows]), 0), output: tf.div(means.length === 1 ? means[0]! : tf.addN(means), means.length) };
  },
  prepare: ({ input, output }, { lambda }) => ({ input: tf.expandDims(input!, 1), output: tf.expandDims(output!, 1), lambda: tf.scalar(lambda) }),
  apply({ input: a, output: b, lambda }, gradient) {
    const product = tf.sum(tf.mul(a!, tf.matMul(gradient, b!)));
    const share = tf.div(product, tf.add(lambda!, tf.mul(tf.sum(tf.square(a!)), tf.sum(tf.square(b!)))));
    return tf.div(tf.sub(gradient, tf.matMul(tf.mul(a!, share), b!, false, true)), lambda!);
  },
};

export const meanVectors: Representation = { name: 'rank one of mean vectors', of: (block) => (block.kind === 'matrix' ? solver : diagonal.of(block)) };
