/**
 * Relations between two measurements of sharpness, of a child of every space: what changes of the batch, the names and
 * the loss must do to them.
 */
import { expect } from 'chai';
import {
  disposeEigenpairs,
  extremeEigenpairs,
  hessian,
  hutchinsonTrace,
  sharpnessRise,
  spectralDensity,
} from '../../src/curvature/index.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { type Loss } from '../../src/tensor/second-order/index.js';
import { type Scalar, type Tensor, tf, tidy } from '../../src/tensor/tf.js';
import { meanLoss } from '../../src/training/batch-loss.js';
import { SPACES, subject } from '../preconditioners/subjects.js';
import { examplesAt, HALVES, MODE, SHUFFLED, TWICE } from './runs.js';

const EVERY = [0, 1, 2, 3, 4, 5];
const SCALE = 4;
/** Of float32 sums in another order, relative to the largest value of its kind. */
const TOLERANCE = 2e-3;

/** What a report tells of the sharpness at given weights; each scales with the loss. */
interface Measured {
  readonly loss: number;
  readonly gradient: number;
  readonly top: number;
  /** With the same random signs whenever the weights are in the same order, and so linear in the Hessian. */
  readonly trace: number;
  readonly spread: number;
  readonly rise: number;
}

function measure(loss: Loss, parameters: NamedTensors): Measured {
  const { value, gradients } = valueAndGradients(loss, parameters, { unused: 'zero' });
  const h = hessian(loss, parameters, { onUnverified: 'difference' });
  const pairs = extremeEigenpairs(h, { steps: 30, tolerance: 1e-4, largest: 1, smallest: 0 });
  const density = spectralDensity(h, { probes: 1, steps: 4 });
  const measured = tidy(() => ({
    loss: value.dataSync()[0]!,
    gradient: Math.hypot(...Object.values(gradients).map((g) => tf.norm(g).dataSync()[0]!)),
    top: pairs.largest[0]!.value,
    trace: hutchinsonTrace(h, { samples: 2 }).trace,
    spread: Math.sqrt(density.nodes.reduce((sum, node, i) => sum + density.weights[i]! * node ** 2, 0)),
    rise: sharpnessRise(loss, parameters, { rho: 1e-2 }),
  }));
  disposeEigenpairs(pairs.largest);
  disposeNamed(gradients);
  value.dispose();
  h.dispose();
  return measured;
}

for (const space of Object.keys(SPACES)) {
  describe(`sharpness of a child of ${space}`, () => {
    let s: ReturnType<typeof subject>;
    let labels: Tensor;
    let parameters: NamedTensors;
    let lossOf: (places: readonly number[], factor?: number) => Loss;
    let plain: Measured;
    before(async () => {
      await loadBackend();
      s = subject(space);
      const child = s.child(3);
      // Labels that are not balanced: the mean gradient of an untrained network would vanish.
      const { shape, size } = s.batch.labels;
      labels = tf.tensor(
        Int32Array.from({ length: size }, (_, i) => (i < size / 2 ? 0 : i % 3)),
        shape,
        'int32',
      );
      const batch = { inputs: s.batch.inputs, labels };
      parameters = pickNamed(s.store.parameters, child.parameterNames);
      lossOf =
        (places, factor = 1) =>
        (current) =>
          tf.mul(meanLoss(child, current, s.store.statistics, examplesAt(batch, places), MODE), factor) as Scalar;
      plain = measure(lossOf(EVERY), parameters);
    });
    after(() => {
      labels.dispose();
      s.dispose();
    });

    const agree = (found: Measured, expected: Measured, factor = 1): void => {
      const size = { ...expected, trace: Math.max(Math.abs(expected.trace), expected.top) };
      for (const key of Object.keys(expected) as (keyof Measured)[])
        expect(Math.abs(found[key] / factor - expected[key]) / Math.abs(size[key]), key).to.be.at.most(TOLERANCE);
    };

    it('does not depend on the order of the examples', () => {
      agree(measure(lossOf(SHUFFLED), parameters), plain);
    });

    it('does not depend on how often the whole batch is repeated', () => {
      agree(measure(lossOf(TWICE), parameters), plain);
    });

    it('scales with the loss', () => {
      agree(measure(lossOf(EVERY, SCALE), parameters), plain, SCALE);
    });

    it('of two halves averages to that of the whole if linear, and to at least that if convex', () => {
      const [a, b] = HALVES.map((half) => measure(lossOf(half), parameters));
      const mean = (key: keyof Measured): number => (a![key] + b![key]) / 2;
      expect(Math.abs(mean('loss') - plain.loss)).to.be.at.most(TOLERANCE * plain.loss);
      expect(Math.abs(mean('trace') - plain.trace)).to.be.at.most(
        TOLERANCE * Math.max(Math.abs(a!.trace), Math.abs(b!.trace), plain.top),
      );
      for (const key of ['gradient', 'top'] as const)
        expect(plain[key], key).to.be.at.most(mean(key) * (1 + TOLERANCE));
    });

    it('depends neither on names nor, apart from random draws, on weights off the path', () => {
      const rename = (name: string): string => `other/${[...name].reverse().join('')}`;
      const renamed = Object.fromEntries(Object.entries(parameters).map(([name, w]) => [rename(name), w]));
      const loss = lossOf(EVERY);
      const under =
        (names: NamedTensors): Loss =>
        (current) =>
          loss(mapNamed(names, (_, name) => current[rename(name)]!));
      expect(measure(under(parameters), renamed)).to.deep.equal(plain);
      const dead = tf.ones([3, 2]);
      const found = measure(loss, { ...parameters, dead });
      dead.dispose();
      expect(found).to.include({ loss: plain.loss, gradient: plain.gradient, rise: plain.rise });
      expect(Math.abs(found.top - plain.top) / plain.top).to.be.at.most(TOLERANCE);
    });
  });
}
