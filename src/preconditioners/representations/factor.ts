/**
 * One symmetric positive semidefinite factor C [d,d] of a block's curvature, dense or as rows R [r,d] with C = w·RᵀR,
 * and the inverse of C + γI. A batch of N examples gives N rows: with fewer rows than columns nothing of size d×d is
 * ever formed.
 */
import {
  addToDiagonal,
  cholesky,
  choleskySolve,
  damped,
  deflated,
  eigh,
  gramOfRows,
  inverse,
  trace,
} from '../../tensor/linalg/index.js';
import { type Scalar, tf, type Tensor, type Tensor2D } from '../../tensor/tf.js';
import { type Damping, type Shares } from '../contract.js';

/** Dense or as rows; R = [rows, edgeᵀ] if there is an edge [1,r]. */
export interface Factor {
  readonly dense?: Tensor | undefined;
  readonly rows?: Tensor | undefined;
  readonly edge?: Tensor | undefined;
  /** w, a scalar. */
  readonly weight?: Tensor | undefined;
  /** R·Rᵀ, if already computed. */
  readonly gram?: Tensor | undefined;
}

/** (C + γI)⁻¹ = `inverse`, or (I − Lᵀ·core·L)/γ with L = [left, edgeᵀ]. */
export interface FactorInverse {
  readonly inverse?: Tensor | undefined;
  readonly left?: Tensor | undefined;
  readonly edge?: Tensor | undefined;
  readonly core?: Tensor | undefined;
  readonly gamma?: Tensor | undefined;
}

/** Whether working with rows takes less work than with the matrix RᵀR. */
export const fewRows = (rows: number, size: number): boolean => 2 * rows <= size;

/** w·RᵀR as rows, or as a matrix. */
export function factorOf(rows: Tensor, edge: Tensor | undefined, weight: number, keepRows: boolean): Factor {
  // A copy, because captured tensors are disposed with the capture.
  const factor = { rows: tf.clone(rows), edge, weight: tf.scalar(weight) };
  return keepRows ? { ...factor, gram: gramOfRows(rows, edge) } : { dense: asDense(factor) };
}

/** shares.before·before + shares.now·now. */
export function mergeFactor(before: Factor, now: Factor, shares: Shares): Factor {
  if (!before.rows || !now.rows)
    return { dense: tf.add(tf.mul(asDense(before), shares.before), tf.mul(asDense(now), shares.now)) };
  const both = [
    [before, shares.before],
    [now, shares.now],
  ] as const;
  const scaled = (part: 'rows' | 'edge'): Tensor[] =>
    both.map(([factor, share]) => tf.mul(factor[part]!, tf.sqrt(tf.mul(factor.weight!, share))));
  const merged = {
    rows: tf.concat(scaled('rows'), 0),
    edge: now.edge && tf.concat(scaled('edge'), 1),
    weight: tf.scalar(1),
  };
  const size = sizeOf(merged);
  return merged.rows.shape[0] * 2 > size ? compress(merged, Math.floor(size / 4)) : merged;
}

/** d. */
export const sizeOf = ({ dense, rows, edge }: Factor): number => (dense ?? rows!).shape[1]! + (edge ? 1 : 0);
const gramOf = ({ rows, edge, gram }: Factor): Tensor => gram ?? gramOfRows(rows!, edge);
const joined = (rows: Tensor, edge: Tensor | undefined): Tensor =>
  edge ? tf.concat([rows, tf.transpose(edge)], 1) : rows;

function asDense({ dense, rows, edge, weight }: Factor): Tensor {
  if (dense) return dense;
  const whole = joined(rows!, edge) as Tensor2D;
  return tf.mul(tf.matMul(whole, whole, true, false), weight!);
}

/** Sum of the eigenvalues. */
export function eigenvalueSum(factor: Factor): Scalar {
  return factor.dense ? (trace(factor.dense) as Scalar) : tf.mul(factor.weight as Scalar, trace(gramOf(factor)));
}

/** M·R, the rows of the factor RᵀMᵀM·R. */
const mixed = (m: Tensor, { rows, edge }: Factor): { rows: Tensor; edge: Tensor | undefined } => ({
  rows: tf.matMul(m, rows!),
  edge: edge && tf.matMul(edge, m, false, true),
});

/** Compresses the rows to `count`: R projected on the leading eigenvectors of its Gram matrix. */
function compress(factor: Factor, count: number): Factor {
  const { vectors } = eigh(gramOf(factor));
  const total = vectors.shape[0];
  return {
    ...mixed(tf.transpose(tf.slice(vectors, [0, total - count], [total, count])), factor),
    weight: factor.weight,
  };
}

/**
 * The inverse of C + γI, γ positive; more is added if that cannot be factored. `sum` is the sum of the eigenvalues, if
 * already computed.
 */
export function invertFactor(factor: Factor, gamma: Scalar, { raised }: Damping, sum?: Scalar): FactorInverse {
  if (factor.rows) return woodbury(factor, gamma, raised, sum ?? eigenvalueSum(factor));
  const { result, damping } = damped(addToDiagonal(factor.dense!, gamma), (matrix) =>
    choleskySolve(cholesky(matrix), tf.eye(matrix.shape[0])),
  );
  if (damping > 0) raised();
  return { inverse: result };
}

const RESOLUTION = 1e-6;

/** (γI + w·RᵀR)⁻¹ = (I − Rᵀ((γ/w)I + RRᵀ)⁻¹R)/γ (Woodbury 1950). */
function woodbury(factor: Factor, gamma: Scalar, raised: () => void, sum: Scalar): FactorInverse {
  // No smaller than what float32 can distinguish from zero next to R.
  const least = tf.maximum(gamma, tf.mul(sum, RESOLUTION));
  const { result: core, damping } = damped(addToDiagonal(gramOf(factor), tf.div(least, factor.weight!)), (matrix) =>
    inverse(matrix, { wellConditioned: true }),
  );
  if (damping > 0) raised();
  // A copy, because the statistics may keep theirs for longer.
  return { left: tf.clone(factor.rows!), edge: factor.edge && tf.clone(factor.edge), core, gamma: least };
}

/** (C + γI)⁻¹·m of m [d,k]. */
export function solveLeft({ inverse: whole, left, edge, core, gamma }: FactorInverse, m: Tensor): Tensor {
  if (whole) return tf.matMul(whole, m);
  const rows = joined(left!, edge);
  const seen = tf.matMul(rows, m);
  return tf.div(tf.sub(m, tf.matMul(rows, tf.matMul(core!, seen), true, false)), gamma!);
}

/** m·(C + γI)⁻¹ of m [k,d]. */
export function solveRight({ inverse: whole, left, edge, core, gamma }: FactorInverse, m: Tensor): Tensor {
  if (whole) return tf.matMul(m, whole);
  return tf.div(deflated(m, { rows: joined(left!, edge), core }).x, gamma!);
}
