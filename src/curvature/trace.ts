/**
 * Trace and diagonal of an operator from products with random signs.
 */
import { qr } from '../tensor/linalg/index.js';
import { stream } from '../tensor/rng.js';
import { tf, tidy, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { dot, rademacherVector, type LinearOperator } from './linear-operator.js';

export interface TraceEstimate {
  trace: number;
  /** Standard deviation of the estimate over repetitions with other random numbers. */
  standardError: number;
  /** Products that were computed. */
  products: number;
}

export interface TraceOptions {
  /** Maximum number of samples; 100 by default. */
  samples?: number;
  /** Minimum number, because a standard error of few samples is itself uncertain; 10 by default. */
  minimum?: number;
  /** Stop when the standard error is at most this fraction of the estimate; 0.05 by default, 0 takes all samples. */
  tolerance?: number;
  seed?: number | string;
}

/**
 * tr A as the mean of zᵀ·A·z over vectors z of random signs (Hutchinson 1990), with the standard error of that mean.
 * The variance is 2·Σ_{i≠j} Aᵢⱼ² for symmetric A: a diagonal operator needs one sample.
 */
export function hutchinsonTrace(
  operator: LinearOperator,
  { samples = 100, minimum = 10, tolerance = 0.05, seed = 0 }: TraceOptions = {},
): TraceEstimate {
  const rng = stream(seed, 'hutchinson');
  const mean = runningMean();
  while (mean.count < samples) {
    mean.add(
      tidy(() => {
        const z = rademacherVector(operator.size, rng);
        return dot(z, operator.apply(z));
      }),
    );
    if (mean.count >= minimum && mean.standardError() <= tolerance * Math.abs(mean.value)) break;
  }
  return { trace: mean.value, standardError: mean.standardError(), products: mean.count };
}

/**
 * tr A by Hutch++ (Meyer, Musco, Musco & Woodruff 2021): exact on the range Q of A times a third of the vectors, plus
 * Hutchinson's estimate on what is orthogonal to it. For spectra with few large eigenvalues far more accurate than the
 * plain estimate with as many products; the standard error is that of the second part.
 */
export function hutchPlusPlusTrace(
  operator: LinearOperator,
  { products = 30, seed = 0 }: Pick<TraceOptions, 'seed'> & { products?: number } = {},
): TraceEstimate {
  const rng = stream(seed, 'hutch++');
  const third = Math.max(1, Math.min(Math.floor(products / 3), operator.size));
  const applied = (columns: Tensor2D): Tensor2D =>
    tf.stack(
      tf.unstack(columns, 1).map((column) => operator.apply(column as Tensor1D)),
      1,
    ) as Tensor2D;
  const signs = (): Tensor2D =>
    tf.stack(
      Array.from({ length: third }, () => rademacherVector(operator.size, rng)),
      1,
    ) as Tensor2D;
  return tidy(() => {
    const q = qr(applied(signs())).q as Tensor2D;
    const g = signs();
    const outside = tf.sub(g, tf.matMul(q, tf.matMul(q, g, true))) as Tensor2D;
    const inside = dot(q, applied(q));
    const rest = runningMean();
    for (const value of tf.sum(tf.mul(outside, applied(outside)), 0).dataSync()) rest.add(value);
    return { trace: inside + rest.value, standardError: rest.standardError(), products: 3 * third };
  });
}

/** The diagonal of A as the mean of z∘(A·z) over vectors of random signs (Bekas, Kokiopoulou & Saad 2007): [n]. */
export function hutchinsonDiagonal(
  operator: LinearOperator,
  { samples = 10, seed = 0 }: Pick<TraceOptions, 'samples' | 'seed'> = {},
): Tensor1D {
  const rng = stream(seed, 'diagonal');
  let sum = tf.zeros([operator.size]) as Tensor1D;
  for (let i = 0; i < samples; i++) {
    const before = sum;
    sum = tidy(() => {
      const z = rademacherVector(operator.size, rng);
      return tf.add(before, tf.mul(z, operator.apply(z)));
    });
    before.dispose();
  }
  const mean = tf.div(sum, samples) as Tensor1D;
  sum.dispose();
  return mean;
}

/** Mean and its standard error by Welford's recurrence. */
function runningMean() {
  let squares = 0;
  return {
    count: 0,
    value: 0,
    add(x: number): void {
      this.count++;
      const before = x - this.value;
      this.value += before / this.count;
      squares += before * (x - this.value);
    },
    standardError(): number {
      return this.count > 1 ? Math.sqrt(squares / (this.count - 1) / this.count) : Infinity;
    },
  };
}
