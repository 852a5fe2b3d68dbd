/** Limited-memory BFGS (Nocedal 1980) on batches: both gradients of a pair are taken on the current batch. */
import { gradientsOf } from '../../tensor/autodiff.js';
import { dotNamed, mapNamed, type NamedTensors, pickNamed } from '../../tensor/named.js';
import { type Scalar, tf, type Tensor } from '../../tensor/tf.js';
import { plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { lossOf } from './model.js';

export interface LbfgsOptions {
  /** Number of pairs that are kept, m. */
  readonly history: number;
  /** Pairs with sᵀy below this times sᵀs are dropped, so that H stays positive definite. */
  readonly damping: number;
}

interface Pair {
  readonly s: NamedTensors;
  readonly y: NamedTensors;
}

/** H·g by the two-loop recursion over the pairs s = w − w₋, y = ∇L(w) − ∇L(w₋) of the active parameters. */
export function lbfgs({ history, damping }: LbfgsOptions): Link {
  const name = 'l-bfgs';
  return {
    name,
    layers: () => undefined,
    update(gradients, { parameters, slots, context, charge }) {
      const names = Object.keys(gradients);
      const known = names.filter((parameter) => slots.get('previous', parameter));
      if (known.length > 0) {
        const at = {
          ...parameters,
          ...Object.fromEntries(known.map((parameter) => [parameter, slots.get('previous', parameter)!])),
        };
        const before = gradientsOf(lossOf(context, at, name), pickNamed(at, known), { unused: 'zero' });
        charge(1);
        for (const parameter of known) {
          remember('s', parameter, tf.sub(parameters[parameter]!, at[parameter]!));
          remember('y', parameter, tf.sub(gradients[parameter]!, before[parameter]!));
        }
      }
      for (const parameter of names) slots.set('previous', parameter, tf.clone(parameters[parameter]!));
      return twoLoops(gradients, pairs());

      /** Adds a value to those kept, newest first: [k, size] with k at most m. */
      function remember(what: 's' | 'y', parameter: string, value: Tensor): void {
        const row = tf.reshape(value, [1, -1]);
        const earlier = slots.get(what, parameter);
        const kept = earlier && (earlier.shape[0] < history ? earlier : tf.slice(earlier, [0, 0], [history - 1, -1]));
        slots.set(what, parameter, kept && history > 1 ? tf.concat([row, kept], 0) : row);
      }

      function pairs(): Pair[] {
        const kept = Object.fromEntries(
          names.flatMap((parameter) =>
            slots.get('s', parameter)
              ? [[parameter, { s: slots.get('s', parameter)!, y: slots.get('y', parameter)! }] as const]
              : [],
          ),
        );
        const longest = Math.max(0, ...Object.values(kept).map(({ s }) => s.shape[0]));
        const entry = (what: 's' | 'y', index: number): NamedTensors =>
          mapNamed(gradients, (gradient, parameter) => {
            const rows = kept[parameter]?.[what];
            return rows && index < rows.shape[0]
              ? tf.reshape(tf.slice(rows, [index, 0], [1, -1]), gradient.shape)
              : tf.zerosLike(gradient);
          });
        return Array.from({ length: longest }, (_, index) => ({ s: entry('s', index), y: entry('y', index) }));
      }
    },
  };

  function twoLoops(g: NamedTensors, pairs: readonly Pair[]): NamedTensors {
    // Unusable pairs count as zero instead of being left out, so that a step is the same whichever these are.
    const kept = pairs.map(({ s, y }) => {
      const [sy, ss] = [dotNamed(s, y), dotNamed(s, s)];
      const isUseful = tf.logicalAnd(tf.greater(sy, tf.mul(ss, damping)), tf.greater(ss, 0));
      const orZero = (tensors: NamedTensors): NamedTensors =>
        mapNamed(tensors, (tensor) => tf.where(isUseful, tensor, tf.zerosLike(tensor)));
      return { isUseful, sy: tf.where(isUseful, sy, 1), s: orZero(s), y: orZero(y) };
    });
    let q = g;
    const alphas = kept.map(({ s, y, sy }) => {
      const alpha: Scalar = tf.div(dotNamed(s, q), sy);
      q = plusScaled(q, tf.neg(alpha), y);
      return alpha;
    });
    let size = tf.scalar(1);
    for (const { isUseful, sy, y } of kept.toReversed()) size = tf.where(isUseful, tf.div(sy, dotNamed(y, y)), size);
    let r = scaled(q, size);
    for (const [i, { s, y, sy }] of [...kept.entries()].reverse())
      r = plusScaled(r, tf.sub(alphas[i]!, tf.div(dotNamed(y, r), sy)), s);
    return r;
  }
}
