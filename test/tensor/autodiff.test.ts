import { expect } from 'chai';
import { WeftError } from '../../src/errors.js';
import { gradientsOf, valueAndGradients } from '../../src/tensor/autodiff.js';
import { disposeNamed, type NamedTensors } from '../../src/tensor/named.js';
import { tf, tidy, type Scalar, type Tensor } from '../../src/tensor/tf.js';
import { said } from '../said.js';
import { onEachBackend } from './backends.js';

const values = (tensor: Tensor): number[] => [...tensor.dataSync()];

/** Runs `f` and checks that it leaves as many tensors as before. */
function withoutLeak(f: () => void): void {
  const before = tf.memory().numTensors;
  tidy(f);
  expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
}

describe('gradients', () => {
  onEachBackend(() => {
    it('of a polynomial have the closed form', () =>
      withoutLeak(() => {
        const params = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, -4]) };
        const { value, gradients } = valueAndGradients((p) => tf.sum(tf.mul(tf.square(p['a']!), p['b']!)), params);
        expect(values(value)).to.deep.equal([1 * 3 + 4 * -4]);
        expect(values(gradients['a']!)).to.deep.equal([6, -16]);
        expect(values(gradients['b']!)).to.deep.equal([1, 4]);
      }));

    it('are refused by the name of a kernel that has none', () =>
      withoutLeak(() => {
        const loss = (p: NamedTensors): Scalar => tf.sum(tf.topk(p['a']!, 1).values);
        expect(said(() => valueAndGradients(loss, { a: tf.tensor1d([1, 2]) }))).to.match(
          /'TopK' has no gradient, so the weights before it cannot be trained .*customGrad/,
        );
      }));

    it('are each owned by the caller, even if the loss passes tensors through unchanged', () => {
      const before = tf.memory().numTensors;
      const params = { a: tf.scalar(2), b: tf.scalar(3) };
      const { value, gradients } = valueAndGradients((p) => tf.add(p['a']!, p['b']!) as Scalar, params);
      gradients['a']!.dispose();
      expect(values(gradients['b']!)).to.deep.equal([1]);
      const itself = valueAndGradients((p) => p['a'] as Scalar, params);
      expect(values(itself.gradients['a']!)).to.deep.equal([1]);
      expect(Object.keys(itself.gradients)).to.deep.equal(['a']);
      disposeNamed({ ...params, value, b2: gradients['b']! });
      disposeNamed(itself.gradients);
      expect(tf.memory().numTensors).to.equal(before);
    });

    it('add up over the uses of a parameter, also under two names', () =>
      withoutLeak(() => {
        const w = tf.tensor1d([1, -2]);
        const { a, b } = gradientsOf((p) => tf.sum(tf.add(tf.mul(p['a']!, p['a']!), p['b']!)), { a: w, b: w }) as {
          a: Tensor;
          b: Tensor;
        };
        expect(values(a)).to.deep.equal([3, -3]);
        expect(values(b)).to.deep.equal([3, -3]);
        a.dispose();
        expect(values(b)).to.deep.equal([3, -3]);
      }));

    it('leave out parameters without influence, or make them zero', () =>
      withoutLeak(() => {
        const params = { used: tf.scalar(2), idle: tf.ones([2, 2]) };
        const loss = (p: NamedTensors): Scalar => tf.square(p['used']!) as Scalar;
        expect(Object.keys(gradientsOf(loss, params))).to.deep.equal(['used']);
        expect(values(gradientsOf(loss, params, { unused: 'zero' })['idle']!)).to.deep.equal([0, 0, 0, 0]);
      }));

    it('do not pass through comparisons and indices', () =>
      withoutLeak(() => {
        const x = tf.tensor1d([1, 3, 2]);
        const { x: g } = gradientsOf(
          ({ x: v }) => {
            const best = tf.cast(tf.oneHot(tf.argMax(v!), 3), 'float32');
            return tf.sum(tf.where(tf.greater(v!, 1.5), tf.mul(best, v!), tf.mul(5, v!)));
          },
          { x },
        );
        expect(values(g!)).to.deep.equal([5, 1, 0]);
      }));

    it('come with whatever else the loss returns', () =>
      withoutLeak(() => {
        const { aux, gradients } = valueAndGradients(
          (p) => {
            const logits = tf.mul(p['w']!, 3);
            return { loss: tf.sum(logits) as Scalar, aux: { logits } };
          },
          { w: tf.tensor1d([1, 2]) },
        );
        expect(values(aux.logits)).to.deep.equal([3, 6]);
        expect(values(gradients['w']!)).to.deep.equal([3, 3]);
      }));

    it('can be differentiated again: d/dx ½·(tanh′ x)²', () =>
      withoutLeak(() => {
        const x = [0.3, -0.7];
        const { x: outer } = gradientsOf(
          (p) => {
            const { x: inner } = gradientsOf((q) => tf.sum(tf.tanh(q['x']!)), p);
            return tf.mul(0.5, tf.sum(tf.square(inner!))) as Scalar;
          },
          { x: tf.tensor1d(x) },
        );
        values(outer!).forEach((found, i) => {
          const slope = 1 - Math.tanh(x[i]!) ** 2;
          expect(found).to.be.closeTo(slope * -2 * Math.tanh(x[i]!) * slope, 1e-6);
        });
      }));

    it('of kernels that save their output can be differentiated again by the library as well', () =>
      withoutLeak(() => {
        const second = tf.grad((x) => tf.sum(tf.grad((y) => tf.sum(tf.exp(tf.mul(y, 2))))(x)))(tf.scalar(0.5));
        expect(values(second)[0]).to.be.closeTo(4 * Math.exp(1), 1e-4);
      }));

    it('leave nothing behind when the loss throws', () => {
      const params = { w: tf.tensor1d([1, 2]) };
      const before = tf.memory().numTensors;
      expect(() =>
        gradientsOf((p) => {
          tf.exp(tf.square(p['w']!));
          throw new Error('half-way');
        }, params),
      ).to.throw('half-way');
      expect(() => gradientsOf((p) => tf.square(p['w']!) as Scalar, params)).to.throw(WeftError, /not one number/);
      expect(tf.memory().numTensors).to.equal(before);
      disposeNamed(params);
    });
  });
});
