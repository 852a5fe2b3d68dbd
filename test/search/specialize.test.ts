/** Networks for budgets from one elastic supernet. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { elasticCnn } from '../../search-spaces/elastic-cnn.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { mlp } from '../../search-spaces/mlp.js';
import { parseBudgets, specializeRun } from '../../src/api/specialize.js';
import { specialize as specializeCommand } from '../../src/cli/commands/specialize.js';
import { checkConfig } from '../../src/config/index.js';
import { exportModel } from '../../src/export/index.js';
import { multiplyAddCount, parameterCount } from '../../src/graph/index.js';
import {
  runSearch,
  type SearchConfigInput,
  type SpaceFactory,
  type SpecializedOutcome,
  wilsonInterval,
} from '../../src/index.js';
import { decodeSafetensors } from '../../src/runs/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { modelOf, specialize, type Specialized } from '../../src/search/specialize.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { childCatalogue } from '../../src/supernet/catalogue.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { stream } from '../../src/tensor/rng.js';
import { evaluateChild, FINAL_EVALUATION, SHARED_EVALUATION } from '../../src/training/evaluate.js';
import { recalibrate } from '../../src/training/recalibrate.js';
import { values } from '../optimizers/problems.js';
import { tinyTable } from '../runs/tiny-run.js';
import { messageOf, saidLater } from '../said.js';
import { withFolder } from './weft.js';

const CONFIG = {
  backend: 'cpu',
  space: { name: 'elastic-mlp', depths: [1, 2], widths: [2, 3, 4] },
  search: { epochs: 3, rounds: 0, probe: 0, batchSize: 16, rewardBatchSize: 8, elastic: { networks: 3 } },
  derive: { candidates: 1, random: 0, batchSize: 8 },
  retrain: { epochs: 0, batchSize: 16 },
} satisfies SearchConfigInput;

describe('specializing', () => {
  before(() => loadBackend('cpu'));

  const trained = (folder: string, factory: SpaceFactory, changes: object = {}): SearchSession => {
    const source = tinyTable(join(folder, 'data.csv'));
    const config = checkConfig({ ...CONFIG, data: { source }, ...changes });
    const session = createSession({ config, space: factory, controller: random, data: openData(config) }, () => {});
    while (session.state.phase === 'weights') advance(session);
    return session;
  };

  it('meets every budget with a network that computes the same exported as it does sliced', () =>
    withFolder(async (folder) => {
      const before = tf.memory().numTensors;
      const session = trained(folder, elasticMlp);
      const budgets = parseBudgets('parameters<=20,parameters<=40,multiplyAdds<=30');
      const networks = specialize(session, budgets, { population: 4, generations: 1 });
      const x = tf.randomNormal([5, ...session.space.task.inputShape], 0, 1, 'float32', 7);
      for (const [i, { child, store, cost, architecture, test }] of networks.entries()) {
        const { cost: name, limit } = budgets[i]!;
        expect(cost).to.equal((name === 'parameters' ? parameterCount : multiplyAddCount)(child.nodes));
        expect(cost).to.be.at.most(limit);
        expect(test.loss).to.satisfy(Number.isFinite);
        // The slice of the shared weights, with its statistics.
        recalibrate(child, session.supernet.store, session.data.plain, 20);
        const { parameters, statistics } = session.supernet.store;
        const sliced = tf.tidy(() => [...child.forward(parameters, statistics, x, FINAL_EVALUATION).dataSync()]);
        const card = { classNames: ['even', 'odd'], normalization: { mean: [0], std: [1] } };
        const files = await exportModel(modelOf(session, card, { ...networks[i]! }));
        const { tensors } = decodeSafetensors(files['model.safetensors'] as Uint8Array, 'model.safetensors');
        expect(Object.keys(tensors).sort()).to.deep.equal([...child.parameterNames, ...child.statisticNames].sort());
        const own = createParameterStore(childCatalogue(session.space, child), 1, Object.keys(tensors));
        own.assign(tensors);
        const exported = tf.tidy(() => [
          ...child.forward(own.parameters, own.statistics, x, FINAL_EVALUATION).dataSync(),
        ]);
        exported.forEach((value, k) => expect(value, architecture).to.be.closeTo(sliced[k]!, 1e-6));
        own.dispose();
        store.dispose();
      }
      disposeNamed({ x });
      session.dispose();
      expect(tf.memory().numTensors).to.equal(before);
    }));

  it('exports transformed kernels, and images of the chosen size', () =>
    withFolder((folder) => {
      const before = tf.memory().numTensors;
      const session = trained(folder, elasticCnn, {
        data: { source: 'digits', subset: { train: 80, test: 20 } },
        space: {
          name: 'elastic-cnn',
          block: 'plain',
          widths: [[2, 3]],
          depths: [1],
          kernels: [1, 3],
          transforms: true,
          resolutions: [4, 8],
          stem: 2,
        },
        search: { ...CONFIG.search, epochs: 1 },
      });
      const budgets = parseBudgets('parameters<=62,multiplyAdds<=1200');
      const x = tf.randomNormal([5, 8, 8, 1], 0, 1, 'float32', 7);
      for (const { architecture, child, store, budget, cost } of specialize(session, budgets, {
        population: 3,
        generations: 0,
      })) {
        expect(cost).to.be.at.most(budget.limit);
        expect(child.parameterNames.some((name) => name.includes('transform'))).to.equal(false);
        if (budget.cost === 'parameters')
          expect(Object.values(store.parameters).reduce((sum, { size }) => sum + size, 0)).to.equal(cost);
        const sliced = session.child(session.space.decode(architecture));
        recalibrate(sliced, session.supernet.store, session.data.plain, 20);
        const { parameters, statistics } = session.supernet.store;
        const [a, b] = [
          tf.tidy(() => [...sliced.forward(parameters, statistics, x, FINAL_EVALUATION).dataSync()]),
          tf.tidy(() => [...child.forward(store.parameters, store.statistics, x, FINAL_EVALUATION).dataSync()]),
        ];
        a.forEach((value, i) => expect(b[i]).to.be.closeTo(value, 1e-6));
        store.dispose();
      }
      disposeNamed({ x });
      session.dispose();
      expect(tf.memory().numTensors).to.equal(before);
      return Promise.resolve();
    }));

  it('trains networks further by themselves where that is asked for, and leaves the shared weights alone', () =>
    withFolder((folder) => {
      const before = tf.memory().numTensors;
      const session = trained(folder, elasticMlp, {
        retrain: { epochs: 0, batchSize: 16, optimizer: { name: 'adam', learningRate: 0.02 } },
      });
      const shared = values(session.supernet.store.parameters);
      const budgets = parseBudgets('parameters<=40');
      const options = { population: 3, generations: 0 };
      const lossOf = ({ child, store }: Specialized): number =>
        evaluateChild(child, store, session.data.retrain, SHARED_EVALUATION).loss;
      const [plain, tuned, again] = [0, 8, 8].flatMap((fineTune) =>
        specialize(session, budgets, { ...options, fineTune }),
      ) as [Specialized, Specialized, Specialized];
      expect(tuned.architecture).to.equal(plain.architecture);
      expect(lossOf(tuned)).to.be.lessThan(lossOf(plain));
      expect(values(again.store.parameters)).to.deep.equal(values(tuned.store.parameters));
      expect(values(session.supernet.store.parameters)).to.deep.equal(shared);
      for (const { store } of [plain, tuned, again]) store.dispose();
      session.dispose();
      expect(tf.memory().numTensors).to.equal(before);
      return Promise.resolve();
    }));

  it('finds at each budget a network at least as good as the best of 20 random ones', () =>
    withFolder((folder) => {
      const session = trained(folder, elasticMlp, {
        space: { ...CONFIG.space, depths: [1, 2, 3], widths: [2, 3, 4, 5, 6, 7, 8, 9] },
      });
      const { space, data, supernet } = session;
      const budgets = parseBudgets('parameters<=60,parameters<=120,parameters<=180');
      const quality = (architecture: unknown): number[] => {
        const { accuracy, loss } = evaluateChild(
          session.child(architecture),
          supernet.store,
          data.derive,
          SHARED_EVALUATION,
        );
        return [accuracy!, -loss];
      };
      let better = 0;
      specialize(session, budgets, { population: 16, generations: 5 }).forEach(({ architecture, store, cost }, i) => {
        const { limit } = budgets[i]!;
        expect(cost).to.be.at.most(limit);
        const rng = stream(7, 'random', limit);
        const random: number[][] = [];
        while (random.length < 20) {
          const one = space.sample(rng);
          if (parameterCount(space.activate(one)) <= limit) random.push(quality(one));
        }
        const [best] = random.sort((a, b) => b[0]! - a[0]! || b[1]! - a[1]!);
        const [accuracy, loss] = quality(space.decode(architecture));
        expect(accuracy! > best![0]! || (accuracy === best![0] && loss! >= best![1]!), `${limit}`).to.equal(true);
        better += Number(accuracy! > best![0]! || loss! > best![1]!);
        store.dispose();
      });
      expect(better).to.be.greaterThan(0);
      session.dispose();
      return Promise.resolve();
    }));

  it('evaluates the proposals that a predictor prefers, and no more of them than without it', () =>
    withFolder((folder) => {
      const session = trained(folder, elasticMlp, {
        space: { ...CONFIG.space, depths: [1, 2, 3], widths: [2, 3, 4, 5, 6, 7, 8, 9] },
      });
      const budgets = parseBudgets('parameters<=150');
      const evaluated = (predictor?: string): number[] => {
        let count = 0;
        const options = { population: 8, generations: 2, predictor, onEvaluated: () => count++ };
        const [found] = specialize(session, budgets, options);
        found!.store.dispose();
        expect(found!.cost).to.be.at.most(150);
        return [count, found!.derive.accuracy!];
      };
      const [plain, guided] = [evaluated(), evaluated('ridge')];
      expect(guided[0]).to.be.within(12, 24);
      expect(plain[0]).to.be.within(12, 24);
      expect(guided[1]).to.be.at.least(plain[1]!);
      expect(evaluated('ridge')).to.deep.equal(guided);
      expect(messageOf(() => evaluated('rigde'))).to.match(/no predictor is called 'rigde'/);
      session.dispose();
      return Promise.resolve();
    }));

  it('refuses a budget below the smallest network, invalid budgets, and spaces without sizes', () =>
    withFolder((folder) => {
      const elastic = trained(folder, elasticMlp);
      const smallest = Math.min(
        ...[...elastic.space.enumerate()].map((one) => parameterCount(elastic.space.activate(one))),
      );
      const at = (limit: number): string =>
        messageOf(() =>
          specialize(elastic, [{ cost: 'parameters', limit }], { population: 2, generations: 0 }).forEach(({ store }) =>
            store.dispose(),
          ),
        );
      expect(at(smallest)).to.equal('');
      expect(at(smallest - 1)).to.match(
        new RegExp(`no network of 'elastic-mlp' is within parameters <= ${smallest - 1}: the smallest has ${smallest}`),
      );
      expect(messageOf(() => parseBudgets('accuracy>0.9'))).to.match(/'accuracy>0.9' is not a budget/);
      expect(messageOf(() => parseBudgets('parameters>=9'))).to.match(/is not a budget/);
      elastic.dispose();
      const stiff = trained(folder, mlp, {
        space: { name: 'mlp', depth: 1, widths: [2] },
        search: { ...CONFIG.search, elastic: undefined },
      });
      expect(messageOf(() => specialize(stiff, [{ cost: 'parameters', limit: 1e6 }]))).to.match(
        /the space has no sizes/,
      );
      stiff.dispose();
      return Promise.resolve();
    }));

  it('writes a page, tables, and each network in a folder of its own', () =>
    withFolder(async (folder) => {
      const source = tinyTable(join(folder, 'data.csv'));
      const { run } = await runSearch({
        space: elasticMlp,
        controller: random,
        config: { ...CONFIG, search: { ...CONFIG.search, epochs: 20 }, data: { source } },
        runs: join(folder, 'runs'),
      });
      const options = { budgets: 'parameters<=20,parameters<=40', population: 12, generations: 0, json: true };
      const write = process.stdout.write.bind(process.stdout);
      const said: string[] = [];
      process.stdout.write = (text: string) => said.push(String(text)) > 0;
      try {
        await specializeCommand(run, options);
        await specializeCommand(run, options); // Again: what it has written is replaced.
      } finally {
        process.stdout.write = write;
      }
      const out = join(run, 'specialized');
      expect(readdirSync(out).sort()).to.deep.equal([
        'index.html',
        'parameters-20',
        'parameters-40',
        'specialized.csv',
        'specialized.json',
      ]);
      expect(readdirSync(join(out, 'parameters-20'))).to.include.members(['model.json', 'model.safetensors']);
      expect(readFileSync(join(out, 'specialized.csv'), 'utf8').trim().split('\r\n')).to.have.length(3);
      const { networks } = JSON.parse(readFileSync(join(out, 'specialized.json'), 'utf8')) as SpecializedOutcome;
      const [small, large] = networks;
      for (const { accuracy, count, interval } of networks) {
        expect(count! * accuracy).to.be.closeTo(Math.round(count! * accuracy), 1e-6);
        expect(interval).to.deep.equal(wilsonInterval(accuracy, count!));
      }
      expect(small!.gain).to.equal(undefined);
      expect(large!.gain!.over).to.equal('parameters-20');
      expect(large!.gain!.difference).to.be.closeTo(large!.accuracy - small!.accuracy, 1e-6);
      expect(large!.gain!.interval[0]).to.be.at.most(large!.gain!.difference);
      expect(readFileSync(join(out, 'index.html'), 'utf8')).to.match(/<svg[\s\S]*parameters-40/);
      const twice = await specializeRun(run, {
        budgets: 'parameters<=40,parameters<=20,parameters<=40',
        population: 12,
        generations: 0,
      });
      const same = await specializeRun(run, {
        budgets: 'parameters<=1k,parameters<=2k',
        population: 12,
        generations: 0,
      });
      const [one, other] = same.networks;
      expect(one!.architecture).to.equal(other!.architecture);
      expect(one!.milliseconds, 'a network is timed once').to.equal(other!.milliseconds);
      expect(
        twice.networks.map(({ name }) => name),
        'a budget that is given twice is one',
      ).to.deep.equal(['parameters-40', 'parameters-20']);
      let judged = 0;
      const below = { budgets: 'parameters<=40', out: join(source, 'below'), onEvaluated: () => judged++ };
      expect(await saidLater(specializeRun(run, below))).to.match(
        /cannot write .*data\.csv\/below: a part of its path is a file/,
      );
      expect(judged, 'before the search').to.equal(0);
      const refused = { ...below, budgets: 'parameters<=1', out: join(folder, 'new', 'folder') };
      expect(await saidLater(specializeRun(run, refused))).to.match(/parameters/);
      expect(existsSync(join(folder, 'new')), 'nothing is left behind').to.equal(false);
      expect(said.join('')).to.match(/"type":"specialized"/);
    }));
});
