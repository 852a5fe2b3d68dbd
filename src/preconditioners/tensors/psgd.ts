/**
 * Preconditioned SGD (Li 2018, 2022): P = QᵀQ with Q = Q_R ⊗ Q_L, learned by gradient descent on the group of such
 * matrices. Two criteria: 'newton' fits P·H·δ ≈ δ for random δ, so P goes to |H|⁻¹; 'whitening' fits P·E[g·gᵀ]·P = I,
 * so P goes to E[g·gᵀ]^(−1/2).
 */
import { normals, stepStream } from '../../chain/random.js';
import { triangularSolve } from '../../tensor/linalg/index.js';
import { mapNamed } from '../../tensor/named.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';
import { asMatrix } from './blocks.js';

export interface PsgdOptions {
  readonly shape: 'kron' | 'diagonal';
  readonly criterion: 'newton' | 'whitening';
  /** Step size of the fit. */
  readonly rate: number;
  /** A parameter's own updates between two steps of the fit. */
  readonly interval: number;
  /** Initial value of the diagonal of Q, for the criterion 'newton'. */
  readonly scale: number;
}

/** Q for one matrix; a vector [d,1] or [d] stands for a diagonal. */
export interface KroneckerRoot {
  readonly left: Tensor;
  readonly right: Tensor;
}

export function psgd({ shape, criterion, rate, interval, scale }: PsgdOptions): Link {
  return {
    name: 'psgd',
    layers: () => undefined,
    update(gradients, { slots, values, choose, hessianTimes }) {
      const names = Object.keys(gradients);
      names.forEach(slots.advance);
      const due = new Set(names.filter((name) => choose(({ count }) => (count(name) - 1) % interval === 0)));
      const probe =
        criterion === 'newton' && due.size > 0
          ? mapNamed(gradients, ({ shape, size }, name) =>
              values(shape, (at) => normals(size, stepStream(at, 'psgd', name))),
            )
          : undefined;
      const image = probe && hessianTimes(probe);
      return mapNamed(gradients, (gradient, name) => {
        const g = asMatrix(gradient);
        let root = { left: slots.get('left', name), right: slots.get('right', name) };
        root = root.left && root.right ? root : firstRoot(g, shape, criterion === 'newton' ? scale : whiteScale(g));
        if (due.has(name)) {
          if (probe) root = fitNewton(root as KroneckerRoot, asMatrix(probe[name]!), asMatrix(image![name]!), rate);
          else {
            const bounds = { left: slots.get('left-bound', name), right: slots.get('right-bound', name) };
            const fitted = fitWhitening(root as KroneckerRoot, g, rate, bounds);
            root = fitted.root;
            slots.set('left-bound', name, fitted.bounds.left);
            slots.set('right-bound', name, fitted.bounds.right);
          }
          slots.set('left', name, root.left!);
          slots.set('right', name, root.right!);
        }
        const direction = applyRoot(root as KroneckerRoot, g);
        return tf.reshape(criterion === 'whitening' ? limited(direction) : direction, gradient.shape);
      });
    },
  };
}

/**
 * s·I as two factors; a side that would be larger than the matrix itself, and with 'diagonal' every side, is kept as a
 * diagonal.
 */
function firstRoot(g: Tensor, shape: PsgdOptions['shape'], scale: number | Tensor): KroneckerRoot {
  const side = (axis: 0 | 1): Tensor => {
    const size = g.shape[axis]!;
    const root = tf.sqrt(scale);
    // One diagonal over all entries of the matrix; the other factor is 1.
    if (shape === 'diagonal') return axis === 0 ? tf.mul(tf.onesLike(g), tf.mul(root, root)) : tf.ones([1]);
    return size > 1 && size * size <= g.size ? tf.mul(tf.eye(size), root) : tf.mul(tf.ones([size]), root);
  };
  return { left: side(0), right: side(1) };
}

const whiteScale = (g: Tensor): Tensor => tf.pow(tf.add(tf.mean(tf.pow(g, 4)), 1e-36), -1 / 8);

/** Whether the left factor is a diagonal of the whole matrix. */
const isWhole = ({ left, right }: KroneckerRoot): boolean =>
  right.shape.length === 1 && right.size === 1 && left.rank === 2;

const leftTimes = (q: Tensor, x: Tensor, transposed = false): Tensor =>
  q.rank === 1 ? tf.mul(tf.expandDims(q, 1), x) : tf.matMul(q, x, transposed, false);
const timesRight = (x: Tensor, q: Tensor, transposed = false): Tensor =>
  q.rank === 1 ? tf.mul(x, q) : tf.matMul(x, q, false, transposed);

/** QᵀQ·G: Q_LᵀQ_L·G·Q_RᵀQ_R. */
export function applyRoot(root: KroneckerRoot, g: Tensor): Tensor {
  const { left, right } = root;
  if (isWhole(root)) return tf.mul(tf.square(left), g);
  const scaled = leftTimes(left, timesRight(g, right, true));
  return timesRight(leftTimes(left, scaled, true), right);
}

/**
 * One step on the criterion E[dGᵀ·P·dG + dXᵀ·P⁻¹·dX] with triangular Q: with A = Q_L·dG·Q_Rᵀ and B = Q_L⁻ᵀ·dX·Q_R⁻¹,
 * Q_L ← Q_L − μ/max|∇|·∇·Q_L, ∇ = triu(A·Aᵀ − B·Bᵀ), and likewise on the right. Both solutions are with transposed
 * factors.
 */
export function fitNewton(root: KroneckerRoot, dx: Tensor, dg: Tensor, rate: number): KroneckerRoot {
  const { left, right } = isWhole(root) ? root : balanced(root);
  if (isWhole(root)) {
    const slope = tf.sub(tf.square(tf.mul(left, dg)), tf.square(tf.div(dx, left)));
    return { left: tf.sub(left, tf.mul(left, tf.div(tf.mul(slope, rate), largest(slope)))), right };
  }
  const a = timesRight(leftTimes(left, dg), right, true);
  const half = left.rank === 1 ? tf.div(dx, tf.expandDims(left, 1)) : triangularSolve(tf.transpose(left), dx);
  const b =
    right.rank === 1 ? tf.div(half, right) : tf.transpose(triangularSolve(tf.transpose(right), tf.transpose(half)));
  const step = (q: Tensor, transposed: boolean): Tensor => {
    if (q.rank === 1) {
      const slope = tf.sub(tf.sum(tf.square(a), transposed ? 0 : 1), tf.sum(tf.square(b), transposed ? 0 : 1));
      return tf.sub(q, tf.mul(q, tf.div(tf.mul(slope, rate), largest(slope))));
    }
    const square = (x: Tensor): Tensor => tf.matMul(x, x, transposed, !transposed);
    const slope = tf.linalg.bandPart(tf.sub(square(a), square(b)), 0, -1);
    return tf.sub(q, tf.matMul(tf.div(tf.mul(slope, rate), largest(slope)), q));
  };
  return { left: step(left, false), right: step(right, true) };
}

const largest = (x: Tensor): Tensor => tf.maximum(tf.max(tf.abs(x)), 1e-30);

/** Factors of the same product that have equal largest entries. */
function balanced({ left, right }: KroneckerRoot): KroneckerRoot {
  const share = tf.sqrt(tf.div(largest(left), largest(right)));
  return { left: tf.div(left, share), right: tf.mul(right, share) };
}

interface Bounds {
  readonly left: Tensor;
  readonly right: Tensor;
}

/**
 * One step of the inverse-free form 'Q0.5EQ1.5': with p = P·g and t = the sum of p·pᵀ over the other axis, Q ← Q −
 * (μ/L)·(t·Q − (numel/d)·Q), L a running bound of |t| + numel/d; then a step towards the symmetric positive Q of the
 * same P.
 */
function fitWhitening(
  root: KroneckerRoot,
  g: Tensor,
  rate: number,
  before: Partial<Record<'left' | 'right', Tensor | undefined>>,
): { root: KroneckerRoot; bounds: Bounds } {
  const p = applyRoot(root, g);
  const step = (q: Tensor, side: 'left' | 'right', t: Tensor, target: number): [Tensor, Tensor] => {
    const size = tf.add(q.rank === 2 && t.rank === 2 && !isWhole(root) ? spectralBound(t) : tf.max(t), target);
    const known = before[side];
    const bound = known ? tf.maximum(tf.add(tf.mul(known, 0.9), tf.mul(size, 0.1)), size) : size;
    const share = tf.div(rate, bound);
    if (q.rank === 1 || isWhole(root)) return [tf.mul(q, tf.sub(1, tf.mul(share, tf.sub(t, target)))), bound];
    const moved = tf.sub(q, tf.mul(share, tf.sub(tf.matMul(t, q), tf.mul(q, target))));
    return [towardsSymmetric(moved), bound];
  };
  if (isWhole(root)) {
    const [left, bound] = step(root.left, 'left', tf.square(p), 1);
    return { root: { left, right: root.right }, bounds: { left: bound, right: tf.scalar(0) } };
  }
  const { left, right } = balanced(root);
  const [rows, columns] = g.shape as [number, number];
  const [nextLeft, leftBound] = step(
    left,
    'left',
    left.rank === 1 ? tf.sum(tf.square(p), 1) : tf.matMul(p, p, false, true),
    columns,
  );
  const [nextRight, rightBound] = step(
    right,
    'right',
    right.rank === 1 ? tf.sum(tf.square(p), 0) : tf.matMul(p, p, true, false),
    rows,
  );
  return { root: { left: nextLeft, right: nextRight }, bounds: { left: leftBound, right: rightBound } };
}

/**
 * A tight lower bound on the largest eigenvalue of a symmetric positive semidefinite matrix: |T·t|/|t| for its longest
 * row t.
 */
function spectralBound(t: Tensor): Tensor {
  const longest = tf.argMax(tf.sum(tf.square(t), 1));
  const row = tf.gather(t, longest);
  return tf.div(tf.norm(tf.matMul(t, tf.reshape(row, [-1, 1]))), tf.maximum(tf.norm(row), 1e-30));
}

/** One step of the orthogonal Procrustes problem: Q ← Q + a·(R·Q + (a/2)·R·R·Q), R = Qᵀ − Q scaled to length one. */
function towardsSymmetric(q: Tensor): Tensor {
  const difference = tf.sub(tf.transpose(q), q);
  const r = tf.div(difference, tf.maximum(tf.norm(difference), 1e-30));
  const rq = tf.matMul(r, q);
  const rrq = tf.matMul(r, rq);
  const trace = (x: Tensor): Tensor => tf.sum(tf.mul(x, tf.eye(x.shape[0])));
  const [first, second] = [trace(rq), trace(rrq)];
  const negative = tf.less(second, 0);
  const best = tf.div(tf.neg(first), tf.where(negative, second, tf.onesLike(second)));
  const a = tf.where(negative, tf.minimum(1 / 8, tf.maximum(best, 0)), tf.fill([], 1 / 8));
  return tf.add(q, tf.mul(a, tf.add(rq, tf.mul(tf.mul(a, 0.5), rrq))));
}

/** The direction limited to a root mean square of 2 and entries of at most 10. */
function limited(direction: Tensor): Tensor {
  const size = tf.sqrt(tf.mean(tf.square(direction)));
  return tf.clipByValue(tf.mul(direction, tf.minimum(1, tf.div(2, tf.maximum(size, 1e-30)))), -10, 10);
}
