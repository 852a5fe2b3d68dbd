/** Weights of classes: what they are, and that they do what repeating the rows of a class does. */
import { expect } from 'chai';
import { loadBackend } from '../../src/tensor/backend.js';
import { nn, type Scalar, tf, type Tensor, type Tensor1D, type Tensor2D, valueAndGradients } from '../../src/index.js';
import { exactFisher, sampledFisher } from '../../src/preconditioners/curvatures/fisher.js';
import { classWeights, flagWeights } from '../../src/search/class-weights.js';
import { capturedGradients } from '../../src/tensor/second-order/index.js';
import { stream } from '../../src/tensor/rng.js';
import { labelLosses } from '../../src/training/cross-entropy.js';
import { exampleSource } from '../../src/training/sources.js';
import { type Batch } from '../../src/data/index.js';
import { withBatch } from '../../src/training/batch.js';
import { gaussNewtonProduct } from '../tensor/second-order/networks.js';

const NAMES = ['a', 'b', 'c'];
const LABELS = [0, 0, 0, 0, 1, 1, 2, 0];

const EMPTY = {
  batchSize: 3,
  stepsPerEpoch: 1,
  examples: 3,
  examplesPerEpoch: 3,
  smallest: 3,
  positionsAt: () => Uint32Array.of(0, 1, 2),
};

describe('weights of classes', () => {
  before(() => loadBackend('cpu'));
  const rng = stream('class-weights');
  const random = (...shape: number[]): Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
      shape,
    );

  it('balanced: every class has the same share of the loss, and the mean weight is 1', () => {
    const weights = classWeights('balanced', LABELS, NAMES)!;
    const shares = NAMES.map((_, c) => LABELS.filter((label) => label === c).length * weights[c]!);
    for (const share of shares) expect(share).to.be.closeTo(LABELS.length / 3, 1e-5);
  });

  it('by name: in the given proportion, 1 where a class is not named', () => {
    const weights = classWeights({ b: 3 }, LABELS, NAMES)!;
    expect(weights[1]! / weights[0]!).to.be.closeTo(3, 1e-6);
    expect(weights[2]).to.equal(weights[0]);
    expect(() => classWeights({ d: 2 }, LABELS, NAMES)).to.throw(
      /data\.classWeights names 'd', which is neither a class/,
    );
  });

  it('equal weights count as none, so that no bit changes', () => {
    expect(classWeights({ a: 5, b: 5, c: 5 }, LABELS, NAMES)).to.equal(undefined);
    expect(classWeights('balanced', [0, 1, 2, 2, 1, 0], NAMES)).to.equal(undefined);
    expect(classWeights(undefined, LABELS, NAMES)).to.equal(undefined);
  });

  it('a weight of 2 does to loss and gradient what every row of the class twice does', () => {
    const x = random(LABELS.length, 4);
    const parameters = { kernel: random(4, 3), bias: random(3) };
    const gradientsOf = (rows: readonly number[], weights?: Float32Array): { loss: number; gradients: number[] } => {
      const labels = rows.map((row) => LABELS[row]!);
      const { value, gradients } = valueAndGradients((p) => {
        const logits = nn.dense(
          tf.gather(x, tf.tensor1d([...rows], 'int32')) as Tensor2D,
          p['kernel'] as Tensor2D,
          p['bias'] as Tensor1D,
        );
        const counts = weights && tf.tensor1d(labels.map((label) => weights[label]!));
        return tf.mean(labelLosses(logits, tf.tensor1d(labels, 'int32'), 0, counts)) as Scalar;
      }, parameters);
      return {
        loss: value.dataSync()[0]!,
        gradients: ['kernel', 'bias'].flatMap((name) => [...gradients[name]!.dataSync()]),
      };
    };
    const all = LABELS.map((_, row) => row);
    const twice = gradientsOf([...all, ...all.filter((row) => LABELS[row] === 1)]);
    const weighted = gradientsOf(all, classWeights({ b: 2 }, LABELS, NAMES));
    expect(weighted.loss).to.be.closeTo(twice.loss, 1e-6);
    weighted.gradients.forEach((value, i) => expect(value).to.be.closeTo(twice.gradients[i]!, 1e-6));
  });

  it('curvature counts examples as the loss does: the exact Fisher information is the Gauss-Newton matrix', () => {
    const [x, labels] = [random(LABELS.length, 4), tf.tensor1d(LABELS, 'int32')];
    const weights = tf.tensor1d(LABELS.map((label) => [0.5, 1, 3][label]!));
    const parameters = { kernel: random(4, 3) };
    const cut = {
      outputs: (p: Record<string, Tensor>): Tensor => tf.matMul(x as Tensor2D, p['kernel'] as Tensor2D),
      loss: (logits: Tensor): Scalar => tf.mean(labelLosses(logits, labels, 0, weights)),
    };
    const direction = { kernel: random(4, 3) };
    const { product } = gaussNewtonProduct(cut, parameters, direction);
    const { layers } = capturedGradients(cut, parameters);
    const quadratic = (passes: Tensor[][]): number =>
      passes.reduce((sum, [g]) => {
        const along = tf.sum(tf.mul(tf.matMul(x as Tensor2D, direction.kernel as Tensor2D), g!), 1);
        return sum + tf.sum(tf.square(along)).dataSync()[0]! / LABELS.length;
      }, 0);
    const expected = tf.sum(tf.mul(product['kernel']!, direction.kernel)).dataSync()[0]!;
    expect(quadratic(exactFisher.outputGradients(layers, { step: 0, weights }))).to.be.closeTo(expected, 1e-4);
    expect(
      quadratic(sampledFisher(3000).outputGradients(layers, { step: 0, seed: 1, weights })) / expected,
    ).to.be.closeTo(1, 0.1);
    layers.dispose();
  });

  it('of flags: both values share the loss of a label, or true ones are weighted as given', () => {
    const flags = [1, 0, 0, 1, 0, 1, 0, 1];
    const balanced = flagWeights('balanced', flags, ['a', 'b'])!;
    const shares = [0, 1].flatMap((label) =>
      [0, 1].map(
        (answer) =>
          balanced[2 * label + answer]! * flags.filter((flag, i) => i % 2 === label && flag === answer).length,
      ),
    );
    for (const share of shares) expect(share).to.be.closeTo(2, 1e-6);
    // Holding twice as often does what every row in which the label holds twice would do, at the mean weight 1.
    const [no, yes, other] = flagWeights({ a: 2 }, flags, ['a', 'b'])!;
    expect([yes! / no!, other]).to.deep.equal([2, 1]);
    expect(3 * no! + yes!).to.be.closeTo(4, 1e-6);
    expect(flagWeights('balanced', [1, 0], ['a'])).to.equal(undefined);
    expect(() => flagWeights({ c: 2 }, flags, ['a', 'b'])).to.throw(/'c', which is neither a class nor a label/);
  });

  it('of flags apply in loss, batches and curvature, value by value', () => {
    const flags = tf.tensor2d([1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1], [4, 3], 'bool');
    const [x, kernel] = [random(4, 2) as Tensor2D, random(2, 3)];
    const each = Float32Array.of(0.5, 3, 1, 2, 0.25, 1);
    const batch: Batch = {
      inputs: x.dataSync() as Float32Array,
      labels: Uint8Array.from(flags.dataSync()),
      shape: [4, 1, 1, 2],
    };
    const source = exampleSource({ ...EMPTY, at: () => batch, pick: () => batch }, each);
    withBatch(source, 0, 0, ({ weights }) => {
      expect(weights!.shape).to.deep.equal([4, 3]);
      const answers = [...flags.dataSync()];
      expect([...weights!.dataSync()]).to.deep.equal(answers.map((flag, i) => each[2 * (i % 3) + flag]!));
      const cut = {
        outputs: (p: Record<string, Tensor>): Tensor => tf.matMul(x, p['kernel'] as Tensor2D),
        loss: (logits: Tensor): Scalar => tf.mean(labelLosses(logits, flags, 0, weights)),
      };
      const z = tf.matMul(x, kernel as Tensor2D).dataSync();
      const byHand = answers.map((flag, i) => each[2 * (i % 3) + flag]! * Math.log1p(Math.exp(flag ? -z[i]! : z[i]!)));
      expect(cut.loss(tf.matMul(x, kernel as Tensor2D)).dataSync()[0]).to.be.closeTo(
        byHand.reduce((a, b) => a + b) / 12,
        1e-6,
      );
      const direction = { kernel: random(2, 3) };
      const { product } = gaussNewtonProduct(cut, { kernel }, direction);
      const { layers } = capturedGradients(cut, { kernel });
      const context = { step: 0, weights: weights!, likelihood: 'bernoulli' } as const;
      const quadratic = exactFisher.outputGradients(layers, context).reduce((sum, [g]) => {
        const along = tf.sum(tf.mul(tf.matMul(x, direction.kernel as Tensor2D), g!), 1);
        return sum + tf.sum(tf.square(along)).dataSync()[0]! / 4;
      }, 0);
      expect(quadratic).to.be.closeTo(tf.sum(tf.mul(product['kernel']!, direction.kernel)).dataSync()[0]!, 1e-5);
      layers.dispose();
    });
  });

  it('batches carry them, example by example', () => {
    const batch: Batch = { inputs: new Float32Array(3), labels: Int32Array.of(2, 0, 1), shape: [3, 1, 1, 1] };
    const source = exampleSource({ ...EMPTY, at: () => batch, pick: () => batch }, Float32Array.of(1, 2, 4));
    const before = tf.memory().numTensors;
    withBatch(source, 0, 0, ({ weights }) => expect([...weights!.dataSync()]).to.deep.equal([4, 1, 2]));
    expect(tf.memory().numTensors).to.equal(before);
  });
});
