/** The loss of every task. */
import { expect } from 'chai';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy, type Tensor } from '../../src/tensor/tf.js';
import { labelCrossEntropies } from '../../src/training/index.js';
import { onEachBackend } from '../tensor/backends.js';

const [N, T, K] = [3, 2, 5];
const EPSILON = 0.2;
const LABELS = [4, 0, 2, 2, 1, 3];

/**
 * Losses and the gradient of their sum at logits z, in float64 from the definition: −Σ q·log p with q = ε/K, and 1 − ε
 * more at the label.
 */
function byHand(z: readonly number[], epsilon: number): { losses: number[]; gradient: number[] } {
  const rows = LABELS.map((label, row) => {
    const logits = z.slice(row * K, (row + 1) * K);
    const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
    const target = logits.map((_, k) => epsilon / K + (k === label ? 1 - epsilon : 0));
    const p = logits.map((value) => Math.exp(value) / total);
    return {
      loss: -target.reduce((sum, q, k) => sum + q * Math.log(p[k]!), 0),
      gradient: p.map((value, k) => value - target[k]!),
    };
  });
  return { losses: rows.map(({ loss }) => loss), gradient: rows.flatMap(({ gradient }) => gradient) };
}

describe('the loss of class labels', () => {
  const rng = stream('cross-entropy');
  const z = Array.from({ length: N * T * K }, () => 2 * rng.normal());

  onEachBackend(() => {
    for (const [form, shape, labels] of [
      ['examples', [N * T, K], [N * T]],
      ['sequences', [N, T, K], [N, T]],
    ] as const) {
      for (const epsilon of [0, EPSILON]) {
        it(`is its definition, of ${form} smoothed by ${epsilon}, and so is its gradient`, () => {
          const before = tf.memory().numTensors;
          const [losses, gradient] = tidy(() => {
            const y = tf.tensor(LABELS, [...labels], 'int32');
            const { aux, gradients } = valueAndGradients(
              ({ logits }) => {
                const each = labelCrossEntropies(logits!, y, epsilon);
                return { loss: tf.sum(each) as tf.Scalar, aux: { each } };
              },
              { logits: tf.tensor(z, [...shape]) },
            );
            return [aux.each, gradients['logits']!].map((t: Tensor) => [...t.dataSync()]) as [number[], number[]];
          });
          const expected = byHand(z, epsilon);
          losses.forEach((loss, i) => expect(loss).to.be.closeTo(expected.losses[i]!, 2e-6));
          gradient.forEach((value, i) => expect(value).to.be.closeTo(expected.gradient[i]!, 2e-6));
          expect(tf.memory().numTensors).to.equal(before);
        });
      }
    }
  });
});
