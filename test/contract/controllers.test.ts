/**
 * What holds for every controller, on every shipped space and on a small one with all kinds of choices. A new one is a
 * line in the table.
 */
import { expect } from 'chai';
import {
  type Architecture,
  type Controller,
  type ControllerFactory,
  defineSpace,
  dense,
  flatten,
  oneOf,
  previous,
  repeat,
  type SearchSpace,
  stream,
  subset,
  tf,
  z,
} from 'weft-nas';
import { darts } from '../../controllers/darts.js';
import { enas } from '../../controllers/enas.js';
import { evolution } from '../../controllers/evolution.js';
import { fairnas } from '../../controllers/fairnas.js';
import { localSearch } from '../../controllers/local-search.js';
import { nsga2 } from '../../controllers/nsga2.js';
import { paretoLocalSearch } from '../../controllers/pareto-local-search.js';
import { policyGradient } from '../../controllers/policy-gradient.js';
import { predictorGuided } from '../../controllers/predictor-guided.js';
import { random } from '../../controllers/random.js';
import { spos } from '../../controllers/spos.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { dartsCnn } from '../../search-spaces/darts-cnn.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { microCnn } from '../../search-spaces/micro-cnn.js';
import { mlp } from '../../search-spaces/mlp.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { jointSpace } from '../../src/search/hyperparameters/index.js';
import { hyperparameter } from '../../src/search/hyperparameters/values.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { said } from '../said.js';

const controllers: { factory: ControllerFactory; options?: object }[] = [
  { factory: random },
  { factory: enas, options: { lstmSize: 8 } },
  { factory: evolution, options: { population: 12, sample: 3 } },
  { factory: localSearch },
  { factory: spos, options: { parents: 4 } },
  { factory: fairnas, options: { parents: 4 } },
  { factory: nsga2, options: { population: 6 } },
  { factory: paretoLocalSearch, options: { start: 3 } },
  { factory: predictorGuided, options: { predictor: 'ridge', start: 3, pool: 12 } },
  { factory: policyGradient },
  { factory: darts },
];

const tiny = defineSpace({
  name: 'tiny',
  description: 'All kinds of choices and a constraint.',
  options: z.strictObject({}),
  choices: () => ({
    width: oneOf([2, 4, 8]),
    nodes: repeat(3, (i) => ({ from: previous(i + 1), also: subset(i + 1), f: oneOf(['a', 'b']) })),
    only: oneOf(['one']),
  }),
  constraints: [
    { name: 'no node takes the same input twice', holds: ({ nodes }) => nodes.every(({ from, also }) => !also[from]) },
  ],
  graph: (g, _choices, _options, { classes }) =>
    g.apply('head', dense({ units: classes }), g.apply('flatten', flatten(), g.input)),
});

const images = { inputShape: [8, 8, 1], classes: 3 };
const spaces: SearchSpace<Architecture>[] = [
  macroCnn.create({ layers: 4, filters: 2 }, images),
  microCnn.create({ nodes: 2, layers: 1, filters: 2, reductions: 1 }, images),
  dartsCnn.create({ nodes: 2, layers: 1, filters: 2, reductions: 1 }, images),
  mlp.create({ depth: 3 }, images),
  nasBench201.create({ filters: 2 }, images),
  elasticMlp.create({ widths: [2, 3, 4] }, images),
  tiny.create({}, images),
  jointSpace(tiny.create({}, images), [
    hyperparameter('retrain.optimizer.learningRate', { min: 1e-4, max: 1, scale: 'log', integer: false }),
    hyperparameter('retrain.batchSize', { min: 4, max: 16, scale: 'log', integer: true }),
    hyperparameter('retrain.optimizer.name', ['sgd', 'adam']),
    {
      ...hyperparameter('retrain.optimizer.beta2', [0.9, 0.99, 0.999]),
      applies: (chosen) => chosen['retrain.optimizer.name'] === 'adam',
    },
  ]),
];

for (const { factory, options = {} } of controllers) {
  describe(`the controller ${factory.name}`, () => {
    before(() => loadBackend());

    for (const [place, space] of spaces.entries()) {
      if (factory.name === 'darts' && space.name === 'elastic-mlp') {
        it('refuses spaces with sizes by name, because a mixture has one shape', () =>
          expect(() => factory.create(options, { space, seed: 1 })).to.throw(
            /cannot mix the architectures of 'elastic-mlp'/,
          ));
        continue;
      }
      const beside = place === spaces.length - 1 ? ' with hyper-parameters' : '';
      describe(`on ${space.name}${beside}`, () => {
        const create = (seed = 1): Controller<Architecture> => factory.create(options, { space, seed });
        const encoded = (architectures: readonly Architecture[]): string[] =>
          architectures.map((architecture) => space.encode(architecture));
        /** A reward that says something: the share of slots with their first value. */
        const reward = (architecture: Architecture): number => {
          const genotype = space.genotype(architecture);
          return genotype.filter((value) => value === 0).length / genotype.length;
        };
        const round = (controller: Controller<Architecture>, name: number, count = 5): string => {
          const proposal = controller.propose(count, stream(7, 'proposal', name));
          const metrics = controller.observe(
            proposal.map((architecture) => ({ architecture, reward: reward(architecture) })),
          );
          return JSON.stringify([encoded(proposal), metrics]);
        };
        const draws = ['sample', 'propose', 'derive'] as const;

        it('draws as many architectures as requested, all within the space and its constraints', () => {
          const controller = create();
          for (let i = 0; i < 4; i++) {
            for (const method of draws) {
              const drawn = controller[method](7, stream(1, method, i));
              expect(drawn).to.have.length(7);
              for (const architecture of drawn) expect(space.validate(architecture)).to.deep.equal(architecture);
            }
            round(controller, i);
          }
          expect(controller.propose(0, stream(1))).to.deep.equal([]);
          controller.dispose();
        });

        it('starts from given architectures, if it takes a warm start', () => {
          if (!factory.warmStart) return;
          const given = [...new Map(Array.from({ length: 4 }, (_, i) => space.sample(stream(3, 'given', i))).map((one) => [space.encode(one), one])).values()].slice(0, 2); // prettier-ignore
          const controller = factory.create(options, { space, seed: 1, start: (place) => given[place] });
          const plain = create();
          const [begun, usual] = [controller, plain].map((one) => encoded(one.propose(3, stream(4, 'begin'))));
          expect(begun!.slice(0, given.length)).to.deep.equal(encoded(given));
          expect(begun).to.have.length(3);
          expect(usual!.slice(0, given.length)).not.to.deep.equal(encoded(given));
          controller.dispose();
          plain.dispose();
        });

        it('depends only on seed, rewards and random streams', () => {
          const [a, b] = [create(), create()];
          for (let i = 0; i < 3; i++) {
            expect(round(a, i)).to.equal(round(b, i));
            for (const method of draws)
              expect(encoded(a[method](4, stream(2, i)))).to.deep.equal(encoded(b[method](4, stream(2, i))));
          }
          a.dispose();
          b.dispose();
        });

        it('samples and derives without affecting what is learned', () => {
          const [a, b] = [create(), create()];
          for (let i = 0; i < 3; i++) {
            a.sample(3, stream(3, i));
            a.derive(3, stream(4, i));
            a.preferences?.(stream(5, i));
            expect(round(a, i)).to.equal(round(b, i));
          }
          a.dispose();
          b.dispose();
        });

        it('continues from a snapshot to the bit', () => {
          const [a, b] = [create(1), create(2)];
          for (let i = 0; i < 3; i++) {
            a.sample(3, stream(3, i));
            round(a, i);
          }
          round(b, 99);
          // Between a proposal and its rewards too.
          const proposal = a.propose(5, stream(6));
          const { tensors, state } = throughFiles(a);
          b.restore({ tensors, state });
          tf.dispose(Object.values(tensors));
          const results = proposal.map((architecture) => ({ architecture, reward: reward(architecture) }));
          expect(b.observe(results)).to.deep.equal(a.observe(results));
          for (let i = 3; i < 6; i++) {
            expect(encoded(b.sample(3, stream(3, i)))).to.deep.equal(encoded(a.sample(3, stream(3, i))));
            expect(round(b, i)).to.equal(round(a, i));
            expect(encoded(b.derive(3, stream(4, i)))).to.deep.equal(encoded(a.derive(3, stream(4, i))));
          }
          expect(contents(b)).to.deep.equal(contents(a));
          a.dispose();
          b.dispose();
        });

        it('learns from architectures that it has not proposed, and accepts none', () => {
          const controller = create();
          const strangers = Array.from({ length: 4 }, (_, i) => space.sample(stream(8, i)));
          for (const value of Object.values(
            controller.observe(strangers.map((architecture) => ({ architecture, reward: reward(architecture) }))),
          ))
            expect(value).to.be.finite;
          controller.observe([]);
          controller.propose(2, stream(9));
          controller.propose(2, stream(10));
          controller.dispose();
        });

        it('leaves no tensors behind', () => {
          const outside = tf.memory().numTensors;
          const controller = create();
          round(controller, 0);
          const inside = tf.memory().numTensors;
          for (let i = 1; i < 3; i++) {
            for (const method of draws) controller[method](3, stream(1, i));
            round(controller, i);
            controller.preferences?.(stream(1));
            controller.restore(controller.snapshot());
            expect(tf.memory().numTensors).to.equal(inside);
          }
          controller.dispose();
          expect(tf.memory().numTensors).to.equal(outside);
        });

        it('stays as it was if a reward is not a number', () => {
          const controller = create();
          round(controller, 0);
          const proposal = controller.propose(3, stream(11));
          const before = contents(controller);
          const { numTensors } = tf.memory();
          for (const bad of [NaN, Infinity]) {
            const results = proposal.map((architecture, i) => ({ architecture, reward: i === 2 ? bad : 0.5 }));
            if (['random', 'darts'].includes(factory.name))
              controller.observe(results); // rewards teach it nothing
            else expect(said(() => controller.observe(results))).to.match(/was given the reward (NaN|Infinity)/);
            expect(contents(controller)).to.deep.equal(before);
          }
          expect(tf.memory().numTensors).to.equal(numTensors);
          controller.dispose();
        });

        it('reports preferences that match the decisions', () => {
          const controller = create();
          const preferences = controller.preferences?.(stream(1)) ?? {};
          for (const { path, kind, length, cardinality } of space.decisions.filter(({ path }) => path in preferences)) {
            expect(preferences[path]!.map((row) => row.length)).to.deep.equal(
              kind === 'subset' ? Array(length).fill(2) : [cardinality],
            );
            for (const row of preferences[path]!) expect(row.reduce((sum, p) => sum + p, 0)).to.be.closeTo(1, 1e-6);
          }
          controller.dispose();
        });
      });
    }

    it('refuses options that do not exist', () => {
      expect(() => factory.create({ nonesuch: 1 }, { space: spaces[0]!, seed: 1 })).to.throw(
        `the controller '${factory.name}'`,
      );
    });

    it('has presets that it accepts', () => {
      for (const preset of Object.values(factory.presets))
        factory.create(preset, { space: spaces[0]!, seed: 1 }).dispose();
    });
  });
}

/** What a checkpoint brings back: new tensors with the same values, and the state as JSON. */
function throughFiles(controller: Controller<Architecture>): { tensors: Record<string, tf.Tensor>; state: never } {
  const { tensors, state } = controller.snapshot();
  const copies = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype),
    ]),
  );
  return { tensors: copies, state: JSON.parse(JSON.stringify(state)) as never };
}

function contents(controller: Controller<Architecture>): unknown {
  const { tensors, state } = controller.snapshot();
  return {
    state,
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, Array.from(tensor.dataSync())])),
  };
}
