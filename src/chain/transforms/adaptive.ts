/** Directions scaled by a running estimate of each coordinate's size. */
import { mapNamed } from '../../tensor/named.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type Link } from '../link.js';
import { type LinkMoment } from '../moment.js';

export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/**
 * u <- m^/(sqrt(v^) + eps) with m, v the decaying means of u and u^2, each divided by 1 - beta^t
 * (Kingma & Ba 2015, algorithm 1). t counts the steps of each parameter separately.
 */
export function scaleByAdam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): Link {
  return {
    name: 'adam',
    elementwise: { slots: ['m', 'v'] },
    update(updates, { slots, scalar }) {
      return mapNamed(updates, (update, name) => {
        slots.advance(name);
        const m = movingMean(slots.get('m', name), update, beta1);
        const v = movingMean(slots.get('v', name), tf.square(update), beta2);
        slots.set('m', name, m);
        slots.set('v', name, v);
        // m^/(sqrt(v^) + eps) = (m/c1)/(sqrt(v)/sqrt(c2) + eps), written with the fewest kernels.
        const c2 = ({ count }: LinkMoment): number => Math.sqrt(1 - beta2 ** count(name));
        const small = scalar((at) => c2(at) * epsilon);
        const correction = scalar((at) => c2(at) / (1 - beta1 ** at.count(name)));
        return tf.mul(tf.div(m, tf.add(tf.sqrt(v), small)), correction);
      });
    },
  };
}

export interface RmsOptions {
  decay?: number;
  epsilon?: number;
  /** Subtract the squared mean gradient from the mean square. */
  centered?: boolean;
  /** Divide the mean square by 1 - decay^t, as Adam does. */
  correctBias?: boolean;
}

/**
 * u <- u/(sqrt(v) + eps), v the decaying mean of u^2 (Tieleman & Hinton 2012); centered: of its variance (Graves 2013).
 */
export function scaleByRms({
  decay = 0.99,
  epsilon = 1e-8,
  centered = false,
  correctBias = false,
}: RmsOptions = {}): Link {
  return {
    name: 'rms',
    elementwise: { slots: ['v', 'mean'] },
    update(updates, { slots, scalar }) {
      return mapNamed(updates, (update, name) => {
        const v = movingMean(slots.get('v', name), tf.square(update), decay);
        slots.set('v', name, v);
        if (correctBias) slots.advance(name);
        const size = correctBias
          ? tf.div(
              v,
              scalar(({ count }) => 1 - decay ** count(name)),
            )
          : v;
        if (!centered) return tf.div(update, tf.add(tf.sqrt(size), epsilon));
        const mean = movingMean(slots.get('mean', name), update, decay);
        slots.set('mean', name, mean);
        return tf.div(update, tf.add(tf.sqrt(tf.sub(size, tf.square(mean))), epsilon));
      });
    },
  };
}

export interface AdagradOptions {
  epsilon?: number;
  /** Initial value of the sum of squares. */
  initial?: number;
}

/** u <- u/(sqrt(s) + eps), s the sum of all u^2 so far (Duchi et al. 2011, diagonal). */
export function scaleByAdagrad({ epsilon = 1e-10, initial = 0 }: AdagradOptions = {}): Link {
  return {
    name: 'adagrad',
    elementwise: { slots: ['sum'] },
    update(updates, { slots }) {
      return mapNamed(updates, (update, name) => {
        const sum = tf.add(slots.get('sum', name) ?? initial, tf.square(update));
        slots.set('sum', name, sum);
        return tf.div(update, tf.add(tf.sqrt(sum), epsilon));
      });
    },
  };
}

/** decay·mean + (1 - decay)·value, starting from zero. */
export function movingMean(mean: Tensor | undefined, value: Tensor, decay: number): Tensor {
  const part = tf.mul(value, 1 - decay);
  return mean ? tf.add(tf.mul(mean, decay), part) : part;
}
