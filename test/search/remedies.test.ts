/**
 * Remedies in the training of shared weights: each is an identity away from none, keeps its promise, and resumes to the
 * byte.
 */
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { darts } from '../../controllers/darts.js';
import { canonicalCell, nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { mlp } from '../../search-spaces/mlp.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { type ControllerFactory } from '../../src/controller/index.js';
import { parameterCount } from '../../src/graph/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { capacityRates } from '../../src/search/remedies/capacity-rates.js';
import {
  cumulative,
  drawExamples,
  mixed,
  optionShares,
  pathDistribution,
} from '../../src/search/remedies/importance.js';
import { uniqueNetworks } from '../../src/search/remedies/unique-networks.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { restoreSnapshot, takeSnapshot } from '../../src/search/snapshot.js';
import { type SearchEvent } from '../../src/search/events.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { values } from '../optimizers/problems.js';

const TASK = { inputShape: [32, 32, 3], classes: 10 };
type Remedies = NonNullable<NonNullable<SearchConfigInput['search']>['remedies']>;
type Optimizer = NonNullable<NonNullable<SearchConfigInput['search']>['optimizer']>;
const MOMENTUM: Optimizer = { name: 'momentum', learningRate: 0.05, schedule: { name: 'constant' } };

interface Given {
  readonly remedies?: Remedies;
  readonly optimizer?: Optimizer;
  readonly compile?: 'off' | 'graph';
  readonly search?: SearchConfigInput['search'];
  readonly controller?: ControllerFactory;
  readonly events?: SearchEvent[];
}

function begin({
  remedies,
  optimizer = MOMENTUM,
  compile = 'off',
  search,
  controller = random,
  events,
}: Given): SearchSession {
  const config = checkConfig({
    seed: 3,
    compile,
    space: { name: 'nas-bench-201', operations: ['none', 'conv1', 'conv3'], filters: 2 },
    controller: { name: controller.name },
    data: { subset: { train: 90 } },
    search: { epochs: 3, batchSize: 12, rounds: 0, probe: 1, optimizer, ...(remedies && { remedies }), ...search },
    derive: { candidates: 3, random: 0, batchSize: 32 },
    retrain: { epochs: 0 },
  });
  return createSession({ config, space: nasBench201, controller, data: openData(config) }, (event) =>
    events?.push(event),
  );
}

/** Weights, optimizer, and what was said, at the end of the search. */
function trained(given: Given): object {
  const events: SearchEvent[] = [];
  const session = begin({ ...given, events });
  while (session.state.phase !== 'done') advance(session);
  const result = { weights: values(session.supernet.store.parameters), events };
  session.dispose();
  return result;
}

const EACH: Readonly<Record<string, Remedies>> = {
  uniqueNetworks: { uniqueNetworks: true },
  fixedAffine: { fixedAffine: true },
  capacityRates: { capacityRates: true },
  separateMomentum: { separateMomentum: true },
  importance: { importance: {} },
  'importance of paths': { importance: { data: false } },
  'importance of data': { importance: { paths: false } },
  all: {
    uniqueNetworks: true,
    fixedAffine: true,
    capacityRates: true,
    separateMomentum: true,
    importance: {},
  },
};

describe('remedies in the supernet', function () {
  this.timeout(240_000);
  before(() => loadBackend('native'));

  it('change nothing while they are off, or if they have nothing to act on', () => {
    const plain = trained({});
    expect(trained({ remedies: {} })).to.deep.equal(plain);
    expect(trained({ remedies: { importance: { strength: 0 } } })).to.deep.equal(plain);
    // Without memory of past gradients there is nothing to keep apart.
    const sgd: Optimizer = { name: 'sgd', learningRate: 0.05, schedule: { name: 'constant' } };
    expect(trained({ optimizer: sgd, remedies: { separateMomentum: true } })).to.deep.equal(
      trained({ optimizer: sgd }),
    );
  });

  it('train the same weights by one native function for all networks', () => {
    expect(trained({ remedies: EACH['all']!, compile: 'graph' })).to.deep.equal(trained({ remedies: EACH['all']! }));
  });

  let plain: object | undefined;
  for (const [name, remedies] of Object.entries(EACH)) {
    it(`${name}: trains other weights, the same ones after a resume, and leaves no tensors`, () => {
      const before = tf.memory().numTensors;
      const whole = trained({ remedies });
      expect(whole).not.to.deep.equal((plain ??= trained({})));

      const events: SearchEvent[] = [];
      let session = begin({ remedies, events });
      for (let units = 0; session.state.phase !== 'done'; units++) {
        // Between epochs, in their middle, and on their first step.
        if (units % 7 === 5) {
          const { tensors, state } = takeSnapshot(session);
          const kept = {
            tensors: Object.fromEntries(
              Object.entries(tensors).map(([group, named]) => [group, mapNamed(named, (tensor) => tensor.clone())]),
            ),
            state: JSON.parse(JSON.stringify(state)) as typeof state,
          };
          session.dispose();
          session = begin({ remedies, events });
          restoreSnapshot(session, kept);
          tf.dispose(Object.values(kept.tensors).flatMap((named) => Object.values(named)));
        }
        advance(session);
      }
      const resumed = { weights: values(session.supernet.store.parameters), events };
      session.dispose();
      expect(resumed).to.deep.equal(whole);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }

  describe('unique networks', () => {
    const space = nasBench201.create({}, TASK);
    const unique = uniqueNetworks(space);

    it('are the 6,466 of the benchmark, each drawn equally often', () => {
      expect(unique.representatives).to.have.length(6466);
      const drawsEach = 20;
      const counts = new Map<string, number>(unique.representatives.map((cell) => [canonicalCell(cell), 0]));
      const rng = stream(1, 'unique');
      for (let draw = 0; draw < drawsEach * counts.size; draw++) {
        const form = canonicalCell(unique.space.sample(rng));
        counts.set(form, counts.get(form)! + 1);
      }
      const statistic = [...counts.values()].reduce((sum, count) => sum + (count - drawsEach) ** 2 / drawsEach, 0);
      const freedom = counts.size - 1;
      // A chi-squared of many degrees of freedom is normal: mean k, variance 2k.
      expect(Math.abs(statistic - freedom) / Math.sqrt(2 * freedom)).to.be.below(3.3);
    });

    it('stand for every architecture that describes them', () => {
      const rng = stream(2, 'unique');
      for (let i = 0; i < 300; i++) {
        const cell = space.sample(rng);
        expect(canonicalCell(unique.of(cell))).to.equal(canonicalCell(cell));
        expect(unique.representatives).to.include(unique.of(cell));
      }
    });

    it('are evaluated with the weights of their representative, whichever architecture describes them', () => {
      const session = begin({ remedies: { uniqueNetworks: true } });
      const { unique: networks } = session.remedies;
      const other = [...session.space.enumerate()].find((cell) => networks!.of(cell) !== cell)!;
      expect(session.child(other).encoding).to.equal(session.space.encode(networks!.of(other)));
      session.dispose();
    });

    it('of any space are distinguished by what they compute', () => {
      const { representatives, space: drawing } = uniqueNetworks(
        mlp.create({ depth: 2, widths: [2, 3] }, { inputShape: [1, 1, 2], classes: 2 }),
      );
      expect(new Set(representatives.map((one) => drawing.canonicalHash(one))).size).to.equal(representatives.length);
    });

    it('are refused for a space that cannot be listed', () => {
      const large = mlp.create({ depth: 16 }, { inputShape: [1, 1, 2], classes: 2 });
      expect(() => uniqueNetworks(large)).to.throw(/lists all architectures/);
    });
  });

  it('fixed scales and offsets keep their bits, and everything else moves', () => {
    const session = begin({ remedies: { fixedAffine: true } });
    const before = values(session.supernet.store.parameters);
    while (session.state.phase !== 'derive') advance(session);
    const after = values(session.supernet.store.parameters);
    const moved = Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
    expect(moved.filter((name) => /\/(scale|offset)$/.test(name))).to.deep.equal([]);
    expect(moved).to.include('stem/conv/kernel');
    session.dispose();
  });

  it('rates of CaLR fall with γ = 4 for the fewest parameters and 1/4 for the most', () => {
    const space = nasBench201.create({}, TASK);
    const rates = capacityRates(space, 1);
    const counts = [...uniqueNetworks(space).representatives.filter((_, i) => i % 40 === 0)].map((cell) =>
      parameterCount(space.activate(cell)),
    );
    const conv3 = space.validate([['conv3'], ['conv3', 'conv3'], ['conv3', 'conv3', 'conv3']]);
    const none = space.validate([['none'], ['none', 'none'], ['none', 'none', 'none']]);
    const [most, fewest] = [conv3, none].map((cell) => parameterCount(space.activate(cell)));
    expect(Math.max(...counts)).to.be.at.most(most!);
    expect(rates.exponent(most!)).to.equal(0.25);
    expect(rates.exponent(fewest!)).to.equal(4);
    expect(rates.exponent(Math.sqrt(most! * fewest!))).to.be.closeTo((4 + 0.25) / 2, 1e-12);
    expect(rates.factor({ nodes: space.activate(none) }, 0.5)).to.be.closeTo(0.5 ** 4, 1e-12);
    expect(rates.factor({ nodes: space.activate(conv3) }, 0)).to.equal(1);
  });

  describe('importance sampling', () => {
    const space = nasBench201.create({ operations: ['none', 'conv1', 'conv3'] }, TASK);
    const shares = space.cardinalities.map((_, slot) => optionShares([undefined, 1 + slot, 3], 0.6));
    const architectures = [...space.enumerate()];
    /** Any function of an architecture: what a gradient could be. */
    const gradientOf = (architecture: unknown): number =>
      Math.sin(7 * parameterCount(space.activate(architecture as never)) + 1) + 2;

    for (const listed of [undefined, uniqueNetworks(space).representatives]) {
      it(`of paths is unbiased${listed ? ' over unique networks' : ''}: its probabilities sum to one, and the weighted mean is the uniform one`, () => {
        const meant = listed ?? architectures;
        const { probability, weight } = pathDistribution(space, shares, listed);
        let [total, mean, uniform] = [0, 0, 0];
        for (const architecture of meant) {
          total += probability(architecture);
          mean += probability(architecture) * weight(architecture) * gradientOf(architecture);
          uniform += gradientOf(architecture) / meant.length;
        }
        expect(total).to.be.closeTo(1, 1e-12);
        expect(mean).to.be.closeTo(uniform, 1e-12);
      });

      it(`draws paths with these probabilities${listed ? ', unique ones alone' : ''}`, () => {
        const meant = listed ?? architectures;
        const { sample, probability } = pathDistribution(space, shares, listed);
        const rng = stream(5, 'paths');
        const draws = 40 * meant.length;
        const counts = new Map<string, number>();
        for (let i = 0; i < draws; i++) {
          const text = space.encode(sample(rng));
          counts.set(text, (counts.get(text) ?? 0) + 1);
        }
        const statistic = meant.reduce((sum, architecture) => {
          const expected = draws * probability(architecture);
          return sum + ((counts.get(space.encode(architecture)) ?? 0) - expected) ** 2 / expected;
        }, 0);
        expect(Math.abs(statistic - (meant.length - 1)) / Math.sqrt(2 * meant.length)).to.be.below(4);
      });
    }

    it('of data is unbiased: the weighted mean over draws is that of all examples', () => {
      const losses = [0.1, 2, 0.7, 1.3, 0.02];
      const probabilities = Float32Array.from(mixed([1, 3, 0, 2, 0.5], 0.8));
      const all = drawExamples(probabilities, cumulative(probabilities), 20_000, stream(1, 'data'));
      const mean =
        [...all.places].reduce((sum, place, i) => sum + losses[place]! * all.weights[i]!, 0) / all.places.length;
      const exact = probabilities.reduce((sum, q, i) => sum + q * losses[i]! * (1 / (losses.length * q)), 0);
      expect(exact).to.be.closeTo(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 1e-12);
      expect(mean).to.be.closeTo(exact, 0.05);
      expect(new Set(all.places).size).to.equal(losses.length);
    });

    it('gives options without weights, and those never drawn, the mean share', () => {
      expect(optionShares([undefined, 2, 4], 1)).to.deep.equal([3 / 9, 2 / 9, 4 / 9]);
      expect(optionShares([undefined, undefined], 1)).to.deep.equal([0.5, 0.5]);
      expect(optionShares([0, 0], 0.5)).to.deep.equal([0.5, 0.5]);
      expect(optionShares([1, 5, 30], 0)).to.deep.equal([1 / 3, 1 / 3, 1 / 3]);
    });
  });

  const refused: readonly (readonly [what: string, given: Given, says: RegExp])[] = [
    [
      'a schedule together with CaLR',
      { remedies: { capacityRates: true }, optimizer: { name: 'momentum' } },
      /has one too/,
    ],
    ['a mixture', { remedies: { uniqueNetworks: true }, controller: darts }, /mixture of all/],
    [
      'a regularizer that mixes',
      { remedies: { importance: {} }, search: { regularizer: { name: 'nsas' } } },
      /mixes it with those of others/,
    ],
  ];
  for (const [what, given, says] of refused)
    it(`refuse ${what}`, () => {
      const before = tf.memory().numTensors;
      expect(() => begin(given)).to.throw(says);
      expect(tf.memory().numTensors).to.equal(before);
    });
});
