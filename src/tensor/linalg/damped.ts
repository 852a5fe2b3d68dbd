import { WeftError } from '../../errors.js';
import { tf, tidy, type Tensor } from '../tf.js';
import { assertSquare, diagonalPart } from './matrices.js';

export interface DampingOptions {
  /** First number to add to the diagonal; by default 1e-6 times the mean magnitude of the diagonal's entries. */
  initial?: number;
  /** Each further attempt multiplies the damping by this. */
  factor?: number;
  /** How many dampings to try before giving up. */
  attempts?: number;
}

export interface Damped<R> {
  result: R;
  /** What was added to the diagonal; 0 where the matrix needed nothing. */
  damping: number;
}

/**
 * `compute(A + λI)` for the first λ of 0, initial, initial·factor, initial·factor², … with which it succeeds.
 * The result says which λ that was. Errors other than `numeric` ones are passed on.
 *
 * @example
 * const { result: factor, damping } = damped(a, (m) => cholesky(m));
 */
export function damped<R>(
  a: Tensor,
  compute: (damped: Tensor) => R,
  { initial, factor = 10, attempts = 6 }: DampingOptions = {},
): Damped<R> {
  assertSquare(a);
  let damping = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      return {
        result: tidy(() => compute(damping === 0 ? a : tf.add(a, tf.mul(damping, tf.eye(a.shape.at(-1)!))))),
        damping,
      };
    } catch (cause) {
      if (!(cause instanceof WeftError) || cause.code !== 'numeric') throw cause;
      if (attempt === attempts) {
        throw new WeftError('numeric', `${cause.message}, not even with ${damping} added to its diagonal`, cause.hint, {
          cause,
        });
      }
    }
    damping = attempt === 0 ? (initial ?? 1e-6 * meanDiagonal(a)) : damping * factor;
  }
}

const meanDiagonal = (a: Tensor): number => tidy(() => tf.mean(tf.abs(diagonalPart(a))).dataSync()[0]!) || 1;
