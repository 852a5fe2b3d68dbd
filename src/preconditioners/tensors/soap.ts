/** SOAP (Vyas et al. 2024): Adam in the eigenbasis of Shampoo's factors. */
import { eigh, qr } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';
import { asMatrix, mapPieces } from './blocks.js';
import { perTensor, type TensorStep } from './per-tensor.js';

export interface SoapOptions {
  readonly beta1: number;
  readonly beta2: number;
  /** Decay of the factors. */
  readonly decay: number;
  readonly epsilon: number;
  /** A parameter's own updates between two changes of the basis. */
  readonly interval: number;
  readonly blockSize: number;
}

/**
 * Q_L·(m/(√v + ε))·Q_Rᵀ with m, v the means of the gradient in the basis and of its square. The basis tracks the
 * factors by one step of orthogonal iteration. A parameter's first update only initializes the basis and does not move
 * the parameter, as in the authors' code: in the eigenbasis of its own factors a gradient is diagonal, and Adam's first
 * step would turn the rounding errors everywhere else into signs.
 */
export function soap(options: SoapOptions): Link {
  return perTensor('soap', (step) => {
    const matrix = asMatrix(step.gradient);
    const isFirst = step.when((updates) => updates === 1);
    const direction = mapPieces(matrix, options.blockSize, (piece, index) =>
      isFirst ? firstBasis(step, options, piece, index) : block(step, options, piece, index),
    );
    return isFirst ? undefined : tf.reshape(direction, step.gradient.shape);
  });
}

const SIDES = ['left', 'right'] as const;
type Side = (typeof SIDES)[number];

/** The factors that a piece has: none for a vector, for which plain Adam is used. */
function sidesOf({ shape: [rows = 1, columns = 1] }: Tensor): readonly Side[] {
  return columns > 1 && rows > 1 ? SIDES : [];
}

/** (1 − decay)·G·Gᵀ and (1 − decay)·Gᵀ·G, and their eigenvectors. */
function firstBasis({ name, slots }: TensorStep, { decay }: SoapOptions, g: Tensor, index: number): Tensor {
  for (const side of sidesOf(g)) {
    const factor = tf.mul(outer(g, side), 1 - decay);
    slots.set(`${side}-${index}`, name, factor);
    slots.set(`${side}-basis-${index}`, name, descending(factor));
  }
  return g;
}

const outer = (g: Tensor, side: Side): Tensor =>
  side === 'left' ? tf.matMul(g, g, false, true) : tf.matMul(g, g, true, false);

function block(
  { name, slots, when, scalar }: TensorStep,
  { beta1, beta2, decay, epsilon, interval }: SoapOptions,
  g: Tensor,
  index: number,
): Tensor {
  const key = (what: string): string => `${what}-${index}`;
  const sides = sidesOf(g);
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
  const projected = into(g);
  const m = mean('m', projected, beta1);
  const v = mean('v', tf.square(projected), beta2);
  const corrected = scalar((updates) => Math.sqrt(1 - beta2 ** (updates - 1)) / (1 - beta1 ** (updates - 1)));
  const update = tf.mul(back(tf.div(m, tf.add(tf.sqrt(v), epsilon))), corrected);
  const kept = { m, v };
  // Only now, so that no gradient is projected onto a basis that it has influenced.
  for (const side of sides) slots.set(key(side), name, mean(side, outer(g, side), decay));
  if (when((updates) => (updates - 1) % interval === 0)) {
    const original = back(m);
    for (const side of sides) {
      const { order, next } = iterated(slots.get(key(side), name)!, basis[side]!);
      basis[side] = next;
      slots.set(key(`${side}-basis`), name, next);
      kept.v = tf.gather(kept.v, order, side === 'left' ? 0 : 1);
    }
    kept.m = into(original);
  }
  slots.set(key('m'), name, kept.m);
  slots.set(key('v'), name, kept.v);
  return update;
}

/** Eigenvectors as columns, those of the largest eigenvalues first. */
function descending(factor: Tensor): Tensor {
  return tf.reverse(eigh(tf.add(factor, tf.mul(tf.eye(factor.shape[0]), 1e-30))).vectors, 1);
}

/** One step of orthogonal iteration from the basis, with its columns in order of their approximate eigenvalues. */
function iterated(factor: Tensor, basis: Tensor): { order: tf.Tensor1D; next: Tensor } {
  const image = tf.matMul(factor, basis);
  const found = tf.sum(tf.mul(basis, image), 0);
  const order = tf.topk(found, found.size).indices as tf.Tensor1D;
  return { order, next: qr(tf.gather(image, order, 1)).q };
}
