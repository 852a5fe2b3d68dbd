/** Penalty, step and recursion of the quadratic regularizers against values by hand (U1, U4, U5). */
import { expect } from 'chai';
import {
  createRegularizer,
  type Regularizer,
  regularizerSchema,
  type RegularizerConfigInput,
} from '../../src/forgetting/index.js';
import { alphaAt } from '../../src/forgetting/alpha.js';
import { averaged } from '../../src/forgetting/fisher-average.js';
import { gradientsOf } from '../../src/tensor/autodiff.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy, type Tensor } from '../../src/tensor/tf.js';
import { mlp } from '../../search-spaces/mlp.js';
import { catalogue, createChild } from 'weft-nas';

const space = mlp.create({ depth: 2, widths: [4, 6] }, { inputShape: [3, 3, 1], classes: 2 });
const [narrow, wide] = [4, 6].map((width) =>
  createChild(space, {
    width,
    depth: 1,
    layers: [
      { activation: 'relu', skip: false },
      { activation: 'relu', skip: false },
    ],
  } as never),
);
const names = narrow!.parameterNames;

const create = (options: RegularizerConfigInput): Regularizer =>
  createRegularizer(regularizerSchema.parse(options), { seed: 1, space })!;
const rng = stream('quadratic');
/** Random values for all weights of the space. */
const values = (positive = false): NamedTensors =>
  Object.fromEntries(
    [...catalogue(space.supernet).parameters].map(([name, { shape }]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [
        name,
        tf.tensor(
          Float32Array.from({ length: size }, () => (positive ? rng.uniform() : rng.normal())),
          [...shape],
        ),
      ];
    }),
  );
const only = (tensors: NamedTensors, wanted: readonly string[]): NamedTensors =>
  Object.fromEntries(wanted.map((name) => [name, tensors[name]!]));
const remember = (regularizer: Regularizer, parameters: NamedTensors, fisher: NamedTensors, child = narrow!): void =>
  regularizer.remember({
    architecture: child.encoding,
    parameterNames: child.parameterNames,
    parameters,
    fisher: () => mapNamed(only(fisher, child.parameterNames), (tensor) => tf.clone(tensor)),
  });
const far = (a: Tensor, b: Tensor): number =>
  tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]! / Math.max(1e-12, tf.max(tf.abs(b)).dataSync()[0]!));

describe('quadratic regularizers', () => {
  before(() => loadBackend());

  it('pull with α F (θ - θ̂), the derivative of their penalty, and with nothing at the anchor (U1)', () =>
    tidy(() => {
      const regularizer = create({ name: 'wpl', alpha: 3, step: 'loss', fisher: { average: 'accumulate' } });
      const [anchor, fisher, theta] = [values(), values(true), values()];
      regularizer.startEpoch(0);
      remember(regularizer, anchor, fisher);
      const pull = regularizer.penalty!(only(theta, names))!;
      const expected = gradientsOf(
        (p) =>
          tf.mul(
            1.5,
            tf.addN(names.map((name) => tf.sum(tf.mul(fisher[name]!, tf.square(tf.sub(p[name]!, anchor[name]!)))))),
          ),
        only(theta, names),
      );
      for (const name of names) expect(far(pull[name]!, expected[name]!)).to.be.below(1e-5);
      for (const tensor of Object.values(regularizer.penalty!(only(anchor, names))!))
        expect(tf.max(tf.abs(tensor)).dataSync()[0]).to.equal(0);
      // What no architecture has trained is free, also in an architecture that shares nothing.
      expect(
        regularizer.penalty!(
          only(
            theta,
            wide!.parameterNames.filter((name) => !names.includes(name)),
          ),
        ),
      ).to.equal(undefined);
      remember(regularizer, theta, fisher);
      const penalty =
        1.5 *
        names.reduce(
          (sum, name) =>
            sum + tf.sum(tf.mul(fisher[name]!, tf.square(tf.sub(theta[name]!, anchor[name]!)))).dataSync()[0]!,
          0,
        );
      expect(regularizer.status().penalty).to.be.closeTo(penalty, 1e-4 * penalty);
      // Means over the two trainings, the first of which has moved nothing.
      const records = regularizer.tensors().filter(({ name }) => names.includes(name));
      const total = (of: (record: (typeof records)[number]) => number): number =>
        records.reduce((sum, record) => sum + of(record), 0);
      expect(total(({ predictedDamage }) => predictedDamage)).to.be.closeTo(penalty / 3 / 2, 1e-4 * penalty);
      const squared = names.reduce(
        (sum, name) => sum + tf.sum(tf.square(tf.sub(theta[name]!, anchor[name]!))).dataSync()[0]!,
        0,
      );
      expect(total(({ drift }) => drift)).to.be.closeTo(squared / 2, 1e-4 * squared);
      regularizer.dispose();
    }));

  it('step proximally to the minimum of penalty and distance, explicitly by the gradient', () =>
    tidy(() => {
      const [anchor, fisher, before, after] = [values(), values(true), values(), values()];
      const rate = 0.1;
      for (const [step, expected] of [
        [
          'proximal',
          (name: string) =>
            tf.div(
              tf.add(after[name]!, tf.mul(tf.mul(fisher[name]!, 2 * rate), anchor[name]!)),
              tf.add(1, tf.mul(fisher[name]!, 2 * rate)),
            ),
        ],
        [
          'explicit',
          (name: string) =>
            tf.sub(after[name]!, tf.mul(tf.mul(fisher[name]!, 2 * rate), tf.sub(before[name]!, anchor[name]!))),
        ],
      ] as const) {
        const regularizer = create({ name: 'wpl', alpha: 2, step, fisher: { average: 'accumulate' } });
        regularizer.startEpoch(0);
        expect(
          regularizer.settle!({ before, after: only(after, names), learningRate: rate }),
          'nothing is known yet',
        ).to.deep.equal({});
        remember(regularizer, anchor, fisher);
        const moved = regularizer.settle!({
          before,
          after: only(after, [...names, ...wide!.parameterNames.filter((name) => !names.includes(name))]),
          learningRate: rate,
        });
        expect(Object.keys(moved), 'private weights are free').to.have.members(names);
        for (const name of names) expect(far(moved[name]!, expected(name))).to.be.below(1e-5);
        regularizer.dispose();
      }
    }));

  it('hold the weights for any α when proximal, and warn of explicit ones by their largest step (U4)', () =>
    tidy(() => {
      const regularizer = create({ name: 'wpl', alpha: 1e6 });
      const [anchor, fisher] = [values(), mapNamed(values(true), (tensor) => tf.add(tensor, 0.01))];
      regularizer.startEpoch(0);
      remember(regularizer, anchor, fisher);
      let theta = only(anchor, names);
      for (let i = 0; i < 20; i++)
        theta = {
          ...regularizer.settle!({
            before: theta,
            after: mapNamed(theta, (tensor) => tf.add(tensor, 0.05)),
            learningRate: 0.1,
          }),
        };
      for (const name of names)
        expect(tf.max(tf.abs(tf.sub(theta[name]!, anchor[name]!))).dataSync()[0]).to.be.below(1e-4);
      expect(create({ name: 'wpl', step: 'explicit' }).explicit).to.equal(true);
      const { alpha, largestFisher } = regularizer.status();
      expect(alpha * largestFisher).to.be.closeTo(
        1e6 * 0.9 * Math.max(...names.map((name) => tf.max(fisher[name]!).dataSync()[0]!)),
        1,
      );
      regularizer.dispose();
    }));

  it('average as computed by hand: moving average, sum, norm clip (U5)', () =>
    tidy(() => {
      const sequence = (options: Parameters<typeof averaged>[2], fresh: readonly number[]): number[] => {
        let past: Float32Array | undefined;
        return fresh.map((value) => (past = averaged(past, Float32Array.of(value, 0), options).value)[0]!);
      };
      const rounded = (list: number[]): number[] => list.map((value) => +value.toFixed(4));
      expect(rounded(sequence({ average: 'ema', momentum: 0.9 }, [1, 2, 0]))).to.deep.equal([0.9, 1.89, 0.189]);
      expect(rounded(sequence({ average: 'accumulate', momentum: 0.9 }, [1, 2, 0]))).to.deep.equal([1, 3, 3]);
      expect(rounded(sequence({ average: 'accumulate', momentum: 0.9, clipNorm: 2.5 }, [1, 2, 4]))).to.deep.equal([
        1, 2.5, 2.5,
      ]);
    }));

  it('lower α to zero at epoch 74, and start and reset as configured (U5)', () =>
    tidy(() => {
      const options = { alpha: 60, alphaDecay: { from: 15, by: 1 } };
      expect([0, 14, 15, 16, 73, 74, 200].map((epoch) => alphaAt(options, epoch))).to.deep.equal([
        60, 60, 59, 58, 1, 0, 0,
      ]);
      const regularizer = create({ name: 'wpl', alpha: 1, start: 1, fisher: { resetEvery: 2 } });
      const [parameters, fisher] = [values(), values(true)];
      const traces = [0, 1, 2, 3, 4].map((epoch) => {
        regularizer.startEpoch(epoch);
        const begun = regularizer.status().fisherTrace;
        remember(regularizer, parameters, fisher);
        return [begun > 0, regularizer.status().fisherTrace > 0];
      });
      expect(traces).to.deep.equal([
        [false, false],
        [false, true],
        [false, true],
        [true, true],
        [false, true],
      ]);
      regularizer.dispose();
    }));

  it('reproduces the recursion of the first published code, and how it saturates at 600 (U5)', () =>
    tidy(() => {
      const regularizer = create({
        name: 'wpl',
        preset: 'mmf2019',
        start: 0,
        scope: 'all-shared',
        fisher: { resetEvery: 0 },
      });
      const [name] = names;
      const [parameters, fisher] = [values(), mapNamed(values(true), (tensor) => tf.mul(tensor, 0.01))];
      const stored = (): Float32Array => regularizer.snapshot().tensors[`fisher/${name!}`]!.dataSync() as Float32Array;
      const gradientSquares = [...fisher[name!]!.dataSync()];
      let hand = gradientSquares.map(() => 0);
      const norms: number[] = [];
      for (let i = 0; i < 12; i++) {
        regularizer.startEpoch(0);
        remember(regularizer, parameters, fisher);
        hand = hand.map((past, j) => 0.1 * past + 0.9 * gradientSquares[j]!);
        const norm = Math.hypot(...hand);
        hand = hand.map((value) => 60 * value * Math.min(1, 10 / norm));
        stored().forEach((value, j) => expect(value).to.be.closeTo(hand[j]!, 1e-3 * Math.abs(hand[j]!)));
        norms.push(Math.hypot(...stored()));
      }
      expect(norms.at(-1)).to.be.closeTo(600, 0.1);
      expect(regularizer.settle).to.equal(undefined);
      regularizer.startEpoch(74);
      expect(regularizer.status().alpha).to.equal(0);
      regularizer.dispose();
    }));

  it('keeps the sum of all earlier quadratics as one (EWC)', () =>
    tidy(() => {
      const regularizer = create({ name: 'ewc', alpha: 1, step: 'loss' });
      const tasks = [0, 1, 2].map(() => ({ anchor: values(), fisher: values(true) }));
      regularizer.startEpoch(0);
      for (const { anchor, fisher } of tasks) remember(regularizer, anchor, fisher);
      const theta = values();
      const pull = regularizer.penalty!(only(theta, names))!;
      for (const name of names) {
        const expected = tf.addN(
          tasks.map(({ anchor, fisher }) => tf.mul(fisher[name]!, tf.sub(theta[name]!, anchor[name]!))),
        );
        expect(far(pull[name]!, expected)).to.be.below(1e-4);
      }
      regularizer.dispose();
    }));

  it('controls have the mean strength of what they control', () =>
    tidy(() => {
      const [parameters, fisher] = [values(), values(true)];
      const trace = (
        name: 'wpl' | 'l2-anchor' | 'permuted-fisher',
        normalize: 'none' | 'trace' = 'none',
      ): { sum: number; all: number[] } => {
        const regularizer = create({ name, fisher: { average: 'accumulate', normalize } });
        regularizer.startEpoch(0);
        remember(regularizer, parameters, fisher);
        const all = names.flatMap((parameter) => [
          ...regularizer.snapshot().tensors[`fisher/${parameter}`]!.dataSync(),
        ]);
        regularizer.dispose();
        return { sum: all.reduce((sum, value) => sum + value, 0), all };
      };
      const [own, uniform, permuted] = [trace('wpl'), trace('l2-anchor'), trace('permuted-fisher')];
      expect(uniform.sum).to.be.closeTo(own.sum, 1e-3);
      expect(Math.max(...uniform.all) - Math.min(...uniform.all)).to.be.below(1e-6);
      expect([...permuted.all].sort()).to.deep.equal([...own.all].sort());
      expect(permuted.all).not.to.deep.equal(own.all);
      expect(trace('wpl', 'trace').sum).to.be.closeTo(own.all.length, 1e-2);
    }));

  it('watches only edges, or everything', () => {
    const all = create({ name: 'wpl' }).watched;
    const edges = create({ name: 'wpl', scope: 'edges' }).watched;
    expect(all).to.have.members([...catalogue(space.supernet).parameters.keys()]);
    // Each width is a column of its own here, so a choice selects everything.
    expect(edges).to.deep.equal(all);
    const single = mlp.create({ depth: 2, widths: [4] }, { inputShape: [3, 3, 1], classes: 2 });
    const deeper = createRegularizer(regularizerSchema.parse({ name: 'wpl', scope: 'edges' }), {
      seed: 1,
      space: single,
    })!.watched;
    expect(deeper).to.have.members(
      [...catalogue(single.supernet).parameters.keys()].filter((name) => name.includes('layer1')),
    );
  });

  it('count Fisher information by decade without zeros, and say its sum and its largest value', () =>
    tidy(() => {
      const regularizer = create({ name: 'wpl', alpha: 2, fisher: { average: 'accumulate' } });
      regularizer.startEpoch(0);
      const zeros = mapNamed(values(), (tensor) => tf.zerosLike(tensor));
      const [name] = names as [string];
      const { shape, size } = zeros[name]!;
      const filled = Array.from({ length: size }, (_, i) => [0.5, 0, 3e-4, 1e-20, 0.25][i] ?? 0);
      remember(regularizer, values(), { ...zeros, [name]: tf.tensor(filled, shape) });
      const record = regularizer.tensors().find((one) => one.name === name)!;
      // Bins end at 1e-12, 1e-11, ...: the first holds all below, .5 and .25 lie below 1, .0003 below .001.
      expect(record.fisherLog10Histogram).to.deep.equal([1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0]);
      expect(record.fisherSum).to.be.closeTo(0.7503, 1e-6);
      expect(regularizer.status().largestFisher).to.equal(0.5);
      regularizer.dispose();
    }));

  it('have the constants of the first published code', () => {
    expect(regularizerSchema.parse({ name: 'wpl', preset: 'mmf2019' })).to.deep.include({
      alpha: 60,
      alphaDecay: { from: 15, by: 1 },
      step: 'loss',
      scope: 'edges',
      start: 5,
    });
    expect(() => regularizerSchema.parse({ name: 'wpl', fisher: { batches: 0 } })).to.throw();
  });
});
