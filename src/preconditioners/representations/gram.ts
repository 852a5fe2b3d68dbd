/**
 * A layer's empirical Fisher information by its Gram matrix: (λI + JᵀJ/N)⁻¹·g = (g − Jᵀ(NλI + JJᵀ)⁻¹J·g)/λ (Yang et al. 2022, SENG). The
 * Gram matrix is N×N however large the layer, exact for dense layers without their gradients of examples.
 */
import { addToDiagonal, damped, inverse } from '../../tensor/linalg/index.js';
import { stream } from '../../tensor/rng.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Representation, type Statistics } from '../contract.js';
import { type Block } from '../layers/blocks.js';
import { exampleGradients } from '../layers/data.js';
import { type ExampleOperator, explicitRows, outerProducts } from '../layers/example-operator.js';

export interface GramOptions {
  /** Rows and columns of a layer's matrix that the Gram matrix is estimated from; all by default. */
  readonly sketch?: number | undefined;
}

export function layerGram({ sketch }: GramOptions = {}): Representation {
  const solver = (block: Block): BlockSolver => ({
    statisticNames: [],
    preparedNames: ['inputs', 'outputs', 'gradients', 'gram-inverse', 'lambda'],
    statistics: () => ({}),
    prepare(_, { lambda, raised }, data) {
      const { inputs, outputs, examples } = data;
      const scale = 1 / Math.sqrt(examples);
      const kept: Statistics = inputs?.shape[1] === 1
        ? { inputs: tf.reshape(inputs, [-1, block.rows]), outputs: tf.mul(tf.reshape(outputs[0]!, [-1, block.columns]), scale) }
        : { gradients: tf.mul(tf.reshape(exampleGradients(data)[0]!, [-1, block.rows * block.columns]), scale) };
      const gram = operatorOf(sketched(kept, sketch, block), block).gram();
      const { result, damping } = damped(addToDiagonal(gram, lambda), (matrix) => inverse(matrix));
      if (damping > 0) raised(damping);
      return { ...kept, 'gram-inverse': result, lambda: tf.scalar(lambda) };
    },
    apply(prepared, gradient) {
      const j = operatorOf(prepared, block);
      const seen = operatorOf(sketched(prepared, sketch, block), block).times(sketchedMatrix(gradient, sketch, block, prepared));
      const c = tf.squeeze(tf.matMul(prepared['gram-inverse']!, tf.expandDims(seen, 1)), [1]);
      return tf.div(tf.sub(gradient, j.transposeTimes(c)), prepared['lambda']!);
    },
  });
  return { name: sketch === undefined ? 'layer Gram' : 'layer Gram, sketched', of: (block) => solver(block) };
}

function operatorOf({ inputs, outputs, gradients }: Statistics, { rows, columns }: Block): ExampleOperator {
  return gradients ? explicitRows(gradients, rows, columns) : outerProducts(inputs!, outputs!);
}

/** Chosen places of a long axis, and the root of the factor by which sums over them are too small. */
function places(size: number, sketch: number | undefined, ...name: (string | number)[]): { chosen: tf.Tensor1D; root: number } | undefined {
  if (sketch === undefined || sketch >= size) return undefined;
  const chosen = [...stream('sketch', ...name).permutation(size).subarray(0, sketch)].sort((a, b) => a - b);
  return { chosen: tf.tensor1d(chosen, 'int32'), root: Math.sqrt(size / sketch) };
}

/** The kept rows on some of their numbers, scaled so that inner products keep their size. */
function sketched(kept: Statistics, sketch: number | undefined, { key, rows, columns }: Block): Statistics {
  const pick = (tensor: Tensor, at: ReturnType<typeof places>): Tensor => (at ? tf.mul(tf.gather(tensor, at.chosen, 1), at.root) : tensor);
  if (kept['gradients']) return { gradients: pick(kept['gradients'], places(rows * columns, sketch && sketch * sketch, key, 'all')) };
  return { inputs: pick(kept['inputs']!, places(rows, sketch, key, 'rows')), outputs: pick(kept['outputs']!, places(columns, sketch, key, 'columns')) };
}

/** The gradient on the same places. */
function sketchedMatrix(gradient: Tensor, sketch: number | undefined, { key, rows, columns }: Block, kept: Statistics): Tensor {
  if (kept['gradients']) {
    const at = places(rows * columns, sketch && sketch * sketch, key, 'all');
    return at ? tf.mul(tf.gather(tf.reshape(gradient, [-1]), at.chosen), at.root) : gradient;
  }
  const [byRow, byColumn] = [places(rows, sketch, key, 'rows'), places(columns, sketch, key, 'columns')];
  const some = byRow ? tf.mul(tf.gather(gradient, byRow.chosen, 0), byRow.root) : gradient;
  return byColumn ? tf.mul(tf.gather(some, byColumn.chosen, 1), byColumn.root) : some;
}
