/** Transforms with their default constants, as the papers give them, against the recurrences in float64. */
import { expect } from 'chai';
import { chain } from '../../src/chain/chain.js';
import { type Link } from '../../src/chain/link.js';
import { constant } from '../../src/chain/schedule.js';
import { emptyState, replaceState } from '../../src/chain/state.js';
import { scaleByAdagrad, scaleByAdam, scaleByRms } from '../../src/chain/transforms/adaptive.js';
import { clipByNorm, clipByValue } from '../../src/chain/transforms/clip.js';
import { addDecayedWeights } from '../../src/chain/transforms/decay.js';
import { scaleByLearningRate } from '../../src/chain/transforms/learning-rate.js';
import { trace } from '../../src/chain/transforms/momentum.js';
import { positiveNegativeMomentum } from '../../src/optimizers/base/pnm.js';
import { clippedOverDiagonal, momentumOverDiagonal } from '../../src/chain/transforms/over-diagonal.js';
import { disposeState } from '../optimizers/problems.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { type Scalar, tf, tidy } from '../../src/tensor/tf.js';

/** Of a weight of two coordinates, by step; the last one so small that an epsilon can be seen. */
const GRADIENTS = [
  [1, -0.5],
  [0.25, 2],
  [-3, 1e-7],
  [0.5, 1e-7],
] as const;
const DIAGONAL = [4, 0.25];

/** The updates of each coordinate that a link makes of the gradients. */
function updatesOf(link: Link, before: readonly Link[] = []): number[][] {
  const trainer = chain(...before, link, scaleByLearningRate(constant(1)));
  let state = emptyState;
  const found = GRADIENTS.map((gradient, step) => {
    const w = tf.zeros([2]);
    const next = trainer.step(
      () => ({ loss: tf.scalar(1) as Scalar, gradients: { w: tf.tensor1d([...gradient]) } }),
      { w },
      state,
      { step },
    );
    state = replaceState(state, next.state);
    const update = [...next.parameters['w']!.dataSync()].map((value) => 0 - value);
    disposeNamed({ w, ...next.parameters });
    return update;
  });
  disposeState(state);
  return found;
}

/** The same of a recurrence that sees the gradients of one coordinate, the first first. */
const recurrence = (update: (gradients: readonly number[], t: number, coordinate: number) => number): number[][] =>
  GRADIENTS.map((_, i) =>
    [0, 1].map((coordinate) =>
      update(
        GRADIENTS.slice(0, i + 1).map((gradient) => gradient[coordinate]!),
        i + 1,
        coordinate,
      ),
    ),
  );

/** (1 - decay) sum decay^(t-i) x_i. */
const average = (values: readonly number[], decay: number): number =>
  values.reduce((mean, value) => decay * mean + (1 - decay) * value, 0);
const squares = (values: readonly number[]): number[] => values.map((value) => value ** 2);
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const handOn: Link = {
  name: 'diagonal',
  update: (updates, { handOn: give }) => {
    give({ w: tf.tensor1d(DIAGONAL) });
    return updates;
  },
};

const TABLE: readonly {
  readonly name: string;
  readonly link: Link;
  readonly before?: readonly Link[];
  readonly update: (gradients: readonly number[], t: number, coordinate: number) => number;
}[] = [
  {
    name: 'adam: .9, .999, 1e-8',
    link: scaleByAdam(),
    update: (g, t) =>
      average(g, 0.9) / (1 - 0.9 ** t) / (Math.sqrt(average(squares(g), 0.999) / (1 - 0.999 ** t)) + 1e-8),
  },
  {
    name: 'rms: .99, 1e-8',
    link: scaleByRms(),
    update: (g) => g.at(-1)! / (Math.sqrt(average(squares(g), 0.99)) + 1e-8),
  },
  {
    name: 'rms with its bias corrected',
    link: scaleByRms({ correctBias: true }),
    update: (g, t) => g.at(-1)! / (Math.sqrt(average(squares(g), 0.99) / (1 - 0.99 ** t)) + 1e-8),
  },
  {
    name: 'rms, centered',
    link: scaleByRms({ centered: true, decay: 0.5 }),
    update: (g) => g.at(-1)! / (Math.sqrt(average(squares(g), 0.5) - average(g, 0.5) ** 2) + 1e-8),
  },
  {
    name: 'adagrad from zero',
    link: scaleByAdagrad(),
    update: (g) => g.at(-1)! / (Math.sqrt(total(squares(g))) + 1e-10),
  },
  {
    name: 'adagrad from .1',
    link: scaleByAdagrad({ initial: 0.1, epsilon: 1 }),
    update: (g) => g.at(-1)! / (Math.sqrt(0.1 + total(squares(g))) + 1),
  },
  { name: 'trace: .9', link: trace(), update: (g) => g.reduce((m, x) => 0.9 * m + x, 0) },
  {
    name: 'trace that looks ahead',
    link: trace({ nesterov: true }),
    update: (g) => g.at(-1)! + 0.9 * g.reduce((m, x) => 0.9 * m + x, 0),
  },
  {
    name: 'momentum over a diagonal: .9, bias corrected',
    link: momentumOverDiagonal(),
    before: [handOn],
    update: (g, t, coordinate) => average(g, 0.9) / (1 - 0.9 ** t) / DIAGONAL[coordinate]!,
  },
  {
    name: 'momentum over a diagonal with an epsilon and its bias',
    link: momentumOverDiagonal({ epsilon: 0.5, correctBias: false }),
    before: [handOn],
    update: (g, _, coordinate) => average(g, 0.9) / (DIAGONAL[coordinate]! + 0.5),
  },
  {
    name: 'a clipped ratio: .96, .01',
    link: clippedOverDiagonal(),
    before: [handOn],
    update: (g, _, coordinate) => Math.max(-1, Math.min(1, average(g, 0.96) / (0.01 * DIAGONAL[coordinate]!))),
  },
  {
    name: 'positive-negative momentum: .9, 1',
    link: positiveNegativeMomentum(),
    update: (g, t) => {
      // The gradients of the momentum whose turn it is, and of the other.
      const own = average(
        g.filter((_, i) => (t - 1 - i) % 2 === 0),
        0.81,
      );
      const other = average(
        g.filter((_, i) => (t - 1 - i) % 2 === 1),
        0.81,
      );
      return (2 * own - other) / Math.sqrt(5);
    },
  },
  { name: 'values clipped to .4', link: clipByValue(0.4), update: (g) => Math.max(-0.4, Math.min(0.4, g.at(-1)!)) },
];

describe('transforms with their defaults', () => {
  before(() => loadBackend());

  for (const { name, link, before: links, update } of TABLE)
    it(name, () => {
      const tensors = tf.memory().numTensors;
      const found = tidy(() => updatesOf(link, links));
      const expected = recurrence(update);
      found.forEach((row, step) =>
        row.forEach((value, coordinate) => {
          const exact = expected[step]![coordinate]!;
          expect(Math.abs(value - exact) / Math.abs(exact), `step ${step}, coordinate ${coordinate}`).to.be.below(1e-5);
        }),
      );
      expect(tf.memory().numTensors).to.equal(tensors);
    });

  it('each tensor is clipped by its own norm, and left alone within the bound', () => {
    const found = tidy(() => updatesOf(clipByNorm(1.5)));
    GRADIENTS.forEach((gradient, step) => {
      const factor = Math.min(1, 1.5 / Math.hypot(...gradient));
      gradient.forEach((value, i) => expect(found[step]![i]).to.be.closeTo(value * factor, 1e-6));
    });
  });

  it('weights decay where the mask says so, and everywhere by default', () =>
    tidy(() => {
      const after = (link: Link): number[] => {
        const { parameters, state } = chain(link, scaleByLearningRate(constant(0.5))).step(
          () => ({ loss: tf.scalar(1) as Scalar, gradients: { a: tf.tensor1d([1]), b: tf.tensor1d([-1]) } }),
          { a: tf.tensor1d([2]), b: tf.tensor1d([-4]) },
          emptyState,
          { step: 0 },
        );
        disposeState(state);
        return ['a', 'b'].map((name) => parameters[name]!.dataSync()[0]!);
      };
      expect(after(addDecayedWeights(0.5))).to.deep.equal([2 - 0.5 * (1 + 1), -4 - 0.5 * (-1 - 2)]);
      expect(after(addDecayedWeights(0.5, (name) => name === 'b'))).to.deep.equal([1.5, -4 - 0.5 * (-1 - 2)]);
    }));
});
