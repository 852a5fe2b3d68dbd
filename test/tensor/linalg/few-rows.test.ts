/** Products with matrices of few rows against the matrices themselves. */
import { expect } from 'chai';
import { addToDiagonal, deflated, gramOfRows, rankOneRemoved, trace } from '../../../src/tensor/linalg/index.js';
import { stream } from '../../../src/tensor/rng.js';
import { gradientsOf } from '../../../src/tensor/autodiff.js';
import { tf, tidy, type Scalar, type Tensor } from '../../../src/tensor/tf.js';
import { onEachBackend } from '../backends.js';

const rng = stream('few rows');
const random = (...shape: number[]): Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
    shape,
  );
const gap = (found: Tensor, expected: Tensor): number => {
  expect(found.shape).to.deep.equal(expected.shape);
  return tf.div(tf.norm(tf.sub(found, expected)), tf.norm(expected)).dataSync()[0]!;
};
const withOnes = (x: Tensor): Tensor => tf.concat([x, tf.ones([x.shape[0], 1])], 1);

describe('matrices of few rows', () => {
  onEachBackend(() => {
    for (const edged of [false, true]) {
      it(edged ? 'with an edge' : 'without an edge', () => {
        const before = tf.memory().numTensors;
        tidy(() => {
          const [rows, x, core, g] = [random(3, 7), random(5, 7), random(3, 3), random(5, 4)];
          const edge = edged ? random(1, 3) : undefined;
          const whole = edge ? tf.concat([rows, tf.transpose(edge)], 1) : rows;
          const wide = edged ? withOnes(x) : x;
          expect(gap(gramOfRows(rows, edge), tf.matMul(whole, whole, false, true))).to.be.below(1e-6);
          for (const middle of [undefined, core]) {
            const found = deflated(x, { rows, core: middle, edge });
            const seen = tf.matMul(wide, whole, false, true);
            const expected = tf.sub(wide, tf.matMul(middle ? tf.matMul(seen, middle) : seen, whole));
            expect(gap(edged ? tf.concat([found.x, found.edge!], 1) : found.x, expected)).to.be.below(1e-6);
          }
          const [u, v, length] = [random(1, 7), random(1, 4), tf.scalar(2)];
          const { inputs, outputs } = rankOneRemoved({ a: x, g, u, v, length }, edged ? 1 : 0);
          const [gradient, row] = [tf.matMul(wide, g, true, false), edged ? withOnes(u) : u];
          const share = tf.div(tf.matMul(row, tf.matMul(gradient, v, false, true)), length);
          const expected = tf.sub(gradient, tf.matMul(row, tf.mul(v, share), true, false));
          expect(gap(tf.matMul(edged ? withOnes(inputs) : inputs, outputs, true, false), expected)).to.be.below(1e-5);
        });
        expect(tf.memory().numTensors).to.equal(before);
      });
    }

    it('trace and addition to the diagonal, for one matrix and several, with their gradients', () =>
      tidy(() => {
        for (const shape of [
          [4, 4],
          [2, 3, 4, 4],
        ]) {
          const a = random(...shape);
          const identity = tf.mul(tf.eye(4), tf.onesLike(a));
          expect(gap(trace(a), tf.sum(tf.mul(a, identity), [-2, -1]))).to.be.below(1e-6);
          expect(gap(addToDiagonal(a, 0.5), tf.add(a, tf.mul(identity, 0.5)))).to.be.below(1e-6);
          const weights = random(...shape);
          const params = { a, value: tf.scalar(2) };
          const found = gradientsOf(
            (p) =>
              tf.add(
                tf.sum(tf.mul(addToDiagonal(p['a']!, p['value']!), weights)),
                tf.sum(tf.square(trace(p['a']!))),
              ) as Scalar,
            params,
          );
          const expected = tf.add(
            weights,
            tf.mul(identity, tf.mul(2, tf.reshape(trace(a), [...shape.slice(0, -2), 1, 1]))),
          );
          expect(gap(found['a']!, expected)).to.be.below(1e-5);
          expect(gap(found['value']!, tf.sum(trace(weights)))).to.be.below(1e-5);
        }
      }));
  });
});
