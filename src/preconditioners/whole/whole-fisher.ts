/**
 * The Fisher information of all weights together, including what is between layers, from each batch on its own. A
 * sequence is one example, a row of J, even if its layers flatten sequences.
 */
import { addToDiagonal, damped, inverse, cholesky, choleskySolve } from '../../tensor/linalg/index.js';
import { labelsOf } from '../../tensor/logits.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';
import { type Curvature } from '../contract.js';
import { costOf } from '../curvatures/fisher.js';
import { fallBack } from '../fallback.js';
import { raisedCount } from '../raised-damping.js';
import { type BlockData, blocksOf } from '../layers/blocks.js';
import { dataOf, exampleGradients, fromMatrix, toMatrix } from '../layers/data.js';
import { exampleOperator, type ExampleOperator } from '../layers/example-operator.js';
import { refuseBeyond } from '../memory.js';

export interface WholeOptions {
  readonly name: string;
  readonly curvature: Curvature;
  readonly damping: number;
  /** Form and factor the matrix [P,P], or the Gram matrix of the examples [N,N] (Woodbury), with the same result. */
  readonly solver: 'cholesky' | 'woodbury';
  /** Limit on the bytes of the matrix and its inverse. */
  readonly memory: number;
}

/** (F + λI)⁻¹·g with F = JᵀJ/N. */
export function wholeFisher({ name, curvature, damping: lambda, solver, memory }: WholeOptions): Link {
  return {
    name,
    layers: () => ({}),
    update(gradients, step) {
      const { parameters, layers, slots, context, values, charge, report, note } = step;
      if (!layers) throw new Error(`'${name}' got a gradient without its layers`);
      const passes = curvature.outputGradients(layers, context, values);
      charge(costOf(curvature, layers));
      const { blocks: found } = blocksOf(layers);
      const blocks = found.filter((block) => block.endedBy === undefined);
      const endedBy = new Map(
        found.flatMap((block) =>
          block.endedBy === undefined
            ? []
            : [block.weight, block.bias].flatMap((name) =>
                name === undefined ? [] : [[name, block.endedBy!] as const],
              ),
        ),
      );
      const { raise: raised, total } = raisedCount(step);
      const data = blocks.map((block) => dataOf(block, layers, passes, parameters));
      const matrices = data.map(({ block }) => toMatrix(block, gradients));
      const solved =
        data.length === 0
          ? []
          : solver === 'woodbury'
            ? byExamples(data, matrices, lambda, raised)
            : byMatrix(data, matrices, lambda, memory, raised);
      const results: Record<string, Tensor> = {};
      solved.forEach((matrix, i) => Object.assign(results, fromMatrix(data[i]!.block, matrix, parameters)));
      const rest = Object.fromEntries(Object.entries(gradients).filter(([parameter]) => !results[parameter]));
      Object.assign(
        results,
        fallBack(rest, slots, { lambda, labels: labelsOf(layers.outputs).labels, endedBy, note, name }),
      );
      report({ dampingRaised: total() });
      return results;
    },
  };
}

/** (λI + JᵀJ/N)⁻¹·g = (g − Jᵀ·(NλI + JJᵀ)⁻¹·J·g)/λ (Ren & Goldfarb 2019, SMW-NG). */
function byExamples(
  data: readonly BlockData[],
  matrices: readonly Tensor[],
  lambda: number,
  raised: () => void,
): Tensor[] {
  // All passes are rows of the same J.
  const operators = data.flatMap((one) =>
    one.gradients.length + one.outputs.length === 1 ? [exampleOperator(one)] : [manyPasses(one)],
  );
  const examples = data[0]!.examples;
  const gram = tf.addN(operators.map((operator) => operator.gram()));
  const seen = tf.addN(operators.map((operator, i) => operator.times(matrices[i]!)));
  const { result, damping } = damped(addToDiagonal(gram, examples * lambda), (matrix) => inverse(matrix));
  if (damping > 0) raised();
  const c = tf.squeeze(tf.matMul(result, tf.expandDims(seen, 1)), [1]);
  return matrices.map((matrix, i) => tf.div(tf.sub(matrix, operators[i]!.transposeTimes(c)), lambda));
}

/** The rows of all passes one after another. */
function manyPasses(data: BlockData): ExampleOperator {
  const { rows, columns } = data.block;
  const passes = exampleGradients(data);
  const each = passes.map((_, pass) =>
    exampleOperator({
      ...data,
      outputs: data.outputs.slice(pass, pass + 1),
      gradients: data.gradients.slice(pass, pass + 1),
    }),
  );
  const j = tf.concat(
    passes.map((gradients) => tf.reshape(gradients, [-1, rows * columns])),
    0,
  );
  return {
    gram: () => tf.matMul(j, j, false, true),
    times: (matrix) =>
      tf.concat(
        each.map((operator) => operator.times(matrix)),
        0,
      ),
    transposeTimes: (c) => tf.reshape(tf.matMul(tf.expandDims(c, 0), j), [rows, columns]),
  };
}

function byMatrix(
  data: readonly BlockData[],
  matrices: readonly Tensor[],
  lambda: number,
  memory: number,
  raised: () => void,
): Tensor[] {
  const sizes = matrices.map(({ size }) => size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  refuseBeyond(memory, total, 'the Fisher information of all weights');
  const passes = Math.max(...data.map(({ outputs, gradients }) => outputs.length + gradients.length));
  const byBlock = data.map((one) => exampleGradients(one));
  const products = Array.from({ length: passes }, (_, pass) => {
    const j = tf.concat(
      byBlock.map((gradients, i) => tf.reshape(gradients[pass]!, [-1, sizes[i]!])),
      1,
    );
    return tf.matMul(j, j, true, false);
  });
  const fisher = tf.div(products.length === 1 ? products[0]! : tf.addN(products), data[0]!.examples);
  const g = tf.concat(
    matrices.map((matrix) => tf.reshape(matrix, [-1, 1])),
    0,
  );
  const { result, damping } = damped(addToDiagonal(fisher, lambda), (matrix) => choleskySolve(cholesky(matrix), g));
  if (damping > 0) raised();
  return tf.split(result, sizes, 0).map((part, i) => tf.reshape(part, matrices[i]!.shape));
}
