/**
 * The Lanczos process with full reorthogonalization: a symmetric operator as a small tridiagonal matrix.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { WeftError } from '../errors.js';
import { stream, type Rng } from '../tensor/rng.js';
import { tf, tidy, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { dot, normalVector, type LinearOperator } from './linear-operator.js';

export interface LanczosOptions {
  /** Maximum number of products; 40 by default. */
  steps?: number;
  /** Seed of the random start. */
  seed?: number | string;
  /** Start from this vector instead, such as an eigenvector found earlier. */
  start?: Tensor1D;
}

/** Qᵀ·A·Q = T, with orthonormal rows in the basis. */
export interface Tridiagonal {
  /** Diagonal of T. */
  alpha: number[];
  /** beta[j] couples j and j+1; the last one leads out of the subspace, and is 0 if that is invariant. */
  beta: number[];
  /** [steps,n]; owned by the caller. */
  basis: Tensor2D;
}

/** Eigenvalues of T, ascending, and the eigenvectors as columns. */
export interface Ritz {
  values: number[];
  /** vectors[i][j]: entry i of eigenvector j. */
  vectors: number[][];
}

/**
 * Lanczos (1950) with every new vector orthogonalized against all previous ones, twice (Parlett 1998, section 6.9), to
 * avoid ghost eigenvalues. If the subspace turns out to be invariant, the process continues with a new random
 * direction, so that eigenvalues are found with their multiplicity. `enough` may end it early.
 */
export function lanczos(
  { size, apply }: LinearOperator,
  { steps = 40, seed = 0, start }: LanczosOptions = {},
  enough: (t: Omit<Tridiagonal, 'basis'>) => boolean = () => false,
): Tridiagonal {
  const rng = stream(seed, 'lanczos');
  const [alpha, beta]: [number[], number[]] = [[], []];
  const limit = Math.min(steps, size);
  let basis = firstVector(size, rng, start);
  let scale = 0;
  try {
    for (;;) {
      const q = tidy(() => tf.reshape(tf.slice(basis, [alpha.length, 0], [1, -1]), [-1])) as Tensor1D;
      const image = apply(q);
      alpha.push(finite(dot(q, image)));
      const rest = orthogonal(image, basis);
      tf.dispose([q, image]);
      const length = finite(Math.sqrt(dot(rest, rest)));
      scale = Math.max(scale, Math.abs(alpha.at(-1)!), length);
      const invariant = length <= 1e-6 * scale;
      beta.push(invariant ? 0 : length);
      if (alpha.length === limit || enough({ alpha, beta })) {
        rest.dispose();
        return { alpha, beta, basis };
      }
      basis = append(basis, invariant ? freshDirection(rest, basis, rng) : rest);
    }
  } catch (error) {
    basis.dispose();
    throw error;
  }
}

/** Eigenvalues and eigenvectors of the tridiagonal matrix, in float64. */
export function ritz({ alpha, beta }: Pick<Tridiagonal, 'alpha' | 'beta'>): Ritz {
  const n = alpha.length;
  const t = Matrix.zeros(n, n);
  alpha.forEach((value, i) => t.set(i, i, value));
  for (let i = 0; i + 1 < n; i++) {
    t.set(i, i + 1, beta[i]!);
    t.set(i + 1, i, beta[i]!);
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(t, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((i, j) => realEigenvalues[i]! - realEigenvalues[j]!);
  return {
    values: order.map((i) => realEigenvalues[i]!),
    vectors: eigenvectorMatrix.subMatrixColumn(order).to2DArray(),
  };
}

/** [1,n] of length one. */
function firstVector(size: number, rng: Rng, start: Tensor1D | undefined): Tensor2D {
  if (start && start.size !== size) {
    throw new WeftError(
      'operation',
      `a start of ${start.size} numbers for an operator of size ${size}`,
      "start from a vector of the operator's size",
    );
  }
  return tidy(() => {
    const given = start && dot(start, start) > 0 ? start : normalVector(size, rng);
    return tf.reshape(tf.div(given, tf.norm(given)), [1, -1]);
  });
}

/** `vector` without its components along the rows of the basis; rounding leaves some behind the first time. */
function orthogonal(vector: Tensor1D, basis: Tensor2D): Tensor1D {
  return tidy(() => {
    let rest = tf.expandDims(vector, 1);
    for (let pass = 0; pass < 2; pass++) rest = tf.sub(rest, tf.matMul(basis, tf.matMul(basis, rest), true));
    return tf.reshape(rest, [-1]) as Tensor1D;
  });
}

function freshDirection(exhausted: Tensor1D, basis: Tensor2D, rng: Rng): Tensor1D {
  exhausted.dispose();
  const random = normalVector(basis.shape[1], rng);
  const rest = orthogonal(random, basis);
  random.dispose();
  return rest;
}

/** Disposes both arguments. */
function append(basis: Tensor2D, direction: Tensor1D): Tensor2D {
  const longer = tidy(() => tf.concat([basis, tf.reshape(tf.div(direction, tf.norm(direction)), [1, -1])])) as Tensor2D;
  tf.dispose([basis, direction]);
  return longer;
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new WeftError(
    'numeric',
    'the operator returned NaN or infinity',
    'check the loss and the parameters at this point',
  );
}
