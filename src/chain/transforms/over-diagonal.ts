/** Momentum divided by a diagonal estimate from an earlier link. */
import { mapNamed } from '../../tensor/named.js';
import { type Scalar, tf, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../link.js';
import { movingMean } from './adaptive.js';

export interface OverDiagonalOptions {
  beta1?: number;
  /** Added to the diagonal. */
  epsilon?: number;
  /** Divide the mean of the gradients by 1 - beta1^t. */
  correctBias?: boolean;
}

/** u <- m^/(d + eps): m^ the decaying mean of u, d the diagonal of the context. */
export function momentumOverDiagonal({ beta1 = 0.9, epsilon = 0, correctBias = true }: OverDiagonalOptions = {}): Link {
  return overDiagonal('momentum-over-diagonal', beta1, (m, diagonal, correction) =>
    tf.div(correctBias ? tf.mul(m, correction()) : m, tf.add(diagonal, epsilon)),
  );
}

export interface ClippedRatioOptions {
  beta1?: number;
  /** Factor of the diagonal. */
  rho?: number;
  /** Smallest divisor. */
  epsilon?: number;
}

/** u <- m/max(rho d, eps) with every coordinate clipped to [-1, 1]. */
export function clippedOverDiagonal({ beta1 = 0.96, rho = 0.01, epsilon = 1e-12 }: ClippedRatioOptions = {}): Link {
  return overDiagonal('clipped-over-diagonal', beta1, (m, diagonal) =>
    tf.clipByValue(tf.div(m, tf.maximum(tf.mul(diagonal, rho), epsilon)), -1, 1),
  );
}

/** `direction` of the decaying mean of the updates, the diagonal, and 1/(1 - beta1^t). */
function overDiagonal(
  name: string,
  beta1: number,
  direction: (m: Tensor, diagonal: Tensor, correction: () => Scalar) => Tensor,
): Link {
  return {
    name,
    elementwise: { slots: ['m'] },
    update(updates, { slots, diagonal, scalar }) {
      if (!diagonal) throw new Error(`'${name}' divides by a diagonal, but got none with the gradients`);
      return mapNamed(updates, (update, parameter) => {
        const m = movingMean(slots.get('m', parameter), update, beta1);
        slots.set('m', parameter, m);
        slots.advance(parameter);
        return direction(m, diagonal[parameter]!, () => scalar(({ count }) => 1 / (1 - beta1 ** count(parameter))));
      });
    },
  };
}
