/** M-FAC (Frantar, Kurtic & Alistarh 2021): the last m gradients of a tensor as its Fisher information. */
import { damped, inverse } from '../../tensor/linalg/index.js';
import { tf } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';
import { perTensor } from './per-tensor.js';

export interface MfacOptions {
  readonly damping: number;
  /** Number of gradients that are kept, m. */
  readonly history: number;
}

/** (λI + GᵀG/m)⁻¹·g = (g − Gᵀ(mλI + G·Gᵀ)⁻¹G·g)/λ with the rows of G the last m gradients, this one included. */
export function mfac({ damping, history }: MfacOptions): Link {
  return perTensor('m-fac', ({ name, gradient, slots, raise }) => {
    const row = tf.reshape(gradient, [1, -1]);
    const earlier = slots.get('gradients', name);
    const kept = earlier && (earlier.shape[0] < history ? earlier : tf.slice(earlier, [1, 0], [history - 1, -1]));
    const rows = kept && history > 1 ? tf.concat([kept, row], 0) : row;
    slots.set('gradients', name, rows);
    const count = rows.shape[0];
    const gram = tf.add(tf.matMul(rows, rows, false, true), tf.mul(count * damping, tf.eye(count)));
    const { result, damping: added } = damped(gram, (matrix) => inverse(matrix));
    if (added > 0) raise();
    const c = tf.matMul(result, tf.matMul(rows, row, false, true));
    return tf.reshape(tf.div(tf.sub(row, tf.matMul(c, rows, true, false)), damping), gradient.shape);
  });
}
