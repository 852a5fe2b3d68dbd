/** Momentum divided by an estimate that comes with the gradients. */
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { type GradientTransform, type StepContext } from '../transform.js';
import { movingMean } from './adaptive.js';

export interface OverDiagonalOptions {
  beta1?: number;
  /** Added to the diagonal. */
  epsilon?: number;
  /** Divide the mean of the gradients by 1 - beta1^t. */
  correctBias?: boolean;
}

/** u <- m^/(d + eps): m^ the decaying mean of u, d the diagonal of the context. */
export function momentumOverDiagonal({ beta1 = 0.9, epsilon = 0, correctBias = true }: OverDiagonalOptions = {}): GradientTransform {
  return {
    name: 'momentum-over-diagonal',
    elementwise: { slots: ['m'] },
    update(updates, slots, _parameters, context) {
      const diagonal = diagonalOf(context);
      return mapNamed(updates, (update, name) => {
        const m = movingMean(slots.get('m', name), update, beta1);
        slots.set('m', name, m);
        const scale = correctBias ? 1 / (1 - beta1 ** slots.count(name)) : 1;
        return tf.div(tf.mul(m, scale), tf.add(diagonal[name]!, epsilon));
      });
    },
  };
}

export interface ClippedRatioOptions {
  beta1?: number;
  /** Times the diagonal. */
  rho?: number;
  /** Smallest divisor. */
  epsilon?: number;
}

/** u <- m/max(rho d, eps) limited to [-1, 1] in every coordinate. */
export function clippedOverDiagonal({ beta1 = 0.96, rho = 0.01, epsilon = 1e-12 }: ClippedRatioOptions = {}): GradientTransform {
  return {
    name: 'clipped-over-diagonal',
    elementwise: { slots: ['m'] },
    update(updates, slots, _parameters, context) {
      const diagonal = diagonalOf(context);
      return mapNamed(updates, (update, name) => {
        const m = movingMean(slots.get('m', name), update, beta1);
        slots.set('m', name, m);
        return tf.clipByValue(tf.div(m, tf.maximum(tf.mul(diagonal[name]!, rho), epsilon)), -1, 1);
      });
    },
  };
}

function diagonalOf({ diagonal }: StepContext): NamedTensors {
  if (!diagonal) throw new Error('a transform that divides by a diagonal got none with the gradients');
  return diagonal;
}
