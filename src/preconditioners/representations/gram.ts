/**
 * A layer's empirical Fisher information by its Gram matrix: (λI + JᵀJ/N)⁻¹·g = (g − Jᵀ(NλI + JJᵀ)⁻¹J·g)/λ (Yang et al.
 * 2022, SENG). The Gram matrix is N×N however large the layer, and for dense layers it is exact without forming
 * per-example gradients.
 */
import { addToDiagonal, damped, inverse } from '../../tensor/linalg/index.js';
import { stream } from '../../tensor/rng.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Representation, type Statistics } from '../contract.js';
import { type Block } from '../layers/blocks.js';
import { exampleGradients } from '../layers/data.js';
import { type ExampleOperator, explicitRows, outerProducts } from '../layers/example-operator.js';

export interface GramOptions {
  /** Number of rows and of columns of a layer's matrix from which the Gram matrix is estimated; all by default. */
  readonly sketch?: number | undefined;
}

/** Prefixes of what is kept of a batch: everything, or only what the sketch sees. */
type Prefix = '' | 'sketched ';

export function layerGram({ sketch }: GramOptions = {}): Representation {
  const placesOf = drawnPlaces(sketch);
  const solver = (block: Block): BlockSolver => ({
    byExample: true,
    statisticNames: [],
    preparedNames: [
      'inputs',
      'outputs',
      'gradients',
      'sketched inputs',
      'sketched outputs',
      'sketched gradients',
      'gram-inverse',
      'lambda',
    ],
    statistics: () => ({}),
    prepare(_, { lambda, raised }, data) {
      const { inputs, outputs, examples } = data;
      const scale = 1 / Math.sqrt(examples);
      const rows: Statistics =
        inputs?.shape[1] === 1
          ? {
              inputs: tf.reshape(inputs, [-1, block.rows]),
              outputs: tf.mul(tf.reshape(outputs[0]!, [-1, block.columns]), scale),
            }
          : { gradients: tf.mul(tf.reshape(exampleGradients(data)[0]!, [-1, block.rows * block.columns]), scale) };
      const kept = { ...rows, ...sketched(rows, block) };
      const { result, damping } = damped(addToDiagonal(operatorOf(kept, block, 'sketched ').gram(), lambda), (matrix) =>
        inverse(matrix),
      );
      if (damping > 0) raised();
      return { ...kept, 'gram-inverse': result, lambda: tf.scalar(lambda) };
    },
    apply(prepared, gradient) {
      const seen = operatorOf(prepared, block, 'sketched ').times(sketchedMatrix(gradient, block, prepared));
      const c = tf.squeeze(tf.matMul(prepared['gram-inverse']!, tf.expandDims(seen, 1)), [1]);
      return tf.div(tf.sub(gradient, operatorOf(prepared, block, '').transposeTimes(c)), prepared['lambda']!);
    },
  });

  /**
   * The kept rows restricted to sampled entries, scaled so that inner products keep their size; empty if all entries
   * are used.
   */
  const sketched = (kept: Statistics, { key, rows, columns }: Block): Statistics => {
    const sizes = kept['gradients'] ? { gradients: rows * columns } : { inputs: rows, outputs: columns };
    return Object.fromEntries(
      Object.entries(sizes).flatMap(([name, size]) => {
        const at = placesOf(key, name, size);
        return at ? [[`sketched ${name}`, tf.mul(tf.gather(kept[name]!, indices(at), 1), at.root)]] : [];
      }),
    );
  };

  /** The gradient at the same sampled entries. */
  const sketchedMatrix = (gradient: Tensor, { key, rows, columns }: Block, kept: Statistics): Tensor => {
    if (kept['gradients']) {
      const at = placesOf(key, 'gradients', rows * columns);
      return at ? tf.mul(tf.gather(tf.reshape(gradient, [-1]), indices(at)), at.root) : gradient;
    }
    const [byRow, byColumn] = [placesOf(key, 'inputs', rows), placesOf(key, 'outputs', columns)];
    const some = byRow ? tf.gather(gradient, indices(byRow), 0) : gradient;
    const seen = byColumn ? tf.gather(some, indices(byColumn), 1) : some;
    return byRow || byColumn ? tf.mul(seen, (byRow?.root ?? 1) * (byColumn?.root ?? 1)) : seen;
  };
  return { name: sketch === undefined ? 'layer Gram' : 'layer Gram, sketched', of: (block) => solver(block) };
}

function operatorOf(kept: Statistics, { rows, columns }: Block, prefix: Prefix): ExampleOperator {
  const of = (name: string): Tensor | undefined => kept[prefix + name] ?? kept[name];
  const gradients = of('gradients');
  return gradients ? explicitRows(gradients, rows, columns) : outerProducts(of('inputs')!, of('outputs')!);
}

/**
 * Sampled indices of a long axis, in order, and the square root of the factor by which sums over them are too small.
 */
interface Places {
  readonly chosen: Int32Array;
  readonly root: number;
}

/**
 * The indices of each axis that a sketch uses, drawn once; undefined if it uses all. Per-example gradients are as long
 * as a matrix, so the sketch takes the square of its size of them.
 */
function drawnPlaces(sketch: number | undefined): (key: string, axis: string, size: number) => Places | undefined {
  const drawn = new Map<string, Places>();
  return (key, axis, size) => {
    const count = sketch === undefined || axis !== 'gradients' ? sketch : sketch * sketch;
    if (count === undefined || count >= size) return undefined;
    const name = `${key}/${axis}/${size}`;
    const known = drawn.get(name);
    if (known) return known;
    const places = {
      chosen: Int32Array.from(stream('sketch', key, axis).permutation(size).subarray(0, count)).sort(),
      root: Math.sqrt(size / count),
    };
    drawn.set(name, places);
    return places;
  };
}

const indices = ({ chosen }: Places): tf.Tensor1D => tf.tensor1d(chosen, 'int32');
