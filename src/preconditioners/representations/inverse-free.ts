/**
 * Inverse-free Kronecker factors (Lin et al. 2023, 2024; INGD, SINGD): the inverse factors K·Kᵀ ≈ (A + …)⁻¹ and C·Cᵀ ≈
 * (B + …)⁻¹ are tracked by steps on their own matrix group, which take only matrix products.
 */
import { trace } from '../../tensor/linalg/index.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type BlockSolver, type Representation, type Statistics } from '../contract.js';
import { denseFactors } from './kronecker.js';
import { tableFactors } from './table.js';
import { unitWise } from './unit.js';

export interface InverseFreeOptions {
  /** β₁: step of K and C. */
  readonly rate: number;
  /** α₁: momentum of that step. */
  readonly momentum: number;
}

/**
 * m_K ← α·m_K + ½·(tr(CᵀBC)/d_C·KᵀAK + λ·tr(CᵀC)/d_C·KᵀK − I); K ← K·(I − β·m_K); and the same with the roles
 * exchanged.
 */
export function inverseFree({ rate, momentum }: InverseFreeOptions): Representation {
  const move = (before: Statistics, { A, B }: { A: Tensor; B: Tensor }, lambda: number): Statistics => {
    const [k, c] = [before['K']!, before['C']!];
    const inside = (q: Tensor, m: Tensor): Tensor => tf.matMul(tf.matMul(q, m, true, false), q);
    const [hk, hc] = [inside(k, A), inside(c, B)];
    const [kk, cc] = [tf.matMul(k, k, true, false), tf.matMul(c, c, true, false)];
    const [dk, dc] = [k.shape[0], c.shape[0]];
    const next = (
      own: Tensor,
      ownSquare: Tensor,
      other: Tensor,
      otherSquare: Tensor,
      d: number,
      size: number,
      m: Tensor,
    ): Tensor => {
      const push = tf.sub(
        tf.add(tf.mul(own, tf.div(trace(other), d)), tf.mul(ownSquare, tf.mul(lambda, tf.div(trace(otherSquare), d)))),
        tf.eye(size),
      );
      return tf.add(tf.mul(m, momentum), tf.mul(push, 0.5));
    };
    const mk = next(hk, kk, hc, cc, dc, dk, before['momentum-K']!);
    const mc = next(hc, cc, hk, kk, dk, dc, before['momentum-C']!);
    return { K: stepped(k, mk), C: stepped(c, mc), 'momentum-K': mk, 'momentum-C': mc };
  };
  /** K·(I − β·m), with the step shortened if it would be too long for a first-order step. */
  const stepped = (k: Tensor, m: Tensor): Tensor => {
    const share = tf.minimum(rate, tf.div(0.5, tf.maximum(tf.norm(m), 1e-30)));
    return tf.sub(k, tf.mul(tf.matMul(k, m), share));
  };
  const solver: BlockSolver = {
    statisticNames: ['A', 'B'],
    preparedNames: ['K', 'C', 'momentum-K', 'momentum-C'],
    statistics(data) {
      return { ...denseFactors(data) };
    },
    prepare({ A, B }, { lambda }, _data, before) {
      const [i, o] = [A!.shape[0], B!.shape[0]];
      const start = before ?? {
        K: tf.eye(i),
        C: tf.eye(o),
        'momentum-K': tf.zeros([i, i]),
        'momentum-C': tf.zeros([o, o]),
      };
      return move(start, { A: A!, B: B! }, lambda);
    },
    apply({ K, C }, gradient) {
      const left = tf.matMul(K!, tf.matMul(K!, gradient, true, false));
      return tf.matMul(tf.matMul(left, C!), C!, false, true);
    },
  };
  return {
    name: 'Kronecker, inverse-free',
    of: ({ kind }) => (kind === 'matrix' ? solver : kind === 'channels' ? unitWise : tableFactors),
  };
}
