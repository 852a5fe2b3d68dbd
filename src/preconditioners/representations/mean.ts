/**
 * Rank one: the outer product of the mean input and the mean output gradient (Zhang, Shi & Li 2023, Eva). Needs no
 * factorization.
 */
import { rankOneRemoved } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type OwnGradient, type Representation, type Statistics } from '../contract.js';
import { type BlockData } from '../layers/blocks.js';
import { diagonal } from './diagonal.js';
import { fewRows } from './factor.js';

/** (λI + (ā⊗b̄)(ā⊗b̄)ᵀ)⁻¹·G = (G − (āᵀ·G·b̄)/(λ + |ā|²·|b̄|²)·ā·b̄ᵀ)/λ (Sherman & Morrison 1950). */
const solver: BlockSolver = {
  statisticNames: ['input', 'output'],
  preparedNames: ['input', 'output', 'length', 'lambda'],
  statistics(data) {
    const { flat, ownLabels, examples, labels } = data;
    // Means over the labels: the gradient of the mean loss is the sum of the labels' own over their number already.
    const means = ownLabels
      ? [tf.sum(flat!.lossGradient, 0, true)]
      : flat!.outputs.map((g) => tf.div(tf.sum(g, 0, true), Math.sqrt(examples * labels)));
    return {
      input: tf.mean(flat!.features, 0, true),
      output: means.length === 1 ? means[0]! : tf.div(tf.addN(means), means.length),
    };
  },
  prepare({ input, output }, { lambda }, { block }) {
    const edge = block.bias === undefined ? 0 : 1;
    // The statistics may hold both of them too.
    return {
      input: tf.clone(input!),
      output: tf.clone(output!),
      length: tf.add(lambda, tf.mul(tf.add(tf.sum(tf.square(input!)), edge), tf.sum(tf.square(output!)))),
      lambda: tf.scalar(lambda),
    };
  },
  apply({ input, output, length, lambda }, gradient) {
    const width = input!.shape[1]!;
    const a = gradient.shape[0] === width ? input! : tf.concat([input!, tf.ones([1, 1])], 1);
    const share = tf.div(tf.matMul(a, tf.matMul(gradient, output!, false, true)), length!);
    return tf.div(tf.sub(gradient, tf.matMul(a, tf.mul(output!, share), true, false)), lambda!);
  },
  prefersOwn: ({ rows, columns }, examples) => fewRows(examples, Math.max(rows, columns)),
  applyToOwn: (prepared, data) =>
    fewRows(data.flat!.features.shape[0], Math.max(data.block.rows, data.block.columns))
      ? own(prepared, data)
      : undefined,
};

/** The mean vectors as one additional example. */
function own({ input, output, length, lambda }: Statistics, { block, flat }: BlockData): OwnGradient {
  const { features: a, lossGradient: g } = flat!;
  const edge = block.bias === undefined ? 0 : 1;
  const factors = rankOneRemoved({ a, g, u: input!, v: output!, length: length! }, edge);
  const outputs = tf.div(factors.outputs, lambda!);
  const products = (): Tensor => tf.add(tf.matMul(factors.inputs, a, false, true), edge);
  return {
    inputs: factors.inputs,
    outputs,
    inner: () => tf.sum(tf.mul(products(), tf.matMul(outputs, g, false, true))),
  };
}

export const meanVectors: Representation = {
  name: 'rank one of mean vectors',
  of: (block) => (block.kind === 'matrix' ? solver : diagonal.of(block)),
};
