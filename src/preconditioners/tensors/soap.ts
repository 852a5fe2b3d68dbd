/** SOAP (Vyas et al. 2024): Adam in the eigenbasis of Shampoo's factors. */
import { eigh, qr } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type Preconditioner } from '../contract.js';
import { asMatrix, mapPieces } from './blocks.js';
import { perTensor, type TensorStep } from './per-tensor.js';

export interface SoapOptions {
  readonly beta1: number;
  readonly beta2: number;
  /** Decay of the factors. */
  readonly decay: number;
  readonly epsilon: number;
  /** Own updates from one change of the basis to the next. */
  readonly interval: number;
  readonly blockSize: number;
}

/**
 * Q_L·(m/(√v + ε))·Q_Rᵀ with m, v the means of the gradient in the basis and of its square. The basis follows the factors by one step of
 * orthogonal iteration. The first update only finds the basis: there the gradient goes in Adam's first step.
 */
export function soap(options: SoapOptions): Preconditioner {
  return perTensor('soap', (step) => {
    const matrix = asMatrix(step.gradient);
    return tf.reshape(
      mapPieces(matrix, options.blockSize, (piece, index) => block(step, options, piece, index)),
      step.gradient.shape,
    );
  });
}

function block(
  { name, slots, updates }: TensorStep,
  { beta1, beta2, decay, epsilon, interval, blockSize }: SoapOptions,
  g: Tensor,
  index: number,
): Tensor {
  const [rows, columns] = g.shape as [number, number];
  const key = (what: string): string => `${what}-${index}`;
  const turns = { left: columns > 1 && rows > 1 && rows <= blockSize, right: columns > 1 && rows > 1 };
  const basis = { left: slots.get(key('left-basis'), name), right: slots.get(key('right-basis'), name) };
  const into = (x: Tensor): Tensor => {
    const y = basis.left ? tf.matMul(basis.left, x, true, false) : x;
    return basis.right ? tf.matMul(y, basis.right) : y;
  };
  const back = (x: Tensor): Tensor => {
    const y = basis.left ? tf.matMul(basis.left, x) : x;
    return basis.right ? tf.matMul(y, basis.right, false, true) : y;
  };
  const mean = (what: string, value: Tensor, beta: number): Tensor => {
    const before = slots.get(key(what), name);
    return before ? tf.add(tf.mul(before, beta), tf.mul(value, 1 - beta)) : tf.mul(value, 1 - beta);
  };
  const factors = {
    left: turns.left ? mean('left', tf.matMul(g, g, false, true), decay) : undefined,
    right: turns.right ? mean('right', tf.matMul(g, g, true, false), decay) : undefined,
  };
  if (updates === 1) {
    for (const side of ['left', 'right'] as const) if (factors[side]) basis[side] = descending(factors[side]);
  }
  const projected = into(g);
  const m = mean('m', projected, beta1);
  const v = mean('v', tf.square(projected), beta2);
  const corrected = Math.sqrt(1 - beta2 ** updates) / (1 - beta1 ** updates);
  const update = tf.mul(back(tf.div(m, tf.add(tf.sqrt(v), epsilon * Math.sqrt(1 - beta2 ** updates)))), corrected);
  const kept = { m, v };
  if (updates > 1 && (updates - 1) % interval === 0) {
    const original = back(m);
    for (const side of ['left', 'right'] as const) {
      if (!factors[side] || !basis[side]) continue;
      const { order, next } = turned(factors[side], basis[side]);
      basis[side] = next;
      kept.v = tf.gather(kept.v, order, side === 'left' ? 0 : 1);
    }
    kept.m = into(original);
  }
  for (const side of ['left', 'right'] as const) {
    if (factors[side]) slots.set(key(side), name, factors[side]);
    if (basis[side]) slots.set(key(`${side}-basis`), name, basis[side]);
  }
  slots.set(key('m'), name, kept.m);
  slots.set(key('v'), name, kept.v);
  return update;
}

/** Eigenvectors as columns, those of the largest eigenvalues first. */
function descending(factor: Tensor): Tensor {
  return tf.reverse(eigh(tf.add(factor, tf.mul(tf.eye(factor.shape[0]), 1e-30))).vectors, 1);
}

/** One step of orthogonal iteration from the basis, its columns ordered by what they find in the factor. */
function turned(factor: Tensor, basis: Tensor): { order: tf.Tensor1D; next: Tensor } {
  const image = tf.matMul(factor, basis);
  const found = tf.sum(tf.mul(basis, image), 0).dataSync();
  const order = tf.tensor1d(
    [...found.keys()].sort((i, j) => found[j]! - found[i]! || i - j),
    'int32',
  );
  return { order, next: qr(tf.gather(image, order, 1)).q };
}
