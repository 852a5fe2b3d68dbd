import { expect } from 'chai';
import fc from 'fast-check';
import { type ControllerFactory, type SearchSpace, stream } from 'weft-nas';
import { evolution } from '../../controllers/evolution.js';
import { localSearch } from '../../controllers/local-search.js';
import { nsga2 } from '../../controllers/nsga2.js';
import { predictorGuided } from '../../controllers/predictor-guided.js';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { checkParts } from '../../src/search/check-parts.js';
import { openData } from '../../src/search/data.js';
import { halvingRounds } from '../../src/search/halving-rounds.js';
import { successiveHalving } from '../../src/search/halving.js';
import {
  accepts,
  jointSpace,
  candidateConfig,
  candidateText,
  hyperparametersOf,
  type Hyperparameters,
  readCandidate,
  withHyperparameters,
} from '../../src/search/hyperparameters/index.js';
import { hyperparameter } from '../../src/search/hyperparameters/values.js';
import { choiceEncoding } from '../../src/predictors/index.js';
import { standAloneJob } from '../../src/jobs/index.js';
import { said } from '../said.js';

const RATE = 'retrain.optimizer.learningRate';
const BATCH = 'retrain.batchSize';
const NAME = 'retrain.optimizer.name';
const SEARCHED = {
  [RATE]: { min: 1e-4, max: 1, scale: 'log' },
  [BATCH]: { min: 8, max: 64, scale: 'log', integer: true },
  [NAME]: ['sgd', 'nesterov', 'adam'],
} as const;

const configOf = (hyperparameters: unknown, more: SearchConfigInput = {}) =>
  checkConfig({
    space: { name: 'mlp', depth: 2, widths: [8, 16] },
    data: { subset: { train: 200 } },
    ...more,
    search: { ...more.search, hyperparameters },
  });
const found = (hyperparameters: unknown, more: SearchConfigInput = {}) =>
  hyperparametersOf(configOf(hyperparameters, more), 2);

const networks = mlp.create({ depth: 2, widths: [8, 16] }, { inputShape: [8, 8, 1], classes: 10 });
const joint = (hyperparameters: unknown = SEARCHED): SearchSpace => jointSpace(networks, found(hyperparameters));
const valuesIn = (text: string): Hyperparameters => readCandidate(text).hyperparameters;

/** The largest distance of the shares of numbers from those of the uniform distribution on [0, 1]. */
const fromUniform = (numbers: readonly number[]): number =>
  Math.max(...numbers.toSorted((a, b) => a - b).map((value, i) => Math.abs((i + 1) / numbers.length - value)));

describe('hyper-parameters', () => {
  it('have values within their range, both ends among them, in ascending order, each with its place', () => {
    const ends = fc.tuple(
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      fc.double({ min: 1.001, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(ends, fc.constantFrom('linear', 'log'), fc.boolean(), ([low, ratio], scale, integer) => {
        const min = integer ? Math.ceil(low) : low;
        const max = integer ? min + Math.ceil(ratio) : low * ratio;
        const { values, places } = hyperparameter(RATE, { min, max, scale, integer });
        expect([values[0], values.at(-1)]).to.deep.equal([min, max]);
        expect(places).to.have.length(values.length);
        for (const [i, value] of values.entries()) {
          expect(places![i]).to.be.within(0, 1);
          if (integer) expect(value).to.satisfy(Number.isInteger);
          if (i > 0)
            expect([Number(value), places![i]!]).to.satisfy(
              ([v, p]: number[]) => v! > Number(values[i - 1]) && p! > places![i - 1]!,
            );
        }
      }),
    );
  });

  it('are drawn uniformly on their scale, whole numbers too, and listed values evenly', () => {
    const space = joint();
    const rng = stream(1, 'uniform');
    const drawn = Array.from({ length: 3000 }, () => valuesIn(space.encode(space.sample(rng))));
    const numbers = (path: string): number[] => drawn.map((one) => Number(one[path]));
    // A grid of 101 values is within a hundredth of the line; 1.63 / sqrt(n) is the 1 % bound of Kolmogorov and
    // Smirnov.
    const bound = 1.63 / Math.sqrt(3000) + 0.01;
    expect(fromUniform(numbers(RATE).map((rate) => Math.log10(rate) / 4 + 1))).to.be.below(bound);
    const batch = (size: number): number => Math.log(size / 7.5) / Math.log(64.5 / 7.5);
    for (const size of [8, 12, 20, 33, 50])
      expect(numbers(BATCH).filter((one) => one <= size).length / 3000).to.be.closeTo(batch(size + 0.5), bound);
    for (const name of SEARCHED[NAME])
      expect(drawn.filter((one) => one[NAME] === name).length / 3000).to.be.closeTo(1 / 3, bound);
  });

  it('make one space with the architectures: texts, neighbours, mutations and crossovers stay in it', () => {
    const space = joint();
    expect(space.size()).to.equal(networks.size() * 101n * BigInt(found(SEARCHED)[1]!.values.length) * 3n);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const rng = stream(seed, 'joint');
        const [one, other] = [space.sample(rng), space.sample(rng)];
        const text = space.encode(one);
        expect(space.decode(text)).to.deep.equal(one);
        expect(candidateText(readCandidate(text))).to.equal(text);
        const { architecture } = readCandidate(text);
        expect(networks.encode(networks.decode(architecture))).to.equal(architecture);
        const crossed = space.fromGenotype(
          space.genotype(one).map((value, i) => (rng.uniform() < 0.5 ? value : space.genotype(other)[i]!)),
        );
        const mutated = space.mutate(one, rng);
        for (const made of [crossed, mutated, ...space.neighbours(one)])
          expect(space.decode(space.encode(made))).to.deep.equal(made);
        const changed = space.genotype(mutated).filter((value, i) => value !== space.genotype(one)[i]);
        expect(changed).to.have.length(1);
        expect(space.activate(one).length).to.equal(networks.activate(networks.decode(architecture)).length);
      }),
      { numRuns: 50 },
    );
  });

  it('move along their scale by small steps more often than by large ones, and reach all of it', () => {
    const space = joint({ [RATE]: SEARCHED[RATE] });
    const rng = stream(1, 'steps');
    const slot = space.cardinalities.length - 1;
    let at = space.sample(rng);
    const seen = new Set<number>();
    let near = 0;
    let moves = 0;
    for (let i = 0; i < 4000; i++) {
      const before = space.genotype(at)[slot]!;
      at = space.mutate(at, rng);
      const after = space.genotype(at)[slot]!;
      if (after === before) continue;
      moves++;
      seen.add(after);
      if (Math.abs(after - before) <= 20) near++;
    }
    expect(seen.size).to.equal(101);
    expect(near / moves).to.be.within(0.6, 0.8); // 68 % within a standard deviation
    const other = networks.neighbours(networks.decode(readCandidate(space.encode(at)).architecture)).length;
    expect(space.neighbours(at).length - other).to.be.within(3, 6);
  });

  it('are seen by predictors as places on their scale and as one of the listed', () => {
    const space = joint();
    const { names, encode } = choiceEncoding(space);
    const rng = stream(3, 'encoding');
    for (let i = 0; i < 50; i++) {
      const candidate = space.sample(rng);
      const row = encode(candidate);
      const values = valuesIn(space.encode(candidate));
      const place = row[names.findIndex((name) => name.startsWith('place'))]!;
      expect(place).to.be.closeTo(Math.log10(Number(values[RATE])) / 4 + 1, 0.01);
      const slots = space.cardinalities.length;
      const listed = names.flatMap((name, at) => (name.startsWith(`slot ${slots - 1} is`) ? [row[at]!] : []));
      expect(listed).to.deep.equal(SEARCHED[NAME].map((name) => Number(name === values[NAME])));
      expect(row.every((value) => value >= 0)).to.equal(true);
    }
  });

  /** Best for adam with a rate of 0.01 and the widest network. */
  const planted = (text: string): number => {
    const { architecture, hyperparameters: values } = readCandidate(text);
    const wide = architecture.split('16').length - 1;
    const off = Math.log10(Number(values[RATE])) + 2;
    return 0.6 + 0.05 * wide - 0.1 * off ** 2 + (values[NAME] === 'adam' ? 0.1 : 0);
  };
  const hyperparameters = { [RATE]: SEARCHED[RATE], [NAME]: SEARCHED[NAME] };
  const searched = async (factory: ControllerFactory, options: object, seed: number): Promise<number[]> => {
    const space = joint(hyperparameters);
    const controller = factory.create(options, { space, seed });
    const rounds = await halvingRounds(
      { rounds: 15, candidates: 9, seed, space, controller, reward: (score) => Math.max(0, score) },
      (candidates) =>
        successiveHalving(candidates, { factor: 10, epochs: 1 }, (text) => Promise.resolve(planted(text))),
    );
    return rounds.map((rungs) => rungs[0]!.ranking[0]!.score);
  };

  it('a planted optimum is found by every strategy, and nearer than at random', async () => {
    const best = (scores: readonly number[]): number => Math.max(...scores);
    const strategies: [ControllerFactory, object][] = [
      [evolution, { population: 20, sample: 5 }],
      [localSearch, {}],
      [nsga2, { population: 10 }],
      [predictorGuided, {}],
    ];
    const seeds = [1, 2, 3, 4, 5];
    const mean = async (factory: ControllerFactory, options: object): Promise<number> => {
      const all = await Promise.all(seeds.map(async (seed) => best(await searched(factory, options, seed))));
      return all.reduce((sum, one) => sum + one / all.length, 0);
    };
    const blind = await mean(random, {});
    for (const [factory, options] of strategies) expect(await mean(factory, options), factory.name).to.be.above(blind);
  });

  it('come in the same order again, whatever was done before', async () => {
    expect(await searched(evolution, { population: 20 }, 3)).to.deep.equal(
      await searched(evolution, { population: 20 }, 3),
    );
  });

  it('appear in the configuration of a candidate, and of its retraining', () => {
    const config = configOf({ ...SEARCHED, 'retrain.augment.shift': [0, 1] }, { data: { augment: { zoom: 0.1 } } });
    const values = { [RATE]: 0.02, [BATCH]: 16, [NAME]: 'adam', 'retrain.augment.shift': 1 };
    const { search, retrain, data } = withHyperparameters(config, values);
    expect(search).to.not.have.property('hyperparameters');
    expect(search.batchSize).to.equal(config.search.batchSize);
    expect(retrain.optimizer).to.include({ name: 'adam', learningRate: 0.02 });
    expect(retrain.optimizer).to.not.have.property('momentum');
    expect([retrain.batchSize, retrain.augment]).to.deep.equal([16, { zoom: 0.1, shift: 1 }]);
    expect(data).to.deep.equal(config.data);
    const candidate = candidateConfig(config, values);
    expect([candidate.search.batchSize, candidate.data.augment]).to.deep.equal([16, { zoom: 0.1, shift: 1 }]);
    expect(candidateConfig(config, {})).to.equal(config);
  });

  it('may be options of preconditioners and of base optimizers', () => {
    const optimizer = { name: 'sam', base: { name: 'sgd', preconditioner: { name: 'kfac' } } } as const;
    const searched = {
      'retrain.optimizer.rho': [0.05, 0.1],
      'retrain.optimizer.base.preconditioner.damping': { min: 1e-4, max: 1, scale: 'log' },
    };
    const config = configOf(searched, { retrain: { optimizer } });
    expect(hyperparametersOf(config, 2)).to.have.length(2);
    const { retrain } = withHyperparameters(config, { 'retrain.optimizer.base.preconditioner.damping': 0.01 });
    expect(retrain.optimizer).to.deep.include({ name: 'sam' });
    expect((retrain.optimizer as { base: { preconditioner: object } }).base.preconditioner).to.include({
      name: 'kfac',
      damping: 0.01,
    });
  });

  describe('that are options of one of several searched names', () => {
    const MOMENTUM = 'retrain.optimizer.momentum';
    const BETA = 'retrain.optimizer.beta2';
    const optional = {
      [MOMENTUM]: { min: 0.5, max: 0.99 },
      [BETA]: [0.99, 0.999],
      [NAME]: ['nesterov', 'adam', 'sgd'],
    };
    const space = joint(optional);
    const options: Readonly<Record<string, readonly string[]>> = {
      nesterov: [MOMENTUM, NAME],
      adam: [BETA, NAME],
      sgd: [NAME],
    };

    it('apply where it is chosen: each name is drawn as often as the others, with its own options alone', () => {
      const rng = stream(1, 'names');
      const drawn = Array.from({ length: 900 }, () => valuesIn(space.encode(space.sample(rng))));
      for (const name of optional[NAME]) {
        const some = drawn.filter((values) => values[NAME] === name);
        expect(some.length, name).to.be.within(250, 350); // 300, standard deviation 14
        for (const values of some) expect(Object.keys(values)).to.have.members(options[name]!);
      }
      expect(new Set(drawn.map((values) => values[MOMENTUM])).size).to.be.above(90);
    });

    it('are trained with by the configuration, which refuses them beside another name', () => {
      const config = configOf(optional);
      const rng = stream(2, 'names');
      for (let i = 0; i < 30; i++) {
        const values = valuesIn(space.encode(space.sample(rng)));
        expect(accepts(config, 2)(values)).to.equal(true);
        expect(withHyperparameters(config, values).retrain.optimizer).to.include(
          Object.fromEntries(Object.entries(values).map(([path, value]) => [path.split('.').at(-1)!, value])),
        );
      }
      expect(accepts(config, 2)({ [NAME]: 'adam', [MOMENTUM]: 0.9 })).to.equal(false);
    });

    it('make a space that is closed: every move changes the candidate, and every text is read as what was written', () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const rng = stream(seed, 'closed');
          const [one, other] = [space.sample(rng), space.sample(rng)];
          const crossed = space.fromGenotype(
            space.genotype(one).map((value, i) => (rng.uniform() < 0.5 ? value : space.genotype(other)[i]!)),
          );
          const text = space.encode(one);
          const moved = [space.mutate(one, rng), ...space.neighbours(one)];
          for (const made of moved) expect(space.encode(made)).to.not.equal(text);
          expect(new Set(moved.slice(1).map((made) => space.encode(made))).size).to.equal(moved.length - 1);
          for (const made of [one, crossed, ...moved]) {
            expect(space.satisfies(made)).to.equal(true);
            expect(space.decode(space.encode(made))).to.deep.equal(made);
            expect(Object.keys(valuesIn(space.encode(made)))).to.have.members(
              options[String(valuesIn(space.encode(made))[NAME])]!,
            );
          }
        }),
        { numRuns: 50 },
      );
      const one = mlp.create({ depth: 1, widths: [4] }, networks.task);
      const few = jointSpace(one, found(optional));
      // 101 values of momentum, two of beta2, and sgd without either.
      expect(few.size()).to.equal(one.size() * (101n + 2n + 1n));
      expect(BigInt([...few.enumerate()].length)).to.equal(few.size());
    });

    it('may be names themselves', () => {
      const BASE = 'retrain.optimizer.base.name';
      const inner = 'retrain.optimizer.base.momentum';
      const nested = joint({ [inner]: { min: 0.5, max: 0.9 }, [BASE]: ['nesterov', 'adam'], [NAME]: ['sam', 'adam'] });
      const rng = stream(3, 'nested');
      const seen = new Set(
        Array.from({ length: 200 }, () => {
          const values = valuesIn(nested.encode(nested.sample(rng)));
          return [values[NAME], values[BASE], inner in values].join(' ');
        }),
      );
      expect([...seen].sort()).to.deep.equal(['adam  false', 'sam adam false', 'sam nesterov true']);
    });

    it('are refused where none of the names has them, and where one that has them does not take a value', () => {
      const names = { [NAME]: ['adam', 'sgd'] };
      expect(said(() => found({ ...names, [MOMENTUM]: [0.8, 0.9] }))).to.match(/no field retrain\.optimizer\.momentum/);
      expect(said(() => found({ ...names, [BETA]: [0.9, 2] }))).to.match(
        /beta2 cannot be 2 with retrain\.optimizer\.name adam: .*take that value out/s,
      );
    });
  });

  it('change the name of a job, and without them it is what it was', () => {
    const config = configOf(SEARCHED);
    const parts = { config, space: mlp, controller: random, data: openData(config) };
    const architecture = networks.encode(networks.sample(stream(1, 'job')));
    const job = (values: Hyperparameters, some = parts) =>
      standAloneJob(some, candidateText({ architecture, hyperparameters: values }), 2, { backend: 'cpu' });
    const values = { [RATE]: 0.02, [BATCH]: 16, [NAME]: 'adam' };
    expect(job(values).key).to.not.equal(job({ ...values, [RATE]: 0.03 }).key);
    expect(job(values).label).to.match(/for 2 epochs with .*learningRate 0.02, .*batchSize 16/);
    const plain = configOf(undefined);
    expect(job({}).key).to.equal(job({}, { ...parts, config: plain }).key);
    // By hand the same.
    const byHand = configOf(undefined, {
      retrain: { optimizer: { name: 'adam', learningRate: 0.02 }, batchSize: 16 },
      search: { batchSize: 16 },
    });
    expect(job(values).key).to.equal(job({}, { ...parts, config: byHand }).key);
  });

  it('are refused by path where they cannot be searched, with what to do', () => {
    const cases: [unknown, RegExp][] = [
      [{ 'retrian.batchSize': [8, 16] }, /no field retrian\.batchSize.*did you mean 'retrain'/s],
      [{ 'a b': [8, 16] }, /no field a b/],
      [{ 'retrain.optimizer.__proto__.x': [8, 16] }, /no field retrain\.optimizer\.__proto__/],
      [{ 'retrain.batchsize': [8, 16] }, /no field retrain\.batchsize.*did you mean 'batchSize'/s],
      [{ 'retrain.optimizer.learningrate': [0.1, 0.2] }, /no field .*learningrate.*did you mean 'learningRate'/s],
      [{ 'retrain.augment.crops': [0, 1] }, /no field retrain\.augment\.crops/],
      [{ [BATCH]: [8, 0] }, /retrain\.batchSize cannot be 0: .*take that value out/s],
      [{ [BATCH]: { min: 8, max: 64 } }, /retrain\.batchSize cannot be 8\.56: .*integer: true/s],
      [{ 'retrain.labelSmoothing': { min: 0, max: 1.5 } }, /labelSmoothing cannot be 1\.01: .*narrow its range/s],
      [{ [NAME]: ['sgd', 'adamm'] }, /cannot be "adamm": there is no optimizer 'adamm'.*did you mean 'adam'/s],
      [{ 'retrain.optimizer.warmUp': [0, 5] }, /warmUp cannot be 5: .*would not reach its maximum/s],
      [{ 'data.subset.train': [100, 200] }, /data\.subset\.train cannot be searched: all candidates .* same data/],
      [{ 'data.augment.shift': [0, 1] }, /data\.augment\.shift cannot be searched.*name retrain\.augment\.shift/s],
      [{ seed: [1, 2] }, /seed cannot be searched: .*same seed/],
      [{ 'space.depth': [1, 2] }, /space\.depth cannot be searched: the space says/],
      [{ 'search.batchSize': [8, 16] }, /search\.batchSize cannot be searched: .*name retrain\.batchSize/s],
      [{ 'retrain.epochs': [8, 16] }, /retrain\.epochs cannot be searched: .*--first/s],
      [{ 'retrain.patience': [2, 3] }, /retrain\.patience cannot be searched: it has no effect/],
      [{ 'limits.parameters': [2, 3] }, /limits\.parameters cannot be searched: it has no effect/],
    ];
    for (const [wrong, message] of cases) expect(said(() => found(wrong))).to.match(message);
  });

  it('are refused by the schema where they are no range and no list', () => {
    const cases: [unknown, RegExp][] = [
      [{ [RATE]: 0.1 }, /must be a list of values, or \{min, max/],
      [{ [RATE]: [0.1] }, /must be at least two values/],
      [{ [RATE]: [0.1, 0.1] }, /names a value twice/],
      [{ [RATE]: { min: 1 } }, /max: /],
      [{ [RATE]: { min: 1, max: 0.1 } }, /must be above min/],
      [{ [RATE]: { min: 0, max: 0.1, scale: 'log' } }, /must be above 0 on a logarithmic scale/],
      [{ [RATE]: { min: 0.5, max: 4, integer: true } }, /min and max must be whole numbers/],
      [{ [RATE]: { min: 1, max: 4, steps: 3 } }, /steps/],
    ];
    for (const [wrong, message] of cases) expect(said(() => configOf(wrong))).to.match(message);
  });

  it('are refused together where the configuration does not take them together', () => {
    const config = configOf({ 'retrain.optimizer.warmUp': [0, 1, 2], [RATE]: [0.1, 0.2] });
    expect(accepts(config, 2)({ 'retrain.optimizer.warmUp': 2, [RATE]: 0.1 })).to.equal(true);
    expect(accepts(config, 1)({ 'retrain.optimizer.warmUp': 2, [RATE]: 0.1 })).to.equal(false);
    const space = jointSpace(networks, hyperparametersOf(config, 2), accepts(config, 1));
    const rng = stream(1, 'together');
    for (let i = 0; i < 50; i++)
      expect(valuesIn(space.encode(space.sample(rng)))['retrain.optimizer.warmUp']).to.be.at.most(1);
  });

  it('are refused where weights are shared, and where one network is trained', () => {
    const config = configOf(SEARCHED);
    const parts = { config, space: mlp, controller: random, data: openData(config) };
    expect(said(() => checkParts(parts))).to.match(
      /retrain\.optimizer\.learningRate, but all networks of a search share.*weft halve/s,
    );
    const architecture = networks.encode(networks.sample(stream(1, 'job')));
    expect(said(() => checkParts(parts, architecture))).to.match(
      /one network is trained with one value.*winner\.yaml/s,
    );
  });
});
