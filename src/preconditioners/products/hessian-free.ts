/**
 * Hessian-free optimization (Martens 2010): conjugate gradients on the Gauss-Newton matrix, used only through its
 * products.
 */
import { gaussNewtonOperator } from '../../tensor/second-order/index.js';
import { dotNamed, mapNamed, type NamedTensors, pickNamed } from '../../tensor/named.js';
import { tf, tidy } from '../../tensor/tf.js';
import { plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { differenceNotes, lossOf, modelOf } from './model.js';

export interface HessianFreeOptions {
  readonly damping: number;
  /** Maximum number of products per step. */
  readonly iterations: number;
  /** Stops when the residual is this fraction of the gradient. */
  readonly tolerance: number;
  /** Factor of the last solution as the starting point of the next one. */
  readonly warmStart: number;
  /**
   * Factor by which λ is multiplied or divided, depending on the reduction ratio (Levenberg & Marquardt); 1 keeps it.
   */
  readonly adapt: number;
}

export function hessianFree({ damping, iterations, tolerance, warmStart, adapt }: HessianFreeOptions): Link {
  const name = 'hessian-free';
  return {
    name,
    layers: () => undefined,
    update(gradients, { parameters, slots, context, charge, report, note }) {
      const names = Object.keys(gradients);
      const some = pickNamed(parameters, names);
      const { outputs, loss } = modelOf(context, name);
      const operator = gaussNewtonOperator({ outputs: (at) => outputs({ ...parameters, ...at }), loss }, some, {
        onUnverified: 'difference',
      });
      const lambda = slots.number('lambda') || damping;
      try {
        const times = (v: NamedTensors): NamedTensors => {
          charge(2);
          return plusScaled(operator.apply(v), lambda, v);
        };
        const start = mapNamed(gradients, (gradient, parameter) =>
          tf.mul(slots.get('solution', parameter) ?? tf.zerosLike(gradient), warmStart),
        );
        const solution = conjugateGradients(times, gradients, start, { iterations, tolerance });
        for (const parameter of names) slots.set('solution', parameter, tf.clone(solution[parameter]!));
        if (adapt !== 1) slots.setNumber('lambda', lambda * change(solution));
        differenceNotes(name, operator.reasons).forEach(note);
        report({ damping: lambda });
        return solution;

        function change(step: NamedTensors): number {
          // The model of the full step -x: q = ½·xᵀ(G + λ)x − gᵀx.
          const model = tidy(
            () => tf.sub(tf.mul(0.5, dotNamed(step, times(step))), dotNamed(gradients, step)).dataSync()[0]!,
          );
          const at = lossOf(context, parameters, name);
          const [before, after] = [some, plusScaled(some, -1, step)].map((weights) => at(weights).dataSync()[0]!) as [
            number,
            number,
          ];
          charge(2 / 3);
          const ratio = model === 0 ? 1 : (after - before) / model;
          return ratio < 0.25 || !Number.isFinite(ratio) ? adapt : ratio > 0.75 ? 1 / adapt : 1;
        }
      } finally {
        operator.dispose();
      }
    },
  };
}

/** x with A·x ≈ b for symmetric positive definite A (Hestenes & Stiefel 1952). Runs inside a tidy. */
function conjugateGradients(
  times: (v: NamedTensors) => NamedTensors,
  b: NamedTensors,
  start: NamedTensors,
  { iterations, tolerance }: { iterations: number; tolerance: number },
): NamedTensors {
  const product = (u: NamedTensors, v: NamedTensors): number => dotNamed(u, v).dataSync()[0]!;
  const limit = tolerance * tolerance * product(b, b);
  let x = start;
  const startsAtZero = product(start, start) === 0;
  let r = startsAtZero ? b : plusScaled(b, -1, times(start));
  let p = r;
  let size = product(r, r);
  for (let i = 0; i < iterations && size > limit; i++) {
    const image = times(p);
    const bend = product(p, image);
    // Rounding, or differences of gradients: no further progress is possible.
    if (!(bend > 0)) break;
    const share = size / bend;
    x = plusScaled(x, share, p);
    r = plusScaled(r, -share, image);
    const next = product(r, r);
    p = plusScaled(r, next / size, p);
    size = next;
  }
  return x === start ? scaled(x, 1) : x;
}
