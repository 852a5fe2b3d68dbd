/**
 * Searching language models: states continue from batch to batch, survive a checkpoint, and are part of no other
 * result.
 */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue, createChild, createParameterStore, type SpaceFactory, stream } from 'weft-nas';
import { random } from '../../controllers/random.js';
import { rnnCell } from '../../search-spaces/rnn-cell.js';
import { elasticTransformer } from '../../search-spaces/elastic-transformer.js';
import { transformer } from '../../search-spaces/transformer.js';
import { checkConfig } from '../../src/config/index.js';
import { textBatches, textTensors } from '../../src/data/index.js';
import { encodeSafetensors } from '../../src/runs/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { restoreSnapshot, takeSnapshot } from '../../src/search/snapshot.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { evaluateChild, FINAL_EVALUATION } from '../../src/training/index.js';
import { withFolder } from './weft.js';

const OPTIMIZER = { name: 'adam', learningRate: 0.02, clipNorm: 1 };
const SPACES: { factory: SpaceFactory; options: object; more?: object }[] = [
  { factory: rnnCell, options: { nodes: 2, hidden: 8, keep: 0.9 } },
  { factory: transformer, options: { depth: 2, width: 8, heads: [1, 2], keep: 0.9 } },
  {
    factory: elasticTransformer,
    options: { widths: [4, 8], depths: [1, 2], heads: [1, 2], headSize: 4, ratios: [2], keep: 0.9 },
    more: { elastic: { networks: 3, distill: 'alpha', largestEpochs: 1 } },
  },
];

const partsIn = (
  folder: string,
  { factory, options, more }: (typeof SPACES)[number],
  regularizer: object = { name: 'none' },
) => {
  const source = join(folder, 'tiny.txt');
  writeFileSync(source, 'the cat sat on the mat. the dog ate the cat. '.repeat(40));
  const config = checkConfig({
    space: { name: factory.name, ...options },
    controller: { name: 'random' },
    data: { source, bptt: 8 },
    search: {
      epochs: 2,
      batchSize: 8,
      rounds: 2,
      samplesPerRound: 2,
      probe: 2,
      rewardBatchSize: 8,
      optimizer: OPTIMIZER,
      regularizer,
      ...more,
    },
    ...(more && { forgetting: { widths: { networks: 2 }, batchSize: 8 } }),
    derive: { candidates: 3, random: 3, batches: 2, batchSize: 8 },
    retrain: { epochs: 6, batchSize: 8, optimizer: OPTIMIZER },
    seed: 4,
  });
  return { config, space: factory, controller: random, data: openData(config) };
};

/** Weights at the end, with all events. */
function finish(session: SearchSession, events: SearchEvent[]): { weights: string; events: SearchEvent[] } {
  while (advance(session));
  return { weights: Buffer.from(encodeSafetensors(session.retrained!.store.parameters)).toString('base64'), events };
}

describe('a search of language models', () => {
  before(() => loadBackend());

  for (const space of SPACES) {
    it(`of ${space.factory.name} learns, goes on from a checkpoint to the same bytes, and leaves no tensor behind`, () =>
      withFolder(async (folder) => {
        const before = tf.memory().numTensors;
        const parts = partsIn(folder, space);
        const begin = (events: SearchEvent[]): SearchSession => createSession(parts, (event) => events.push(event));
        const whole: SearchEvent[] = [];
        const session = begin(whole);
        const reference = finish(session, whole);
        const { test } = session.state;
        session.dispose();
        expect(test!.perplexity).to.equal(Math.exp(test!.loss));
        expect(test!.bitsPerCharacter).to.equal(test!.loss / Math.LN2);
        expect(test!.loss, 'nats; to guess takes 2.8').to.be.below(2);
        const comparison = whole.find((event) => event.type === 'comparison');
        expect(comparison).to.include({ measure: 'loss' });
        expect(comparison!.difference).to.be.closeTo(comparison!.randomMean - comparison!.controllerMean, 1e-12);
        const candidates = whole.filter((event) => event.type === 'candidate' && event.source === 'controller');
        expect(whole.find((event) => event.type === 'derived')!.loss).to.equal(
          Math.min(...candidates.map((event) => (event as { loss: number }).loss)),
        );

        for (const units of space.factory === rnnCell ? [5, 60] : [60]) {
          const events: SearchEvent[] = [];
          const first = begin(events);
          for (let i = 0; i < units; i++) advance(first);
          const { tensors, state } = takeSnapshot(first);
          if (space.factory === rnnCell)
            expect(Object.keys((units === 5 ? first.supernet : first.retrained!).carried)).to.deep.equal(['cell/h']);
          const copy = { tensors: copied(tensors), state: structuredClone(state) };
          first.dispose();
          const second = begin(events);
          restoreSnapshot(second, copy);
          Object.values(copy.tensors).forEach(disposeNamed);
          expect(finish(second, events)).to.deep.equal(reference);
          second.dispose();
        }
        expect(tf.memory().numTensors).to.equal(before);
        await Promise.resolve();
      })).timeout(240_000);
  }

  it('does not go on with Fisher information per sequence, as version 0.1 had it', () =>
    withFolder(async (folder) => {
      const parts = partsIn(folder, SPACES[0]!, { name: 'wpl', alpha: 1, fisher: { examples: 8 } });
      const first = createSession(parts, () => undefined);
      for (let i = 0; i < 3; i++) advance(first);
      const { tensors, state } = takeSnapshot(first);
      const { perLabel, ...old } = state.forgetting as Record<string, never>;
      expect(perLabel).to.equal(true);
      const copies = (): { tensors: typeof tensors; state: typeof state } => ({
        tensors: copied(tensors),
        state: structuredClone(state),
      });
      const [same, outdated] = [copies(), { ...copies(), state: { ...structuredClone(state), forgetting: old } }];
      first.dispose();
      for (const [snapshot, refused] of [
        [same, false],
        [outdated, true],
      ] as const) {
        const second = createSession(parts, () => undefined);
        restoreSnapshot(second, snapshot);
        const goOn = (): void => {
          for (let i = 0; i < 3; i++) advance(second);
        };
        if (refused) expect(goOn).to.throw(/per sequence, but it is now counted per token/);
        else goOn();
        second.dispose();
      }
      await Promise.resolve();
    }));

  it('evaluates a recurrent cell over windows as over the whole text', () => {
    const ids = Int32Array.from({ length: 97 }, (_, i) => (i * i + i) % 5);
    const store = new Map<number, number>();
    for (const length of [6, 12, 24]) {
      const space = rnnCell.create({ nodes: 3, hidden: 4 }, { kind: 'language', inputShape: [length], classes: 5 });
      const child = createChild(space, space.sample(stream(2, 'cell')));
      const weights = createParameterStore(catalogue(space.supernet), 1, child.parameterNames);
      const all = textBatches(ids, { name: 'test', seed: 1, batchSize: 2, length, order: 'once' });
      const source = {
        count: 2,
        steps: all.stepsPerEpoch,
        continues: true,
        at: (epoch: number, step: number) => textTensors(all.at(epoch, step)),
      };
      const { loss, count } = evaluateChild(child, weights, source, FINAL_EVALUATION);
      expect(count).to.equal(96);
      store.set(length, loss);
      if (length === 6)
        expect(
          evaluateChild(child, weights, { ...source, continues: false }, FINAL_EVALUATION).loss,
          'without the state',
        ).not.to.be.closeTo(loss, 2e-6);
      weights.dispose();
    }
    const [first, ...others] = [...store.values()];
    for (const loss of others) expect(loss).to.be.closeTo(first!, 1e-6);
  });

  it('stays finite with a cell that doubles its state', () => {
    const space = rnnCell.create({ nodes: 1, hidden: 2 }, { kind: 'language', inputShape: [10], classes: 3 });
    const child = createChild(space, { nodes: [{ previous: 0, activation: 'identity' }] });
    const weights = createParameterStore(catalogue(space.supernet), 1, child.parameterNames);
    // Both highways pass on σ(0)·z + σ(0)·h; the second doubles h twice over.
    weights.assign({
      'cell/0-1': tf.tensor2d([
        [0, 0, 20, 0],
        [0, 0, 0, 20],
      ]),
    });
    const all = textBatches(
      new Int32Array(4001).map((_, i) => i % 3),
      { name: 'test', seed: 1, batchSize: 2, length: 10, order: 'once' },
    );
    const { loss } = evaluateChild(
      child,
      weights,
      { count: 2, steps: all.stepsPerEpoch, continues: true, at: (epoch, step) => textTensors(all.at(epoch, step)) },
      FINAL_EVALUATION,
    );
    expect(loss).to.be.above(1e6);
    expect(Number.isFinite(loss)).to.equal(true);
    weights.dispose();
  });

  it('counts the cells of ENAS', () => {
    const task = { kind: 'language', inputShape: [4], classes: 5 } as const;
    expect(rnnCell.create({ nodes: 12 }, task).size()).to.equal(8036313307545600n);
    for (const nodes of [1, 2, 3, 4]) {
      const factorial = Array.from({ length: nodes }, (_, i) => i + 1).reduce((product, n) => product * n, 1);
      expect(rnnCell.create({ nodes, hidden: 2 }, task).size()).to.equal(BigInt(4 ** nodes * factorial));
    }
    expect(transformer.create({ depth: 3, heads: [1, 2], ratios: [2, 4], width: 4 }, task).size()).to.equal(
      BigInt(3 * (2 * 2 * 2 * 2) ** 3),
    );
  });

  it('identifies cells that differ only in the order of their nodes', () => {
    const space = rnnCell.create({ nodes: 2, hidden: 2 }, { kind: 'language', inputShape: [4], classes: 5 });
    const cell = (...nodes: [number, 'tanh' | 'relu'][]): string =>
      space.canonicalHash({ nodes: nodes.map(([previous, activation]) => ({ previous, activation })) });
    expect(cell([0, 'tanh'], [0, 'relu'])).to.equal(cell([0, 'relu'], [0, 'tanh']));
    expect(cell([0, 'tanh'], [1, 'relu'])).not.to.equal(cell([0, 'relu'], [1, 'tanh']));
    expect(cell([0, 'tanh'], [1, 'relu'])).not.to.equal(cell([0, 'tanh'], [0, 'relu']));
  });
});

const copied = (groups: Readonly<Record<string, Readonly<Record<string, tf.Tensor>>>>) =>
  Object.fromEntries(
    Object.entries(groups).map(([name, group]) => [name, mapNamed(group, (tensor) => tensor.clone())]),
  );
