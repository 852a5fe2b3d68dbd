/** What training one size of an elastic space costs the others. */
import { expect } from 'chai';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { mlp } from '../../search-spaces/mlp.js';
import { emptyState } from '../../src/chain/state.js';
import { checkConfig } from '../../src/config/index.js';
import { runSearch, type SearchConfigInput } from '../../src/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { measureWidths } from '../../src/search/forgetting/widths.js';
import { networksBySize } from '../../src/search/network-sizes.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { mapNamed } from '../../src/tensor/named.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { withBatch } from '../../src/training/batch.js';
import { evaluateBatch, SHARED_EVALUATION } from '../../src/training/evaluate.js';
import { disposeLearner, learn } from '../../src/training/learner.js';
import { values } from '../optimizers/problems.js';
import { tinyTable } from '../runs/tiny-run.js';
import { withFolder } from './weft.js';

const CONFIG = {
  backend: 'cpu',
  space: { name: 'elastic-mlp', depths: [1, 2], widths: [2, 3, 4] },
  search: {
    epochs: 2,
    rounds: 0,
    probe: 0,
    batchSize: 16,
    rewardBatchSize: 8,
    elastic: { networks: 3 },
    optimizer: { name: 'sgd', learningRate: 0.01 },
  },
  forgetting: { widths: { networks: 3, steps: 2 }, batches: 2, batchSize: 3 },
  derive: { candidates: 1, random: 0, batchSize: 8 },
  retrain: { epochs: 0, batchSize: 16 },
} satisfies SearchConfigInput;

describe('what training one size costs the others', () => {
  before(() => loadBackend('cpu'));

  const opened = (folder: string, changes: object = {}, space: typeof elasticMlp | typeof mlp = elasticMlp) => {
    const config = checkConfig({ ...CONFIG, data: { source: tinyTable(join(folder, 'data.csv')) }, ...changes });
    const events: SearchEvent[] = [];
    const session = createSession({ config, space, controller: random, data: openData(config) }, (event) =>
      events.push(event),
    );
    return { session, events };
  };

  it('is the change of each loss after steps of each network alone, and leaves the search unchanged', () =>
    withFolder((folder) => {
      const before = tf.memory().numTensors;
      const { session } = opened(folder);
      for (let i = 0; i < 3; i++) advance(session);
      const start = values(session.supernet.store.parameters);
      const kept = tf.memory().numTensors;
      const event = measureWidths(session);
      expect(tf.memory().numTensors).to.equal(kept);
      expect(values(session.supernet.store.parameters)).to.deep.equal(start);
      const levels = networksBySize(session.space, 3).map((one) => session.child(one));
      expect(event.networks.map(({ architecture }) => architecture)).to.deep.equal(
        levels.map(({ encoding }) => encoding),
      );
      // By hand, for the largest.
      const { data, state, supernet, config } = session;
      const lossOf = (index: number, weights: typeof supernet.store): number =>
        [0, 1].reduce(
          (sum, batch) =>
            sum +
            withBatch(
              data.revisited,
              state.epoch,
              batch,
              (examples) => evaluateBatch(levels[index]!, weights, examples, SHARED_EVALUATION).loss,
            ) /
              2,
          0,
        );
      const store = createParameterStore(supernet.store.catalogue, 7);
      store.assign(
        mapNamed({ ...supernet.store.parameters, ...supernet.store.statistics }, (tensor) => tf.clone(tensor)),
      );
      const learner = { store, trainer: supernet.trainer, state: emptyState, carried: {} };
      for (const step of [0, 1])
        learn(learner, {
          child: levels[2]!,
          source: data.train,
          epoch: state.epoch,
          step,
          globalStep: state.globalStep - 1,
          seed: `${config.seed}/widths`,
        });
      for (const index of [0, 1, 2]) {
        const loss = lossOf(index, supernet.store);
        expect(event.loss[index]).to.be.closeTo(loss, 1e-5);
        expect(event.change[2]![index]).to.be.closeTo(lossOf(index, store) - loss, 1e-5);
      }
      disposeLearner(learner);
      session.dispose();
      expect(tf.memory().numTensors).to.equal(before);
      return Promise.resolve();
    }));

  it('is the sum over its blocks and tensors, and no block affects networks that do not read it', () =>
    withFolder((folder) => {
      const { session } = opened(folder);
      for (let i = 0; i < 3; i++) advance(session);
      const { change, blocks, tensors } = measureWidths(session);
      session.dispose();
      const sums = (parts: readonly (readonly (readonly number[])[])[]): number[][] =>
        change.map((row, i) => row.map((_, j) => parts.reduce((sum, part) => sum + part[i]![j]!, 0)));
      for (const parts of [blocks.map((block) => block.change), tensors.map((tensor) => tensor.change)])
        sums(parts).forEach((row, i) =>
          row.forEach((sum, j) => expect(sum, `${i} ${j}`).to.be.closeTo(change[i]![j]!, 1e-4)),
        );
      expect(change.flat().some((value) => Math.abs(value) > 1e-3)).to.equal(true);
      blocks.forEach(({ change: part, entries }, block) => {
        expect(entries).to.be.greaterThan(0);
        part.forEach((row, i) =>
          row.forEach((value, j) => {
            if (block > Math.min(i, j)) expect(value).to.equal(0);
          }),
        );
      });
      return Promise.resolve();
    }));

  it('is reported after each measured epoch, and changes no byte of the search', () =>
    withFolder(async (folder) => {
      const source = tinyTable(join(folder, 'data.csv'));
      const run = async (forgetting: SearchConfigInput['forgetting'], runs: string) => {
        const events: SearchEvent[] = [];
        const { summary } = await runSearch({
          space: elasticMlp,
          controller: random,
          config: { ...CONFIG, forgetting, data: { source } },
          runs: join(folder, runs),
          onEvent: (event) => events.push(event),
        });
        return { weights: summary!.weights, told: events.filter(({ type }) => type === 'forgetting-widths').length };
      };
      const without = await run({}, 'without');
      const measured = await run(CONFIG.forgetting, 'with');
      const seldom = await run({ ...CONFIG.forgetting, every: 2 }, 'seldom');
      expect([without.told, measured.told, seldom.told]).to.deep.equal([0, 2, 1]);
      expect(measured.weights).to.equal(without.weights);
    }));

  it('needs a space with sizes and without limits', () =>
    withFolder((folder) => {
      const refusal = (open: () => { session: SearchSession }): string => {
        try {
          open().session.dispose();
        } catch (error) {
          return (error as Error).message;
        }
        return '';
      };
      const plain = { search: { ...CONFIG.search, elastic: undefined } };
      expect(refusal(() => opened(folder, { ...plain, space: { name: 'mlp', depth: 1, widths: [2] } }, mlp))).to.match(
        /forgetting.widths compares networks of several sizes: 'mlp' has no sizes/,
      );
      expect(refusal(() => opened(folder, { ...plain, limits: { parameters: 40 } }))).to.match(
        /forgetting.widths trains the largest network of 'elastic-mlp', which its limits may exclude/,
      );
      return Promise.resolve();
    }));
});
