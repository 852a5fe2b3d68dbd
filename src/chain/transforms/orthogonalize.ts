/** Muon's direction: momentum with all singular values brought close to one. */
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { addToDiagonal, newtonSchulzBfloat16 } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../link.js';
import { movingMean } from './adaptive.js';

export interface MuonOptions {
  /** Fraction of the momentum that is kept at each step. */
  momentum?: number;
  nesterov?: boolean;
  /** Newton-Schulz iterations. */
  iterations?: number;
  /** In what the iterations are computed; bfloat16 is for processors with AMX. */
  precision?: 'float32' | 'bfloat16';
}

/**
 * m <- beta m + (1 - beta) u; u <- sqrt(max(1, out/in)) O(m), or O((1 - beta) u + beta m) with Nesterov's look-ahead,
 * where O replaces the singular values by about one (Jordan et al. 2024). A kernel [.., in, out] is treated as the
 * matrix [.. in, out].
 */
export function orthogonalizedMomentum({
  momentum = 0.95,
  nesterov = true,
  iterations = 5,
  precision = 'float32',
}: MuonOptions = {}): Link {
  return {
    name: 'muon',
    update(updates, { slots }) {
      const matrices = mapNamed(updates, (update, name) => {
        const m = movingMean(slots.get('m', name), update, momentum);
        slots.set('m', name, m);
        return tf.reshape(nesterov ? movingMean(update, m, 1 - momentum) : m, [-1, update.shape.at(-1)!]);
      });
      const directions = eachStack(matrices, (stack) => {
        const [rows, columns] = stack.shape.slice(-2) as [number, number];
        return tf.mul(orthogonalize(stack, iterations, precision), Math.sqrt(Math.max(1, columns / rows)));
      });
      return mapNamed(updates, (update, name) => tf.reshape(directions[name]!, update.shape));
    },
  };
}

/**
 * Applies `f` to all matrices of one shape at a time, stacked to [count, rows, columns], because a child has many of
 * the same shape and each kernel call has a cost. A single one is not stacked.
 */
function eachStack(matrices: NamedTensors, f: (stack: Tensor) => Tensor): NamedTensors {
  const names = new Map<string, string[]>();
  for (const [name, { shape }] of Object.entries(matrices))
    names.set(shape.join(), [...(names.get(shape.join()) ?? []), name]);
  const results: Record<string, Tensor> = {};
  for (const alike of names.values()) {
    const parts =
      alike.length === 1 ? [f(matrices[alike[0]!]!)] : tf.unstack(f(tf.stack(alike.map((name) => matrices[name]!))));
    alike.forEach((name, i) => (results[name] = parts[i]!));
  }
  return results;
}

/**
 * Matrices [.., rows, columns] with their singular values pushed to between about 0.5 and 1.5, by the quintic
 * Newton-Schulz iteration of Muon.
 */
export function orthogonalize<X extends Tensor>(
  matrices: X,
  iterations = 5,
  precision: 'float32' | 'bfloat16' = 'float32',
): X {
  const coefficients = [3.4445, -4.775, 2.0315] as const;
  const [a, b, c] = coefficients;
  const tall = matrices.shape.at(-2)! > matrices.shape.at(-1)!;
  // The Gram matrix of the shorter side is the smaller one.
  const gram = (x: Tensor): Tensor => (tall ? tf.matMul(x, x, true, false) : tf.matMul(x, x, false, true));
  let x: Tensor = tf.div(matrices, tf.add(tf.sqrt(tf.sum(tf.square(matrices), [-2, -1], true)), 1e-7));
  if (precision === 'bfloat16') return newtonSchulzBfloat16(x, coefficients, iterations) as X;
  for (let i = 0; i < iterations; i++) {
    const g = gram(x);
    // a·x + (b·g + c·g²)·x, the first term on the diagonal of the smaller matrix.
    const polynomial = addToDiagonal(tf.add(tf.mul(g, b), tf.mul(tf.matMul(g, g), c)), a);
    x = tall ? tf.matMul(x, polynomial) : tf.matMul(polynomial, x);
  }
  return x as X;
}
