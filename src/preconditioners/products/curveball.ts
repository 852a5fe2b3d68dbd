/**
 * CurveBall (Henriques et al. 2019): tracks the solution of Newton's equation with one step of momentum gradient
 * descent per update.
 */
import { gaussNewtonOperator } from '../../tensor/second-order/index.js';
import { dotNamed, mapNamed, type NamedTensors, pickNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { differenceNotes, modelOf } from './model.js';

/**
 * z ← ρz − β·((G + λI)z + g), and the step is z; ρ and β minimize the quadratic model along both directions (their
 * equation 18). The following optimizer takes −z as its gradient: a learning rate of 1 gives the method itself.
 */
export function curveBall({ damping }: { readonly damping: number }): Link {
  const name = 'curveball';
  return {
    name,
    layers: () => undefined,
    update(gradients, { parameters, slots, context, charge, report, note }) {
      const some = pickNamed(parameters, Object.keys(gradients));
      const { outputs, loss } = modelOf(context, name);
      const operator = gaussNewtonOperator({ outputs: (at) => outputs({ ...parameters, ...at }), loss }, some, {
        onUnverified: 'difference',
      });
      try {
        const times = (v: NamedTensors): NamedTensors => {
          charge(2);
          return plusScaled(operator.apply(v), damping, v);
        };
        const product = (u: NamedTensors, v: NamedTensors): number => dotNamed(u, v).dataSync()[0]!;
        const z = mapNamed(gradients, (gradient, parameter) => slots.get('z', parameter) ?? tf.zerosLike(gradient));
        const image = times(z);
        const slope = mapNamed(image, (tensor, parameter) => tf.add(tensor, gradients[parameter]!));
        const bent = times(slope);
        // min over (β, ρ) of q(ρz − βΔ), q(d) = gᵀd + ½·dᵀ(G + λ)d.
        const [dd, zd, zz] = [product(slope, bent), product(z, bent), product(z, image)];
        const [gd, gz] = [product(gradients, slope), product(gradients, z)];
        const determinant = dd * zz - zd * zd;
        const alone = zz <= 0 || determinant <= 1e-7 * dd * zz;
        const beta = alone ? (dd > 0 ? gd / dd : 0) : (gd * zz - gz * zd) / determinant;
        const rho = alone ? 0 : (gd * zd - gz * dd) / determinant;
        const next = plusScaled(scaled(z, rho), -beta, slope);
        for (const [parameter, tensor] of Object.entries(next)) slots.set('z', parameter, tensor);
        differenceNotes(name, operator.reasons).forEach(note);
        report({ beta, rho });
        return scaled(next, -1);
      } finally {
        operator.dispose();
      }
    },
  };
}
