/**
 * Options of training by the sandwich rule: which networks are between, what regularizes whom, the largest first, and
 * collapse.
 */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { elasticTransformer } from '../../search-spaces/elastic-transformer.js';
import { checkConfig } from '../../src/config/index.js';
import { defineSpace, dense, dropout, flatten, multiplyAddCount, runSearch, sizes, z } from '../../src/index.js';
import { type SearchConfigInput } from '../../src/index.js';
import { advance } from '../../src/search/advance.js';
import { watchCollapse } from '../../src/search/collapse.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { networksBySize } from '../../src/search/network-sizes.js';
import { largestEpochsOf, sandwichUpdates } from '../../src/search/sandwich.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { sortAfterLargest } from '../../src/search/sort-largest.js';
import { channelGroups, channelOrder } from '../../src/supernet/channels.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { wholeName } from '../../src/supernet/slices.js';
import { stream } from '../../src/tensor/rng.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { withBatch } from '../../src/training/batch.js';
import { batchLoss } from '../../src/training/batch-loss.js';
import { evaluateBatch, SHARED_EVALUATION } from '../../src/training/evaluate.js';
import { learn } from '../../src/training/learner.js';
import { values } from '../optimizers/problems.js';
import { tinyTable } from '../runs/tiny-run.js';
import { withFolder } from './weft.js';

const CONFIG = {
  backend: 'cpu',
  space: { name: 'elastic-mlp', depths: [1, 2], widths: [2, 3, 4, 5] },
  search: { epochs: 3, rounds: 0, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  derive: { candidates: 1, random: 0, batchSize: 8 },
  retrain: { epochs: 0, batchSize: 16 },
} satisfies SearchConfigInput;

describe('options of the sandwich rule', () => {
  before(() => loadBackend('cpu'));

  const opened = (
    folder: string,
    elastic: NonNullable<SearchConfigInput['search']>['elastic'],
  ): { session: SearchSession; events: SearchEvent[] } => {
    const source = tinyTable(join(folder, 'data.csv'));
    const config = checkConfig({ ...CONFIG, data: { source }, search: { ...CONFIG.search, elastic } });
    const events: SearchEvent[] = [];
    const session = createSession({ config, space: elasticMlp, controller: random, data: openData(config) }, (event) =>
      events.push(event),
    );
    return { session, events };
  };

  it('attends to the best or the worst of several networks of one cost', () =>
    withFolder((folder) => {
      const lossOf = ({ supernet, data, state }: SearchSession, child: ReturnType<SearchSession['child']>): number =>
        withBatch(
          data.train,
          state.epoch,
          state.step,
          (batch) => evaluateBatch(child, supernet.store, batch, SHARED_EVALUATION).loss,
        );
      let changed = 0;
      for (const sample of ['best-up', 'worst-up'] as const) {
        const { session } = opened(folder, { networks: 3, sample, draws: 4 });
        for (let i = 0; i < 12; i++) {
          const first = session.child(session.space.sample(stream(i, 'first')));
          session.state.globalStep = i;
          const { child, others } = sandwichUpdates(session, first)[0]!;
          expect(child.encoding).to.equal(session.child(networksBySize(session.space, 2)[1]).encoding);
          const chosen = others![1]!.child;
          const [was, now] = [lossOf(session, first), lossOf(session, chosen)];
          expect(sample === 'best-up' ? now <= was : now >= was).to.equal(true);
          const cost = multiplyAddCount(first.nodes);
          expect(Math.abs(multiplyAddCount(chosen.nodes) - cost)).to.be.at.most(0.05 * cost);
          changed += Number(chosen.encoding !== first.encoding);
          expect(sandwichUpdates(session, first)[0]!.others![1]!.child.encoding).to.equal(chosen.encoding);
        }
        session.dispose();
      }
      expect(changed).to.be.greaterThan(0);
      return Promise.resolve();
    }));

  it('starts with only the largest network for a tenth of the epochs before alpha divergences, unless configured otherwise', () => {
    const epochsOf = (epochs: number, elastic?: object): number =>
      largestEpochsOf(checkConfig({ ...CONFIG, search: { ...CONFIG.search, epochs, elastic } }).search);
    expect(epochsOf(30, { distill: 'alpha' })).to.equal(3);
    expect(epochsOf(2, { distill: 'alpha' })).to.equal(1);
    expect(epochsOf(1, { distill: 'alpha' })).to.equal(0);
    expect(epochsOf(30, { distill: 'alpha', largestEpochs: 0 })).to.equal(0);
    expect(epochsOf(30, { distill: 'kl' })).to.equal(0);
    expect(epochsOf(30, { distill: 'kl', largestEpochs: 4 })).to.equal(4);
    expect(epochsOf(30)).to.equal(0);
  });

  it('applies dropout only to the largest network', () => {
    const space = defineSpace({
      name: 'own',
      description: '',
      options: z.strictObject({}),
      choices: () => ({ width: sizes([3, 6]) }),
      graph(g, { width }, _options, { classes }) {
        const x = g.elastic('wide', { width }, (of) => dense({ units: of.width }), g.apply('flat', flatten(), g.input));
        return g.elastic(
          'head',
          {},
          () => dense({ units: classes }),
          g.elastic('drop', {}, () => dropout({ keep: 0.5 }), x),
        );
      },
    }).create({}, { inputShape: [2, 2, 1], classes: 3 });
    const [small, large] = [0, 1].map((index) => createChild(space, space.fromGenotype([index])));
    const store = createParameterStore(catalogue(space.supernet), 1);
    const batch = {
      inputs: tf.randomNormal([6, 2, 2, 1], 0, 1, 'float32', 3),
      labels: tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'),
    };
    const losses = (seed: string, othersTrain: boolean): readonly number[] => {
      const step = batchLoss({
        child: large!,
        others: [{ child: small!, weight: 0.5 }],
        othersTrain,
        statistics: {},
        batch,
        mode: { training: true, normalization: 'batch', seed },
      });
      const { loss, gradients } = step.evaluate(store.parameters, { record: true });
      tf.dispose([loss, gradients]);
      return step.losses()!;
    };
    const [a, b] = [losses('a', false), losses('b', false)];
    expect(a[0]).to.not.equal(b[0]);
    expect(a[1]).to.equal(b[1]);
    expect(losses('a', true)[1]).to.not.equal(losses('b', true)[1]);
    store.dispose();
    tf.dispose([batch.inputs, batch.labels]);
  });

  it('shows preconditioners the layers of the largest network, with the gradients of all', () => {
    const space = elasticMlp.create({ depths: [1], widths: [2, 4] }, { inputShape: [2, 2, 1], classes: 3 });
    const [small, large] = [0, 1].map((index) => createChild(space, space.fromGenotype([0, index])));
    const store = createParameterStore(catalogue(space.supernet), 1);
    const batch = {
      inputs: tf.randomNormal([6, 2, 2, 1], 0, 1, 'float32', 3),
      labels: tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'),
    };
    const before = tf.memory().numTensors;
    const loss = (layersOf?: 'child') =>
      batchLoss({
        child: large!,
        others: [{ child: small!, weight: 0.5 }],
        distill: 'kl',
        layersOf,
        statistics: store.statistics,
        batch,
        mode: { training: true, normalization: 'batch' },
      });
    const plain = loss().evaluate(store.parameters, { record: true });
    const seen = loss('child').evaluate(store.parameters, { record: true, capture: { skipDense: true } });
    expect(values(seen.gradients)).to.deep.equal(values(plain.gradients));
    expect(seen.loss.dataSync()).to.deep.equal(plain.loss.dataSync());
    expect(seen.layers).to.not.equal(undefined);
    expect(() => loss().evaluate(store.parameters, { record: true, capture: {} })).to.throw(/cannot train several/);
    seen.layers!.dispose();
    tf.dispose([plain.loss, plain.gradients, seen.loss, seen.gradients]);
    expect(tf.memory().numTensors).to.equal(before);
    store.dispose();
    tf.dispose([batch.inputs, batch.labels]);
  });

  it('with separate states trains the networks of a step one after another, each with a state of its own slices', () =>
    withFolder((folder) => {
      const source = tinyTable(join(folder, 'data.csv'));
      const before = tf.memory().numTensors;
      const config = checkConfig({
        ...CONFIG,
        data: { source },
        search: { ...CONFIG.search, optimizer: { name: 'adam' }, elastic: { networks: 3, states: 'separate' } },
      });
      const parts = { config, space: elasticMlp, controller: random, data: openData(config) };
      const [session, byHand] = [createSession(parts, () => {}), createSession(parts, () => {})];
      const first = session.child(session.space.fromGenotype([0, 1, 2]));
      session.sampled = { epoch: 0, architectures: [first.architecture] };
      const updates = sandwichUpdates(session, first);
      const [smallest, largest] = networksBySize(session.space, 2).map((one) => session.child(one).encoding);
      expect(updates.map(({ child, others, training }) => [child.encoding, others, training])).to.deep.equal([
        [largest, undefined, undefined],
        [smallest, undefined, false],
        [first.encoding, undefined, false],
      ]);
      advance(session);
      for (const { child, training } of updates)
        learn(byHand.supernet, {
          child: byHand.child(child.architecture),
          ...(training !== undefined && { training }),
          source: byHand.data.train,
          epoch: 0,
          step: 0,
          globalStep: 0,
          seed: `${config.seed}/search`,
          smoothing: 0,
        });
      expect(values(session.supernet.store.parameters)).to.deep.equal(values(byHand.supernet.store.parameters));
      expect(session.state.gradientEvaluations.search).to.equal(3);
      expect(session.state.lossCount).to.equal(1);
      // Widths of 2, 3 and 5 of the first layer, which is whole for the largest network.
      const [kernel] = Object.keys(session.supernet.store.parameters);
      const slots = Object.keys(session.supernet.state.tensors).filter((slot) => wholeName(slot).endsWith(kernel!));
      expect([...new Set(slots.map((slot) => /\[\d+x(\d)\]$/.exec(slot)?.[1]))].sort()).to.deep.equal([
        '2',
        '3',
        undefined,
      ]);
      session.dispose();
      byHand.dispose();
      expect(tf.memory().numTensors).to.equal(before);
      expect(() => opened(folder, { states: 'separate', distill: 'kl' })).to.throw(
        /distill: kl needs the outputs of the largest network, but with states: separate/,
      );
      return Promise.resolve();
    }));

  it('learns the labels of texts by default, and elsewhere the outputs of the largest network', () =>
    withFolder((folder) => {
      const { session } = opened(folder, {});
      const first = session.child(session.space.sample(stream(1, 'first')));
      expect(sandwichUpdates(session, first)[0]!.distill).to.equal('kl');
      session.dispose();
      const source = join(folder, 'text.txt');
      writeFileSync(source, 'to be or not to be, that is the question '.repeat(40));
      for (const [distill, wanted] of [
        [undefined, undefined],
        ['kl', 'kl'],
      ] as const) {
        const config = checkConfig({
          ...CONFIG,
          space: { name: 'elastic-transformer', widths: [2, 4], depths: [1], heads: [1], headSize: 2, ratios: [1] },
          data: { source, bptt: 4 },
          search: { ...CONFIG.search, elastic: { ...(distill && { distill }) } },
        });
        const text = createSession(
          { config, space: elasticTransformer, controller: random, data: openData(config) },
          () => {},
        );
        const [update] = sandwichUpdates(text, text.child(text.space.sample(stream(1, 'first'))));
        expect(update!.distill).to.equal(wanted);
        text.dispose();
      }
      return Promise.resolve();
    }));

  it('trains the largest first, sorts its channels, and then all', () =>
    withFolder((folder) => {
      const before = tf.memory().numTensors;
      const { session, events } = opened(folder, { largestEpochs: 2 });
      const first = session.child(session.space.sample(stream(1, 'first')));
      expect(sandwichUpdates(session, first)[0]!.others).to.equal(undefined);
      while (session.state.epoch < 2) advance(session);
      expect(sandwichUpdates(session, first)[0]!.others).to.have.length(3);
      const { store } = session.supernet;
      const start = values(store.parameters);
      expect(Object.keys(session.supernet.state.tensors)).to.not.have.length(0);
      sortAfterLargest(session);
      expect(session.supernet.state.tensors).to.deep.equal({});
      expect(values(store.parameters)).to.not.deep.equal(start);
      for (const group of channelGroups(session.space.supernet))
        expect(channelOrder(group, store.parameters)).to.deep.equal(
          Array.from({ length: group.channels }, (_, place) => place),
        );
      advance(session);
      expect(events.filter(({ type }) => type === 'channels-sorted')).to.deep.equal([
        { type: 'channels-sorted', epoch: 2, groups: 1 },
        { type: 'channels-sorted', epoch: 2, groups: 1 },
      ]);
      session.dispose();
      expect(tf.memory().numTensors).to.equal(before);
      expect(() => opened(folder, { largestEpochs: 3 })).to.throw(/no epoch would be left/);
      return Promise.resolve();
    }));

  it('names the network that has collapsed, once', () =>
    withFolder((folder) => {
      const { session, events } = opened(folder, {});
      const { store } = session.supernet;
      const told = (): string[] => events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
      const set = (name: string, value: (i: number) => number): void => {
        const { shape, size } = store.parameters[name]!;
        store.assign({
          [name]: tf.tensor(
            Float32Array.from({ length: size }, (_, i) => value(i)),
            shape,
          ),
        });
      };
      // Every network says the same of everything.
      set('classifier/kernel', () => 0);
      for (const epoch of [0, 1]) {
        session.state.epoch = epoch;
        watchCollapse(session);
      }
      expect(told()).to.deep.equal([]);
      session.state.epoch = 2;
      watchCollapse(session);
      watchCollapse(session);
      expect(told()).to.have.length(3);
      expect(told()[0]).to.match(
        /elastic-mlp~\w+:1\/2\.2 has collapsed: its loss is 0\.69\d, that of guessing 0\.6\d\d, for 3 epochs/,
      );
      expect(events.filter(({ type }) => type === 'elastic-epoch')).to.have.length(4);
      session.dispose();

      // A weight that only the largest reads.
      const other = opened(folder, {});
      const { parameters } = other.session.supernet.store;
      const broken = values(parameters)['classifier/kernel']!.map((value, i, all) =>
        i === all.length - 1 ? NaN : value,
      );
      other.session.supernet.store.assign({
        'classifier/kernel': tf.tensor(Float32Array.from(broken), parameters['classifier/kernel']!.shape),
      });
      watchCollapse(other.session);
      const largest = other.session.child(networksBySize(other.session.space, 2)[1]).encoding;
      expect(other.events.filter(({ type }) => type === 'collapsed')).to.have.length(1);
      expect(other.events.find(({ type }) => type === 'warning'))
        .to.have.property('message')
        .that.includes(`${largest} has collapsed: its loss is NaN`);
      other.session.dispose();
      return Promise.resolve();
    }));

  it('reports the losses of three sizes after each epoch, which the report draws', () =>
    withFolder(async (folder) => {
      const source = tinyTable(join(folder, 'data.csv'));
      const events: SearchEvent[] = [];
      await runSearch({
        space: elasticMlp,
        controller: random,
        config: { ...CONFIG, data: { source }, search: { ...CONFIG.search, elastic: {} } },
        runs: join(folder, 'runs'),
        onEvent: (event) => events.push(event),
      });
      const told = events.filter((event) => event.type === 'elastic-epoch');
      expect(told.map(({ epoch, networks }) => [epoch, networks.length])).to.deep.equal([
        [0, 3],
        [1, 3],
        [2, 3],
      ]);
    }));
});
