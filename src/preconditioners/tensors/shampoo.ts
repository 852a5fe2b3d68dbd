/** Shampoo (Gupta, Koren & Singer 2018; Anil et al. 2020): one factor of the gradient's second moment for each axis. */
import { damped, inverseRoot } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type Preconditioner } from '../contract.js';
import { asMatrix, mapPieces } from './blocks.js';
import { perTensor, type TensorStep } from './per-tensor.js';

export interface ShampooOptions {
  /** ε, relative to the largest entry of each factor's diagonal. */
  readonly damping: number;
  /** Own updates from one root to the next. */
  readonly interval: number;
  readonly warmUp: number;
  /** Share of the statistics that survives an update; 1 sums them, as AdaGrad does. */
  readonly decay: number;
  /** Longest side of a block. */
  readonly blockSize: number;
  /** Take the length of each block's step from another method. */
  readonly grafting: 'none' | 'sgd' | 'adagrad' | 'adam';
  /** Own updates from one look at the gradient to the next. */
  readonly statisticsInterval?: number | undefined;
}

/** L^(−1/4)·G·R^(−1/4) with L ≈ Σ G·Gᵀ, R ≈ Σ Gᵀ·G of every block; of a vector L^(−1/2)·g: full-matrix AdaGrad. */
export function shampoo(options: ShampooOptions): Preconditioner {
  return perTensor('shampoo', (step) => {
    const matrix = asMatrix(step.gradient);
    return tf.reshape(mapPieces(matrix, options.blockSize, (piece, index) => block(step, options, piece, index)), step.gradient.shape);
  });
}

function block({ name, slots, updates }: TensorStep, options: ShampooOptions, g: Tensor, index: number): Tensor {
  const { damping, interval, warmUp, decay, grafting, statisticsInterval = interval } = options;
  const sides = ([['left', 0], ['right', 1]] as const).filter(([, axis]) => g.shape[axis]! > 1 || (axis === 0 && g.shape[1] === 1));
  const power = 2 * sides.length;
  const looks = updates <= warmUp || (updates - 1) % statisticsInterval === 0;
  const roots = updates <= warmUp || (updates - 1) % interval === 0;
  let result = g;
  for (const [side, axis] of sides) {
    const slot = `${side}-${index}`;
    let statistics = slots.get(slot, name);
    if (looks || !statistics) {
      const now = axis === 0 ? tf.matMul(g, g, false, true) : tf.matMul(g, g, true, false);
      statistics = !statistics ? now : tf.add(tf.mul(statistics, decay), tf.mul(now, decay === 1 ? 1 : 1 - decay));
      slots.set(slot, name, statistics);
    }
    let root = slots.get(`${slot}-root`, name);
    if (roots || !root) {
      const size = statistics.shape[0];
      const ridge = tf.maximum(tf.mul(tf.max(tf.abs(tf.sum(tf.mul(statistics, tf.eye(size)), 1))), damping), 1e-30);
      const { result: fresh, damping: added } = damped(tf.add(statistics, tf.mul(ridge, tf.eye(size))), (matrix) => inverseRoot(matrix, power));
      if (added > 0) slots.setNumber('raised', slots.number('raised') + 1);
      root = fresh;
      slots.set(`${slot}-root`, name, root);
    }
    result = axis === 0 ? tf.matMul(root, result) : tf.matMul(result, root);
  }
  return grafting === 'none' ? result : withLengthOf(result, graft({ name, slots, updates }, grafting, g, index));
}

/** The direction of `step`, the length of `other`. */
function withLengthOf(step: Tensor, other: Tensor): Tensor {
  return tf.mul(step, tf.div(tf.norm(other), tf.add(tf.norm(step), 1e-16)));
}

function graft({ name, slots, updates }: Pick<TensorStep, 'name' | 'slots' | 'updates'>, grafting: 'sgd' | 'adagrad' | 'adam', g: Tensor, index: number): Tensor {
  if (grafting === 'sgd') return g;
  const before = slots.get(`graft-${index}`, name) ?? tf.zerosLike(g);
  const decay = grafting === 'adam' ? 0.999 : 1;
  const squares = tf.add(tf.mul(before, decay), tf.mul(tf.square(g), grafting === 'adam' ? 1 - decay : 1));
  slots.set(`graft-${index}`, name, squares);
  const mean = grafting === 'adam' ? tf.div(squares, 1 - decay ** updates) : squares;
  return tf.div(g, tf.add(tf.sqrt(mean), 1e-8));
}
