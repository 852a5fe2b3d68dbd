/**
 * The Fisher information of language models against dense Jacobians in float64, and how it must behave when a batch is
 * written in another way.
 */
import { expect } from 'chai';
import { stream } from 'weft-nas';
import { drawClasses, exampleSquares, fisherInformation } from '../../src/curvature/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import * as nn from '../../src/tensor/nn.js';
import { perExampleGradients } from '../../src/tensor/second-order/index.js';
import { tf, tidy, type Tensor, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import {
  CLASSES,
  EXAMPLES,
  LANGUAGE_MODELS,
  languageModel,
  LENGTH,
  residualsOf,
  sequenceGradients,
  softmax,
} from './language-models.js';

const LABELS = EXAMPLES * LENGTH;

function gap(found: Tensor, expected: ArrayLike<number>): number {
  const values = found.dataSync();
  let [difference, size] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    difference += (values[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  expect(values.length).to.equal(expected.length);
  return Math.sqrt(difference / size);
}

/** (1/L)·Σₙ of the squares. */
const meanSquares = (rows: readonly Float64Array[]): Float64Array =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]! ** 2, 0) / LABELS);

describe('the diagonal of the Fisher information of sequences', function () {
  this.timeout(60_000);
  before(() => loadBackend());

  for (const name of LANGUAGE_MODELS) {
    describe(name, () => {
      const model = (): ReturnType<typeof languageModel> => languageModel(name);

      it('has the logits of the model in float64', () =>
        tidy(() => {
          const { outputs, params, reference } = model();
          expect(gap(outputs(params), reference.logits.flat(2))).to.be.below(1e-6);
        }));

      it('with the labels of the data: squares of the whole sequence, per label, with no parameter taken one example at a time', () =>
        tidy(() => {
          const { outputs, params, labels, reference } = model();
          const { fisher, examples, looped } = fisherInformation(outputs, params, labels);
          const residuals = residualsOf(reference, labels.arraySync() as number[][]);
          for (const parameter in params)
            expect(
              gap(fisher[parameter]!, meanSquares(sequenceGradients(reference, residuals, parameter))),
              parameter,
            ).to.be.below(1e-4);
          expect(examples).to.equal(EXAMPLES);
          expect(looped).to.deep.equal([]);
        }));

      it('with drawn labels: the same for those', () =>
        tidy(() => {
          const { outputs, params, labels, reference } = model();
          const { fisher } = fisherInformation(outputs, params, labels, { kind: 'true-sample', rng: stream('drawn') });
          const p = Float32Array.from(reference.logits.flat(1).flatMap(softmax));
          const drawn = drawClasses(p, CLASSES, stream('drawn'));
          const rows = Array.from({ length: EXAMPLES }, (_, n) => [...drawn.subarray(n * LENGTH, (n + 1) * LENGTH)]);
          const residuals = residualsOf(reference, rows);
          for (const parameter in params)
            expect(
              gap(fisher[parameter]!, meanSquares(sequenceGradients(reference, residuals, parameter))),
              parameter,
            ).to.be.below(1e-4);
        }));

      it('from the state carried over from the previous batch, by definition', () =>
        tidy(() => {
          const { forward, params, labels } = model();
          const state: Record<string, Tensor> = {};
          const start = { training: false, normalization: 'batch' } as const;
          forward(params, { ...start, state: {}, carry: (key, value) => (state[key] = tf.clone(value)) });
          const outputs = (p: NamedTensors): Tensor => forward(p, { ...start, state });
          const { fisher, looped } = fisherInformation(outputs, params, labels);
          const losses = (p: NamedTensors): Tensor1D => {
            const each = nn.softmaxCrossEntropy(tf.reshape(outputs(p), [-1, CLASSES]), tf.reshape(labels, [-1]));
            return tf.sum(tf.reshape(each, [EXAMPLES, LENGTH]), 1);
          };
          const expected = mapNamed(perExampleGradients(losses, params), (each) => tf.sum(tf.square(each), 0));
          for (const parameter in params)
            expect(gap(tf.mul(fisher[parameter]!, LABELS), expected[parameter]!.dataSync()), parameter).to.be.below(
              1e-4,
            );
          expect(looped).to.deep.equal([]);
          expect(Object.keys(state)).to.have.length({ lstm: 4, 'rnn-cell': 1, transformer: 0 }[name]!);
        }));

      it('of the batch: the square of the gradient of the mean over all labels', () =>
        tidy(() => {
          const { outputs, params, labels, reference } = model();
          const { fisher } = fisherInformation(outputs, params, labels, { kind: 'batch' });
          const residuals = residualsOf(reference, labels.arraySync() as number[][]);
          for (const parameter in params) {
            const rows = sequenceGradients(reference, residuals, parameter);
            const square = rows[0]!.map((_, i) => (rows.reduce((sum, row) => sum + row[i]!, 0) / LABELS) ** 2);
            expect(gap(fisher[parameter]!, square), parameter).to.be.below(1e-4);
          }
        }));
    });
  }

  it('refuses logits that are not in the shape of the labels', () =>
    tidy(() => {
      const { outputs, params, labels } = languageModel('lstm');
      expect(() => fisherInformation((p) => tf.reshape(outputs(p), [-1, CLASSES]), params, labels)).to.throw(
        /logits \[12,5\] for labels \[3,4\]/,
      );
    }));
});

describe('models that rearrange the examples', () => {
  before(() => loadBackend());
  const [N, T, F, K] = [3, 4, 2, 3];
  const rng = stream('moving');
  const normal = (...shape: number[]): Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
      shape,
    );
  const parameters = (): NamedTensors => ({
    kernel: normal(F, F),
    bias: normal(F),
    scale: normal(F),
    place: normal(T, F),
    late: normal(1, F),
    head: normal(F, K),
  });
  const use = (p: NamedTensors, rows: Tensor): Tensor =>
    tf.mul(tf.add(tf.matMul(rows as Tensor2D, p['kernel'] as Tensor2D), p['bias']!), p['scale']!);
  const headed = (p: NamedTensors, h: Tensor): Tensor1D => {
    const pooled: Tensor2D = tf.sum(tf.add(tf.tanh(h), p['place']!), 1);
    const logits = nn.dense(pooled, p['head'] as Tensor2D);
    return nn.softmaxCrossEntropy(logits, tf.tensor1d([0, 2, 1], 'int32'));
  };

  /** What a model may do between [N,T,F] and [N,T,F]; `looped` are the parameters that no rule can follow. */
  const MODELS: Record<string, { f: (p: NamedTensors, x: Tensor) => Tensor; looped: string[] }> = {
    'flattened rows': { f: (p, x) => tf.reshape(use(p, tf.reshape(x, [N * T, F])), [N, T, F]), looped: [] },
    'the steps first': {
      f: (p, x) =>
        tf.transpose(tf.reshape(use(p, tf.reshape(tf.transpose(x, [1, 0, 2]), [T * N, F])), [T, N, F]), [1, 0, 2]),
      looped: [],
    },
    'one step after another': {
      f: (p, x) =>
        tf.stack(
          tf.unstack(x, 1).map((step) => use(p, step)),
          1,
        ),
      looped: [],
    },
    'the steps in reverse': {
      f: (p, x) => tf.reverse(tf.reshape(use(p, tf.reshape(x, [-1, F])), [N, T, F]), 1),
      looped: [],
    },
    'examples written over two axes': {
      f: (p, x) =>
        tf.reshape(tf.transpose(tf.reshape(use(p, tf.reshape(x, [-1, F])), [T, N, F]), [0, 1, 2]), [N, T, F]),
      looped: ['kernel', 'bias', 'scale'],
    },
    'the examples in reverse, twice': {
      f: (p, x) => tf.reverse(tf.reshape(use(p, tf.reshape(tf.reverse(x, 0), [-1, F])), [N, T, F]), 0),
      looped: ['kernel', 'bias', 'scale'],
    },
  };
  for (const [name, { f, looped }] of Object.entries(MODELS)) {
    it(`${name}: the squares of the examples by definition, and ${looped.length === 0 ? 'all at once' : 'one at a time'}`, () =>
      tidy(() => {
        const x = normal(N, T, F);
        const params = parameters();
        const losses = (p: NamedTensors): Tensor1D => headed(p, tf.add(f(p, x), p['late']!));
        const found = exampleSquares(losses, params);
        const expected = mapNamed(perExampleGradients(losses, params), (each) => tf.sum(tf.square(each), 0));
        for (const parameter in params)
          expect(gap(found.sums[parameter]!, expected[parameter]!.dataSync()), parameter).to.be.below(1e-5);
        expect(found.looped).to.deep.equal(looped);
      }));
  }
});
