/**
 * One symmetric positive semidefinite factor C [d,d] of a block's curvature, dense or by rows U [r,d] with C = UᵀU, and the inverse
 * of C + γI. A batch of N examples makes N rows: with fewer rows than columns nothing of size d×d is ever formed.
 */
import { cholesky, choleskySolve, damped, eigh, solve } from '../../tensor/linalg/index.js';
import { tf, type Tensor, type Tensor2D } from '../../tensor/tf.js';
import { type Damping } from '../contract.js';

/** Either of the two. */
export interface Factor {
  readonly dense?: Tensor | undefined;
  readonly rows?: Tensor | undefined;
}

/** (C + γI)⁻¹ = `inverse`, or (I − leftᵀ·right)/γ. */
export interface FactorInverse {
  readonly inverse?: Tensor | undefined;
  readonly left?: Tensor | undefined;
  readonly right?: Tensor | undefined;
  readonly gamma?: Tensor | undefined;
}

/** C = rowsᵀ·rows of rows [r,d]: kept as rows where those are few. */
export function factorOf(rows: Tensor, keepRows: boolean): Factor {
  return keepRows ? { rows } : { dense: tf.matMul(rows as Tensor2D, rows as Tensor2D, true, false) };
}

/** Whether rows take less work than the matrix that they make. */
export const fewRows = (rows: number, size: number): boolean => 2 * rows <= size;

/** weight·before + (1 − weight)·now. */
export function mergeFactor(before: Factor, now: Factor, weight: number): Factor {
  const root = (factor: Factor, share: number): Tensor => tf.mul(factor.rows!, Math.sqrt(share));
  if (before.rows && now.rows) {
    const size = now.rows.shape[1]!;
    const rows = tf.concat([root(before, weight), root(now, 1 - weight)], 0);
    return { rows: rows.shape[0] * 2 > size ? compress(rows, Math.floor(size / 4)) : rows };
  }
  return { dense: tf.add(tf.mul(asDense(before), weight), tf.mul(asDense(now), 1 - weight)) };
}

export const asDense = ({ dense, rows }: Factor): Tensor => dense ?? tf.matMul(rows!, rows!, true, false);

/** Mean of the eigenvalues, a scalar. */
export function meanEigenvalue({ dense, rows }: Factor): Tensor {
  if (rows) return tf.div(tf.sum(tf.square(rows)), rows.shape[1]!);
  const size = dense!.shape[0];
  return tf.div(tf.sum(tf.mul(dense!, tf.eye(size))), size);
}

/** The `count` most important rows in another basis: Uᵀ·U on its leading eigenvectors. */
function compress(rows: Tensor, count: number): Tensor {
  const { values, vectors } = eigh(tf.matMul(rows, rows, false, true));
  const total = values.shape[0];
  const leading = tf.slice(vectors, [0, total - count], [total, count]);
  return tf.matMul(leading, rows, true, false);
}

export interface InverseOptions {
  /** Leave out eigenvalues below this share of γ: the inverse is off by at most that share, and costs less to apply. 0 is exact. */
  readonly truncate?: number;
}

/** The inverse of C + γI, γ a positive scalar; more is added where that will not factor. */
export function invertFactor({ dense, rows }: Factor, gamma: Tensor, { raised }: Damping, { truncate = 0 }: InverseOptions = {}): FactorInverse {
  if (rows) return truncate > 0 ? truncated(rows, gamma, truncate) : woodbury(rows, gamma, raised);
  const size = dense!.shape[0];
  const { result, damping } = damped(tf.add(dense!, tf.mul(gamma, tf.eye(size))), (matrix) => choleskySolve(cholesky(matrix), tf.eye(size)));
  if (damping > 0) raised(damping);
  return { inverse: result };
}

/** (γI + UᵀU)⁻¹ = (I − Uᵀ(γI + UUᵀ)⁻¹U)/γ (Woodbury 1950), γ no smaller than float32 can tell from zero beside U. */
function woodbury(rows: Tensor, least: Tensor, raised: (added: number) => void): FactorInverse {
  const identity = tf.eye(rows.shape[0]);
  const gamma = tf.maximum(least, tf.mul(tf.sum(tf.square(rows)), RESOLUTION));
  const gram = tf.add(tf.matMul(rows, rows, false, true), tf.mul(gamma, identity));
  // A small inverse and a product: solutions of many right-hand sides take several times as long.
  const { result: right, damping } = damped(gram, (matrix) => tf.matMul(solve(matrix, identity), rows));
  if (damping > 0) raised(damping);
  return { left: rows, right, gamma };
}

const RESOLUTION = 1e-6;

/** The same with the eigenvectors of UᵀU whose eigenvalues matter: I − Qᵀ·diag(w/(γ + w))·Q. */
function truncated(rows: Tensor, gamma: Tensor, share: number): FactorInverse {
  const { values, vectors } = eigh(tf.matMul(rows, rows, false, true));
  const total = values.shape[0];
  const [floor] = tf.mul(gamma, share).dataSync();
  const numbers = values.dataSync();
  let kept = 1;
  while (kept < total && numbers[total - kept - 1]! > floor!) kept++;
  const w = tf.maximum(tf.slice(values, [total - kept], [kept]), tf.mul(gamma, 1e-6));
  const leading = tf.slice(vectors, [0, total - kept], [total, kept]);
  const left = tf.mul(tf.matMul(leading, rows, true, false), tf.expandDims(tf.rsqrt(w), 1));
  return { left, right: tf.mul(left, tf.expandDims(tf.div(w, tf.add(w, gamma)), 1)), gamma };
}

/** (C + γI)⁻¹·m of m [d,k]. */
export function solveLeft({ inverse: whole, left, right, gamma }: FactorInverse, m: Tensor): Tensor {
  if (whole) return tf.matMul(whole, m);
  return tf.div(tf.sub(m, tf.matMul(left!, tf.matMul(right!, m), true, false)), gamma!);
}

/** m·(C + γI)⁻¹ of m [k,d]. */
export function solveRight({ inverse: whole, left, right, gamma }: FactorInverse, m: Tensor): Tensor {
  if (whole) return tf.matMul(m, whole);
  return tf.div(tf.sub(m, tf.matMul(tf.matMul(m, right!, false, true), left!)), gamma!);
}

/** U·(C + γI)⁻¹ of the rows U that C itself is made of: (γI + UUᵀ)⁻¹U, which is at hand where the inverse is Woodbury's of just these. */
export function solvedRows({ left, right }: FactorInverse, rows: Tensor | undefined): Tensor | undefined {
  return left !== undefined && left === rows ? right : undefined;
}
