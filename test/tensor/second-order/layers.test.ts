import { expect } from 'chai';
import { gradientsOf } from '../../../src/tensor/autodiff.js';
import type { NamedTensors } from '../../../src/tensor/named.js';
import * as nn from '../../../src/tensor/nn.js';
import { stream } from '../../../src/tensor/rng.js';
import {
  affineExampleGradients,
  capturedGradients,
  depthwiseExampleGradients,
  patches,
  perExampleGradients,
} from '../../../src/tensor/second-order/index.js';
import {
  tf,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from '../../../src/tensor/tf.js';
import { onEachBackend } from '../backends.js';

const rng = stream('layers');
const random = <T extends Tensor>(...shape: number[]): T =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
    shape,
  ) as T;

function expectEqual(found: Tensor, expected: Tensor, tolerance = 1e-5): void {
  expect(found.shape).to.deep.equal(expected.shape);
  const difference = tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]!;
  expect(difference).to.be.below(tolerance * Math.max(1, tf.max(tf.abs(expected)).dataSync()[0]!));
}

const WINDOWS = [1, 2].flatMap((stride) => (['same', 'valid'] as const).map((padding) => ({ stride, padding })));

describe('layers and per-example gradients', () => {
  onEachBackend(() => {
    it('the gradient of a kernel is inputᵀ times output gradient, of its bias their sum', () =>
      tidy(() => {
        const [x, labels] = [random<Tensor2D>(5, 3), tf.tensor1d([0, 1, 1, 0, 1], 'int32')];
        const params = { w1: random(3, 4), b1: random(4), w2: random(4, 2), b2: random(2) };
        const outputs = (p: NamedTensors): Tensor2D =>
          nn.dense(
            nn.tanh(nn.dense(x, p['w1'] as Tensor2D, p['b1'] as Tensor1D)),
            p['w2'] as Tensor2D,
            p['b2'] as Tensor1D,
          );
        const losses = (p: NamedTensors): Tensor1D => nn.softmaxCrossEntropy(outputs(p), labels);
        const gradients = gradientsOf((p) => tf.sum(losses(p)), params);
        const examples = perExampleGradients(losses, params);
        const { layers } = capturedGradients(
          { outputs, loss: (logits) => tf.sum(nn.softmaxCrossEntropy(logits as Tensor2D, labels)) },
          params,
        );
        expect(layers.uses.map(({ weight, bias }) => [weight, bias])).to.deep.equal([
          ['w1', 'b1'],
          ['w2', 'b2'],
        ]);
        layers.uses.forEach(({ weight, bias, input }, i) => {
          const g = layers.lossGradients[i]!;
          expectEqual(tf.matMul(input!, g, true), gradients[weight!]!);
          expectEqual(tf.sum(g, 0), gradients[bias!]!);
          expectEqual(tf.mul(tf.expandDims(input!, 2), tf.expandDims(g, 1)), examples[weight!]!);
          expectEqual(g, examples[bias!]!);
        });
        layers.dispose();
      }));

    it('several gradients come from one forward pass, which leaves nothing behind', () => {
      const before = tf.memory().numTensors;
      const w = random<Tensor2D>(3, 2);
      let passes = 0;
      const sumOf = (y: Tensor): Scalar => tf.sum(y);
      const { value, gradients, layers } = capturedGradients(
        {
          outputs(p) {
            passes++;
            return nn.relu(nn.dense(random<Tensor2D>(4, 3), p['w'] as Tensor2D));
          },
          loss: sumOf,
        },
        { w },
      );
      tf.dispose([value, gradients['w']!]);
      for (const scale of [1, 2]) {
        const cotangent = tf.fill(layers.outputs.shape, scale);
        const [g] = layers.outputGradients(cotangent);
        expect(Math.max(...g!.dataSync())).to.equal(scale);
        tf.dispose([cotangent, g!]);
      }
      expect(passes).to.equal(1);
      layers.dispose();
      const failing = (p: NamedTensors): Tensor => {
        nn.dense(tf.ones([2, 3]), p['w'] as Tensor2D);
        throw new Error('half-way');
      };
      expect(() => capturedGradients({ outputs: failing, loss: sumOf }, { w })).to.throw('half-way');
      w.dispose();
      expect(tf.memory().numTensors).to.equal(before);
    });

    it('a layer that is used twice is captured twice, an unused one has zero gradients', () =>
      tidy(() => {
        const [w, v, x] = [random<Tensor2D>(3, 3), random<Tensor2D>(3, 3), random<Tensor2D>(2, 3)];
        const { layers } = capturedGradients(
          {
            outputs(p) {
              const once = nn.dense(x, p['w'] as Tensor2D);
              nn.dense(once, p['v'] as Tensor2D);
              return nn.dense(once, p['w'] as Tensor2D);
            },
            loss: (y) => tf.sum(y),
          },
          { w, v },
        );
        expect(layers.uses.map(({ weight }) => weight)).to.deep.equal(['w', 'v', 'w']);
        const g = layers.lossGradients;
        const expected = gradientsOf((p) => tf.sum(nn.dense(nn.dense(x, p['w'] as Tensor2D), p['w'] as Tensor2D)), {
          w,
        })['w']!;
        const found = tf.addN([0, 2].map((i) => tf.matMul(layers.uses[i]!.input!, g[i]!, true)));
        expectEqual(found, expected);
        expectEqual(g[1]!, tf.zeros([2, 3]));
        layers.dispose();
      }));

    for (const window of WINDOWS) {
      const label = `stride ${window.stride}, ${window.padding}`;
      it(`patches times kernel is the convolution: ${label}`, () =>
        tidy(() => {
          const [x, kernel] = [random<Tensor4D>(2, 5, 6, 3), random<Tensor4D>(3, 2, 3, 4)];
          const y = nn.conv2d(x, kernel, window);
          const rows = patches(x, [3, 2], window);
          const product = tf.matMul(tf.reshape(rows, [-1, 18]), tf.reshape(kernel, [18, 4]));
          expectEqual(tf.reshape(product, y.shape), y);
        }));

      it(`gradients of single examples of convolutions: ${label}`, () =>
        tidy(() => {
          const x = random<Tensor4D>(3, 5, 4, 2);
          const params = { kernel: random(3, 3, 2, 2), depthwise: random(3, 3, 2, 1), bias: random(2) };
          const weights = random(3, 1, 1, 2);
          const loss = (p: NamedTensors): Tensor1D => {
            const dense = tf.add(nn.conv2d(x, p['kernel'] as Tensor4D, window), p['bias']!);
            const depthwise = nn.depthwiseConv2d(x, p['depthwise'] as Tensor4D, window);
            return tf.sum(tf.mul(tf.add(tf.square(dense), tf.square(depthwise)), weights), [1, 2, 3]);
          };
          const examples = perExampleGradients(loss, params);
          const g = (y: Tensor): Tensor4D => tf.mul(tf.mul(2, y), weights);
          const dense = tf.reshape(g(tf.add(nn.conv2d(x, params.kernel as Tensor4D, window), params.bias)), [3, -1, 2]);
          const windows = tf.reshape(patches(x, [3, 3], window), [3, -1, 18]);
          const depthwise = depthwiseExampleGradients(
            x,
            g(nn.depthwiseConv2d(x, params.depthwise as Tensor4D, window)),
            [3, 3],
            window,
          );
          expectEqual(tf.reshape(tf.matMul(windows, dense, true), [3, 3, 3, 2, 2]), examples['kernel']!);
          expectEqual(tf.sum(dense, 1), examples['bias']!);
          expectEqual(depthwise.kernel, examples['depthwise']!);
        }));
    }

    it('gradients of single examples of a scale and an offset', () =>
      tidy(() => {
        const x = random<Tensor4D>(3, 2, 4, 2);
        const params = { scale: random(2), offset: random(2) };
        const y = (p: NamedTensors): Tensor => tf.add(tf.mul(x, p['scale']!), p['offset']!);
        const examples = perExampleGradients((p) => tf.sum(tf.square(y(p)), [1, 2, 3]), params);
        const { scale, offset } = affineExampleGradients(x, tf.mul(2, y(params)));
        expectEqual(scale, examples['scale']!);
        expectEqual(offset, examples['offset']!);
      }));
  });
});
