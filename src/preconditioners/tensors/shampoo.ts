/** Shampoo (Gupta, Koren & Singer 2018; Anil et al. 2020): one factor of the gradient's second moment for each axis. */
import { damped, diagonalPart, ridgedInverseRoot } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';
import { asMatrix, type PieceStack, stackedPieces } from './blocks.js';
import { perTensor, type TensorStep } from './per-tensor.js';

export interface ShampooOptions {
  /** ε, relative to the largest entry of each factor's diagonal. */
  readonly damping: number;
  /** A parameter's own updates between two roots. */
  readonly interval: number;
  readonly warmUp: number;
  /** Fraction of the statistics that is kept at an update; 1 sums them, as AdaGrad does. */
  readonly decay: number;
  /** Longest side of a block. */
  readonly blockSize: number;
  /** Take the length of each block's step from another method. */
  readonly grafting: 'none' | 'sgd' | 'adagrad' | 'adam';
  /** A parameter's own updates between two measurements of the gradient. */
  readonly statisticsInterval?: number | undefined;
}

/** L^(−1/4)·G·R^(−1/4) with L ≈ Σ G·Gᵀ, R ≈ Σ Gᵀ·G of every block; for a vector L^(−1/2)·g, full-matrix AdaGrad. */
export function shampoo(options: ShampooOptions): Link {
  return perTensor('shampoo', (step) => {
    const { stacks, join } = stackedPieces(asMatrix(step.gradient), options.blockSize);
    return tf.reshape(join(stacks.map((stack) => blocks(step, options, stack))), step.gradient.shape);
  });
}

/** Blocks of one size [count,rows,columns] together. */
function blocks(
  { name, slots, when, scalar, raise }: TensorStep,
  options: ShampooOptions,
  { key, stack: g }: PieceStack,
): Tensor {
  const { damping, interval, warmUp, decay, grafting, statisticsInterval = interval } = options;
  const [, rows, columns] = g.shape as [number, number, number];
  const sides = (['left', 'right'] as const).filter((side) =>
    side === 'left' ? rows > 1 || columns === 1 : columns > 1,
  );
  const power = 2 * sides.length;
  const isMeasured = when((updates) => updates <= warmUp || (updates - 1) % statisticsInterval === 0);
  const roots = when((updates) => updates <= warmUp || (updates - 1) % interval === 0);
  let result = g;
  for (const side of sides) {
    const slot = `${side}-${key}`;
    let statistics = slots.get(slot, name);
    if (isMeasured || !statistics) {
      const now = side === 'left' ? tf.matMul(g, g, false, true) : tf.matMul(g, g, true, false);
      statistics = !statistics ? now : tf.add(tf.mul(statistics, decay), tf.mul(now, decay === 1 ? 1 : 1 - decay));
      slots.set(slot, name, statistics);
    }
    let root = slots.get(`${slot}-root`, name);
    if (roots || !root) {
      const ridge = tf.maximum(tf.mul(tf.max(tf.abs(diagonalPart(statistics)), -1, true), damping), 1e-30);
      const { result: fresh, damping: added } = damped(statistics, (matrix) => ridgedInverseRoot(matrix, power, ridge));
      if (added > 0 || fresh.raised) raise();
      root = fresh.root;
      slots.set(`${slot}-root`, name, root);
    }
    result = side === 'left' ? tf.matMul(root, result) : tf.matMul(result, root);
  }
  return grafting === 'none' ? result : withLengthOf(result, graft({ name, slots, scalar }, grafting, g, key));
}

/** Each block of `step`, rescaled to the length of the block of `other`. */
function withLengthOf(step: Tensor, other: Tensor): Tensor {
  return tf.mul(step, tf.div(lengths(other), tf.add(lengths(step), 1e-16)));
}

const lengths = (stack: Tensor): Tensor => tf.sqrt(tf.sum(tf.square(stack), [1, 2], true));

function graft(
  { name, slots, scalar }: Pick<TensorStep, 'name' | 'slots' | 'scalar'>,
  grafting: 'sgd' | 'adagrad' | 'adam',
  g: Tensor,
  key: string,
): Tensor {
  if (grafting === 'sgd') return g;
  const before = slots.get(`graft-${key}`, name) ?? tf.zerosLike(g);
  const decay = grafting === 'adam' ? 0.999 : 1;
  const squares = tf.add(tf.mul(before, decay), tf.mul(tf.square(g), grafting === 'adam' ? 1 - decay : 1));
  slots.set(`graft-${key}`, name, squares);
  const mean =
    grafting === 'adam'
      ? tf.div(
          squares,
          scalar((updates) => 1 - decay ** updates),
        )
      : squares;
  return tf.div(g, tf.add(tf.sqrt(mean), 1e-8));
}
