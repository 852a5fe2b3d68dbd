/** Newton's method in the Krylov subspace of the gradient, or in the whole space if it is small. */
import { hessian, lanczos, ritz } from '../../curvature/index.js';
import { flatten, unflatten } from '../../curvature/linear-operator.js';
import { pickNamed } from '../../tensor/named.js';
import { tf, tidy, type Tensor1D } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';
import { refuseBeyond } from '../memory.js';
import { differenceNotes, lossOf } from './model.js';

export interface NewtonOptions {
  readonly name: string;
  readonly damping: number;
  /** Use |H|, so that saddle points repel (Dauphin et al. 2014). */
  readonly absolute: boolean;
  /** Dimension of the subspace; 'all' solves with the dense Hessian. */
  readonly dimensions: number | 'all';
  readonly memory: number;
}

/** Σ f(θᵢ)·yᵢ·yᵢᵀ·g over the Ritz pairs of the Hessian on span{g, Hg, H²g, …}, f(θ) = 1/(θ + λ) or 1/(|θ| + λ). */
export function newton({ name, damping, absolute, dimensions, memory }: NewtonOptions): Link {
  return {
    name,
    layers: () => undefined,
    update(gradients, { parameters, context, charge, report, note }) {
      const some = pickNamed(parameters, Object.keys(gradients));
      const g = flatten(gradients);
      if (dimensions === 'all') refuseBeyond(memory, g.size, 'the Hessian');
      const operator = hessian(lossOf(context, parameters, name), some, { onUnverified: 'difference' });
      try {
        const length = tf.norm(g).dataSync()[0]!;
        if (length === 0) return gradients;
        const { basis, ...tridiagonal } = lanczos(operator, {
          steps: dimensions === 'all' ? g.size : dimensions,
          start: g,
        });
        charge(2 * tridiagonal.alpha.length);
        const { values, vectors } = ritz(tridiagonal);
        const weights = vectors.map((row) =>
          row.reduce(
            (sum, entry, i) =>
              sum + (entry * vectors[0]![i]! * length) / ((absolute ? Math.abs(values[i]!) : values[i]!) + damping),
            0,
          ),
        );
        const step = tidy(() => tf.squeeze(tf.matMul(tf.tensor2d([weights]), basis), [0]) as Tensor1D);
        basis.dispose();
        differenceNotes(name, operator.reasons).forEach(note);
        report({ smallestRitzValue: Math.min(...values), largestRitzValue: Math.max(...values) });
        return unflatten(step, some);
      } finally {
        operator.dispose();
      }
    },
  };
}
