/**
 * Relations between two estimates of Fisher information that hold for every kind of it, and between two evaluations, in
 * every space.
 */
import { expect } from 'chai';
import { FISHER_KINDS, fisherInformation } from '../../src/curvature/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy } from '../../src/tensor/tf.js';
import { evaluateBatch } from '../../src/training/evaluate.js';
import { type TensorBatch } from '../../src/training/index.js';
import { values } from '../optimizers/problems.js';
import { SPACES, subject } from '../preconditioners/subjects.js';
import { distance } from '../preconditioners/models.js';
import { examplesAt, HALVES, MODE, SHUFFLED, TWICE } from './runs.js';

const TOLERANCE = 1e-4;

/** Kinds that a relation does not hold for, and why. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  order: { 'true-sample': 'labels are drawn row by row' },
  repetition: { 'true-sample': 'each copy has labels of its own' },
  halves: {
    'true-sample': 'each half begins the stream of labels again',
    batch: 'the square of a mean is not the mean of squares',
  },
};

const mean = (a: NamedTensors, b: NamedTensors): NamedTensors =>
  mapNamed(a, (t, name) => tf.div(tf.add(t, b[name]!), 2));

for (const space of Object.keys(SPACES)) {
  describe(`Fisher information and measures of a child of ${space}`, () => {
    let s: ReturnType<typeof subject>;
    /** The inputs with labels that are not balanced: the mean gradient of an untrained network would vanish. */
    let labelled: TensorBatch;
    let parameters: NamedTensors;
    let child: ReturnType<typeof s.child>;
    before(async () => {
      await loadBackend();
      s = subject(space);
      const { shape, size } = s.batch.labels;
      labelled = {
        inputs: s.batch.inputs,
        labels: tf.tensor(
          Int32Array.from({ length: size }, (_, i) => (i < size / 2 ? 0 : i % 3)),
          shape,
          'int32',
        ),
      };
      child = s.child(3);
      parameters = Object.fromEntries(child.parameterNames.map((name) => [name, s.store.parameters[name]!]));
    });
    after(() => {
      labelled.labels.dispose();
      s.dispose();
    });

    for (const kind of FISHER_KINDS) {
      const fisherOf = (
        { inputs, labels }: TensorBatch,
        weights = parameters,
        rename = (name: string): string => name,
      ) =>
        fisherInformation(
          (current) =>
            child.forward(
              mapNamed(parameters, (_, name) => current[rename(name)]!),
              s.store.statistics,
              inputs,
              MODE,
            ),
          weights,
          labels,
          { kind, rng: stream(1, 'labels') },
        ).fisher;
      /** How far the Fisher information after a change is from that before it. */
      const gapOf = (changed: () => NamedTensors): number => tidy(() => distance(changed(), fisherOf(labelled)));
      const relation = (name: string, changed: () => NamedTensors): void => {
        const reason = EXCEPTIONS[name]?.[kind];
        if (reason && space !== 'mlp') return;
        it(`${kind}: ${name}${reason ? `, which counts: ${reason}` : ''}`, () => {
          if (reason) expect(gapOf(changed)).to.be.above(TOLERANCE);
          else expect(gapOf(changed)).to.be.at.most(TOLERANCE);
        });
      };
      relation('order', () => fisherOf(examplesAt(labelled, SHUFFLED)));
      relation('repetition', () => fisherOf(examplesAt(labelled, TWICE)));
      relation('halves', () => {
        const [a, b] = HALVES.map((half) => fisherOf(examplesAt(labelled, half)));
        return mean(a!, b!);
      });
      it(`${kind}: neither names nor weights off the path matter, bit for bit`, () => {
        tidy(() => {
          const rename = (name: string): string => `other/${[...name].reverse().join('')}`;
          const renamed = Object.fromEntries(Object.entries(parameters).map(([name, w]) => [rename(name), w]));
          const { dead, ...found } = fisherOf(labelled, { ...renamed, dead: tf.ones([2, 3]) }, rename);
          const plain = values(fisherOf(labelled));
          expect([...dead!.dataSync()]).to.deep.equal([0, 0, 0, 0, 0, 0]);
          expect(values(found)).to.deep.equal(
            Object.fromEntries(Object.entries(plain).map(([name, numbers]) => [rename(name), numbers])),
          );
        });
      });
    }

    it('loss and accuracy: neither order nor repetition of the examples matters, and the mean of two halves is the whole', () => {
      const measure = (places: readonly number[]) =>
        tidy(() => evaluateBatch(child, s.store, examplesAt(labelled, places), MODE));
      const whole = measure([0, 1, 2, 3, 4, 5]);
      const [a, b] = HALVES.map(measure);
      for (const key of ['loss', 'accuracy'] as const) {
        expect(measure(SHUFFLED)[key]!, key).to.be.closeTo(whole[key]!, 1e-5);
        expect(measure(TWICE)[key]!, key).to.be.closeTo(whole[key]!, 1e-5);
        expect((a![key]! + b![key]!) / 2, key).to.be.closeTo(whole[key]!, 1e-5);
      }
      expect(measure(TWICE).count).to.equal(2 * whole.count);
    });
  });
}

describe('sequences of independent tokens as single examples', () => {
  before(() => loadBackend());
  const [N, T, K] = [3, 4, 3];
  for (const kind of FISHER_KINDS.filter((one) => one !== 'true-sample'))
    it(`${kind}: ${kind === 'batch' ? 'the cut does not matter' : 'a sequence is one example, unless it has one token'}`, () => {
      tidy(() => {
        const x = tf.randomNormal([N * T, 2], 0, 1, 'float32', 3);
        const labels = tf.tensor1d(
          Int32Array.from({ length: N * T }, (_, i) => (i * i + 1) % K),
          'int32',
        );
        const kernel = tf.randomNormal([2, K], 0, 1, 'float32', 4);
        const fisherOf = (shape: number[]): NamedTensors =>
          fisherInformation(
            ({ kernel: w }) => tf.reshape(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), [...shape, K]),
            { kernel },
            tf.reshape(labels, shape),
            { kind },
          ).fisher;
        const flat = fisherOf([N * T]);
        expect(distance(fisherOf([N * T, 1]), flat)).to.be.below(1e-6);
        const gap = distance(fisherOf([N, T]), flat);
        if (kind === 'batch') expect(gap).to.be.below(1e-6);
        else expect(gap).to.be.above(0.01);
      });
    });
});
