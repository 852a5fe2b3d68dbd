import { rademacherLike, stepStream } from '../../chain/random.js';
import { mapNamed, pickNamed } from '../../tensor/named.js';
import { hvp } from '../../tensor/second-order/index.js';
import { tf } from '../../tensor/tf.js';
import { type Preconditioner } from '../contract.js';
import { lossOf } from './model.js';

export interface AdaHessianOptions {
  readonly damping: number;
  readonly beta2: number;
  readonly power: number;
}

/** g/(√v̂ᵏ + λ) with v the mean of D², D = |z ∘ Hz| for random signs z, averaged over the window of each convolution (Yao et al. 2021). */
export function adaHessianPreconditioner({ damping, beta2, power }: AdaHessianOptions): Preconditioner {
  return {
    name: 'adahessian',
    request: () => undefined,
    precondition({ gradients, parameters, slots, context, charge }) {
      const some = pickNamed(parameters, Object.keys(gradients));
      const signs = rademacherLike(some, (parameter) => stepStream(context, 'adahessian', parameter));
      const { product } = hvp(lossOf(context, parameters, 'adahessian'), some, signs, { onUnverified: 'difference' });
      charge(3);
      return {
        gradients: mapNamed(gradients, (gradient, parameter) => {
          const estimate = tf.abs(tf.mul(signs[parameter]!, product[parameter]!));
          const d = estimate.rank === 4 ? tf.add(tf.zerosLike(estimate), tf.mean(estimate, [0, 1], true)) : estimate;
          const before = slots.get('v', parameter) ?? tf.zerosLike(d);
          const v = tf.add(tf.mul(before, beta2), tf.mul(tf.square(d), 1 - beta2));
          slots.set('v', parameter, v);
          return tf.div(gradient, tf.add(tf.pow(tf.div(v, 1 - beta2 ** slots.count(parameter)), power / 2), damping));
        }),
      };
    },
  };
}
