/**
 * Squares of all examples' gradients at once against one backward pass for each; the true Fisher information against a
 * Hessian.
 */
import { expect } from 'chai';
import { catalogue, createChild, createParameterStore, type SpaceFactory, stream } from 'weft-nas';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { mlp } from '../../search-spaces/mlp.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { exampleSquares, fisherInformation } from '../../src/curvature/index.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import * as nn from '../../src/tensor/nn.js';
import { perExampleGradients } from '../../src/tensor/second-order/index.js';
import { tf, tidy, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../../src/tensor/tf.js';
import { onEachBackend } from '../tensor/backends.js';
import { loadBackend } from '../../src/tensor/backend.js';

const rng = stream('fisher');
const random = <T extends Tensor>(...shape: number[]): T =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
    shape,
  ) as T;
const labelsOf = (count: number, classes: number): Tensor1D =>
  tf.tensor1d(
    Int32Array.from({ length: count }, () => rng.int(classes)),
    'int32',
  );

function expectEqual(found: Tensor, expected: Tensor, name: string, tolerance = 1e-5): void {
  expect(found.shape, name).to.deep.equal(expected.shape);
  const scale = Math.max(1e-12, tf.max(tf.abs(expected)).dataSync()[0]!);
  expect(tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]! / scale, name).to.be.below(tolerance);
}

/** The squares by definition. */
const bruteForce = (losses: (p: NamedTensors) => Tensor1D, params: NamedTensors): NamedTensors =>
  mapNamed(perExampleGradients(losses, params), (each) => tf.sum(tf.square(each), 0));

function expectSquares(
  losses: (p: NamedTensors) => Tensor1D,
  params: NamedTensors,
  looped: readonly string[] = [],
): void {
  tidy(() => {
    const found = exampleSquares(losses, params);
    const expected = bruteForce(losses, params);
    for (const name in params) expectEqual(found.sums[name]!, expected[name]!, name);
    expect(found.looped).to.deep.equal(looped);
  });
}

describe('Fisher information', function () {
  this.timeout(60_000);

  onEachBackend(() => {
    it('of dense layers, biases, embeddings and layer normalization (U2)', () =>
      tidy(() => {
        const [ids, context, labels] = [
          tf.tensor1d([0, 3, 3, 1], 'int32'),
          tf.tensor2d([0, 2, 1, 1, 2, 2, 0, 0], [4, 2], 'int32'),
          labelsOf(4, 3),
        ];
        const params = {
          table: random(4, 5),
          w1: random(5, 6),
          b1: random(6),
          scale: random(6),
          offset: random(6),
          w2: random(6, 3),
          idle: random(2),
        };
        expectSquares((p) => {
          const looked = tf.add(
            nn.embedding(p['table'] as Tensor2D, ids),
            tf.sum(nn.embedding(p['table'] as Tensor2D, context), 1),
          );
          const h = nn.layerNorm(
            nn.tanh(nn.dense(looked as Tensor2D, p['w1'] as Tensor2D, p['b1'] as Tensor1D)),
            p['scale'] as Tensor1D,
            p['offset'] as Tensor1D,
          );
          return nn.softmaxCrossEntropy(nn.dense(h, p['w2'] as Tensor2D), labels);
        }, params);
      }));

    it('of convolutions with every window, depthwise and pointwise (U2)', () =>
      tidy(() => {
        for (const stride of [1, 2]) {
          for (const padding of ['same', 'valid'] as const) {
            const [x, labels] = [random<Tensor4D>(3, 6, 5, 2), labelsOf(3, 3)];
            const params = {
              conv: random(3, 3, 2, 4),
              depthwise: random(3, 3, 4, 1),
              point: random(1, 1, 4, 3),
              offset: random(3),
              first: random(1, 1, 3, 1),
              last: random(1, 1, 3, 2),
            };
            expectSquares((p) => {
              const h = nn.depthwiseConv2d(
                nn.tanh(nn.conv2d(x, p['conv'] as Tensor4D, { stride, padding })),
                p['depthwise'] as Tensor4D,
                { padding: 'same' },
              );
              const reduced = nn.factorizedReduction(
                tf.add(nn.conv2d(h, p['point'] as Tensor4D), p['offset']!) as Tensor4D,
                p['first'] as Tensor4D,
                p['last'] as Tensor4D,
              );
              return nn.softmaxCrossEntropy(nn.globalAveragePool(nn.tanh(reduced)), labels);
            }, params);
          }
        }
      }));

    it('of weights that are used several times, tied and transposed, and of kernels without a rule, which it names', () =>
      tidy(() => {
        const [x, labels] = [random<Tensor2D>(4, 3), labelsOf(4, 3)];
        const params = { w: random(3, 3), b: random(3), odd: random(3) };
        expectSquares(
          (p) => {
            let h = x;
            for (let i = 0; i < 3; i++) h = nn.tanh(nn.dense(h, p['w'] as Tensor2D, p['b'] as Tensor1D));
            return nn.softmaxCrossEntropy(
              tf.mul(tf.matMul(h, p['w']!, false, true), tf.softplus(p['odd']!)) as Tensor2D,
              labels,
            );
          },
          params,
          ['odd'],
        );
      }));
  });

  describe('of children of every space, statistics of the batch held fixed (U2)', () => {
    const SPACES: { factory: SpaceFactory; options: object }[] = [
      { factory: macroCnn, options: { layers: 5, filters: 4, reductions: 1 } },
      { factory: mlp, options: { depth: 3, widths: [4, 6] } },
      { factory: nasBench201, options: { filters: 2 } },
    ];
    before(() => loadBackend());
    for (const { factory, options } of SPACES) {
      it(factory.name, () => {
        const space = factory.create(options, { inputShape: [8, 8, 1], classes: 3 });
        const store = createParameterStore(catalogue(space.supernet), 3);
        const [x, labels] = [random<Tensor4D>(5, 8, 8, 1), labelsOf(5, 3)];
        const before = tf.memory().numTensors;
        for (let i = 0; i < 3; i++) {
          const child = createChild(space, space.sample(stream(i, 'children')));
          const params = pickNamed(store.parameters, child.parameterNames);
          const statistics: Record<string, Tensor> = {};
          tidy(
            () =>
              void child.forward(params, store.statistics, x, {
                training: false,
                normalization: 'batch',
                record: (name, value) => {
                  statistics[name] = tf.keep(tf.clone(value));
                },
              }),
          );
          const { sums, looped } = exampleSquares(
            (p) =>
              nn.softmaxCrossEntropy(
                child.forward(p, store.statistics, x, { training: false, normalization: 'batch' }) as Tensor2D,
                labels,
              ),
            params,
          );
          const expected = tidy(() =>
            bruteForce(
              (p) =>
                nn.softmaxCrossEntropy(
                  child.forward(p, { ...store.statistics, ...statistics }, x, {
                    training: false,
                    normalization: 'running',
                  }) as Tensor2D,
                  labels,
                ),
              params,
            ),
          );
          expect(looped, 'nothing takes the slow way').to.deep.equal([]);
          tidy(() => {
            for (const name in expected) expectEqual(sums[name]!, expected[name]!, `${child.encoding} ${name}`, 3e-4);
          });
          tf.dispose([...Object.values(sums), ...Object.values(expected), ...Object.values(statistics)]);
        }
        expect(tf.memory().numTensors).to.equal(before);
        tf.dispose([x, labels]);
        store.dispose();
      });
    }
  });

  describe('kinds', () => {
    before(() => loadBackend());
    it('with drawn labels is the diagonal of the Hessian of softmax regression, within 5 % at 20,000 examples (U2)', () =>
      tidy(() => {
        const [count, features, classes] = [20_000, 4, 3];
        const x = random<Tensor2D>(count, features);
        const params = { kernel: tf.mul(random(features, classes), 0.5), bias: random(classes) };
        const logits = (p: NamedTensors): Tensor2D => nn.dense(x, p['kernel'] as Tensor2D, p['bias'] as Tensor1D);
        const { fisher } = fisherInformation(logits, params, labelsOf(count, classes), {
          kind: 'true-sample',
          rng: stream('labels'),
        });
        const p = tf.softmax(logits(params));
        const variance = tf.mul(p, tf.sub(1, p));
        const expected = { kernel: tf.div(tf.matMul(tf.square(x), variance, true), count), bias: tf.mean(variance, 0) };
        for (const name of ['kernel', 'bias'] as const) {
          const ratio = tf.div(fisher[name]!, expected[name]).dataSync();
          for (const value of ratio) expect(value, name).to.be.within(0.95, 1.05);
        }
      }));

    it('the batch kind is the square of the mean gradient, and is far smaller near an optimum', () =>
      tidy(() => {
        const [x, labels] = [random<Tensor2D>(40, 3), labelsOf(40, 3)];
        const params = { kernel: random(3, 3) };
        const logits = (p: NamedTensors): Tensor2D => tf.matMul(x, p['kernel']! as Tensor2D);
        const { gradients } = valueAndGradients((p) => tf.mean(nn.softmaxCrossEntropy(logits(p), labels)), params);
        const { fisher, examples } = fisherInformation(logits, params, labels, { kind: 'batch' });
        expectEqual(fisher['kernel']!, tf.square(gradients['kernel']!), 'kernel');
        expect(examples).to.equal(40);
        expect(() => fisherInformation(logits, params, labels, { kind: 'true-sample' })).to.throw(/random stream/);
      }));
  });

  onEachBackend(() => {
    it('of a normalization whose scale and offset come out of kernels without a rule, its statistics held fixed', () =>
      tidy(() => {
        const [x, labels] = [random<Tensor4D>(4, 3, 2, 3), labelsOf(4, 3)];
        const params = { scale: random(3), offset: random(3) };
        const { mean, variance } = tf.moments(x, [0, 1, 2]);
        const lossesOf =
          (normalized: (scale: Tensor1D, offset: Tensor1D) => Tensor) =>
          (p: NamedTensors): Tensor1D =>
            nn.softmaxCrossEntropy(
              nn.globalAveragePool(
                nn.tanh(
                  normalized(tf.softplus(p['scale'] as Tensor1D), tf.softplus(p['offset'] as Tensor1D)),
                ) as Tensor4D,
              ),
              labels,
            );
        const { sums, looped } = exampleSquares(
          lossesOf((scale, offset) => nn.batchNorm(x, scale, offset, 1e-3).y),
          params,
        );
        expect(looped).to.deep.equal(['scale', 'offset']);
        const expected = bruteForce(
          lossesOf((scale, offset) =>
            tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3))), scale), offset),
          ),
          params,
        );
        for (const name in params) expectEqual(sums[name]!, expected[name as 'scale']!, name, 1e-4);
      }));
  });
});
