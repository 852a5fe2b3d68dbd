/** What holds for every regularizer. A new one is a line in the table. */
import { expect } from 'chai';
import { REGULARIZERS } from '../../src/forgetting/index.js';
import { checkConfig } from '../../src/config/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { restoreSnapshot, takeSnapshot } from '../../src/search/snapshot.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';

/** The name, options that leave everything as it is, and options that act. */
const TABLE: Record<string, { off: object; on: object }> = {
  wpl: { off: { alpha: 0 }, on: { alpha: 100 } },
  ewc: { off: { alpha: 0 }, on: { alpha: 100 } },
  'l2-anchor': { off: { alpha: 0 }, on: { alpha: 100 } },
  'permuted-fisher': { off: { alpha: 0 }, on: { alpha: 100 } },
  'last-architecture': { off: { lambda: 0 }, on: { lambda: 0.5 } },
  nsas: { off: { epsilon: 0 }, on: { epsilon: 0.5, archive: 2 } },
  fair: { off: { accumulate: 1 }, on: { accumulate: 2 } },
};

const OPTIMIZERS = { sgd: { name: 'sgd', learningRate: 0.2 }, sam: { name: 'sam', base: { name: 'adamw' } } };

/** A search in memory, three epochs of five architectures. */
function begin(
  regularizer: object,
  optimizer: object = OPTIMIZERS.sgd,
  forgetting: object = { batchSize: 40 },
): { session: SearchSession; events: SearchEvent[] } {
  const config = checkConfig({
    seed: 4,
    space: { name: 'mlp', depth: 2, widths: [8] },
    controller: { name: 'random' },
    data: { subset: { train: 300 }, fisher: 0.2 },
    search: {
      epochs: 3,
      batchSize: 16,
      batchesPerArchitecture: 2,
      rounds: 1,
      samplesPerRound: 2,
      probe: 1,
      optimizer,
      regularizer,
    },
    forgetting,
    derive: { candidates: 2, random: 0 },
    retrain: { epochs: 0 },
  });
  const events: SearchEvent[] = [];
  return {
    session: createSession({ config, space: mlp, controller: random, data: openData(config) }, (event) =>
      events.push(event),
    ),
    events,
  };
}

function finish(session: SearchSession): string {
  while (session.state.phase !== 'derive') advance(session);
  return weightsOf(session);
}

const weightsOf = ({ supernet }: SearchSession): string =>
  Object.values(supernet.store.parameters)
    .map((tensor) => Buffer.from(tensor.dataSync().buffer).toString('base64'))
    .join();

describe('regularizers', function () {
  this.timeout(60_000);
  before(() => loadBackend());

  it('are all in the table', () => {
    expect(REGULARIZERS.map(({ name }) => name)).to.have.members(Object.keys(TABLE));
  });

  for (const [optimizerName, optimizer] of Object.entries(OPTIMIZERS)) {
    describe(`with ${optimizerName}`, () => {
      let none: string;
      let silent: SearchEvent[];
      before(() => {
        const { session, events } = begin({ name: 'none' }, optimizer, { measure: true, batchSize: 40 });
        none = finish(session);
        silent = events;
        session.dispose();
      });

      for (const [name, { off, on }] of Object.entries(TABLE)) {
        it(`${name} changes no bit at strength zero (U4), and acts otherwise`, () => {
          const [idle, acting] = [begin({ name, ...off }, optimizer), begin({ name, ...on }, optimizer)];
          expect(finish(idle.session)).to.equal(none);
          const own = new Set([
            'forgetting-config',
            'architecture-trained',
            'forgetting-epoch',
            'forgetting-tensors',
            'warning',
          ]);
          const others = (events: SearchEvent[]): SearchEvent[] => events.filter(({ type }) => !own.has(type));
          expect(others(idle.events)).to.deep.equal(others(silent));
          expect(finish(acting.session)).not.to.equal(none);
          for (const tensor of Object.values(acting.session.supernet.store.parameters))
            expect(Number.isFinite(tf.tidy(() => tf.sum(tensor).dataSync()[0]!))).to.equal(true);
          idle.session.dispose();
          acting.session.dispose();
        });
      }
    });
  }

  for (const [name, { on }] of Object.entries(TABLE)) {
    it(`${name} continues from a checkpoint to the same bytes, and leaves no tensor behind`, () => {
      const before = tf.memory().numTensors;
      const whole = begin({ name, ...on });
      const halted = begin({ name, ...on });
      for (let unit = 0; unit < 23; unit++) advance(halted.session); // in the middle of an architecture, in the second epoch
      const saved = takeSnapshot(halted.session);
      const tensors = Object.fromEntries(
        Object.entries(saved.tensors).map(([group, named]) => [group, mapNamed(named, (tensor) => tf.clone(tensor))]),
      );
      const state = JSON.parse(JSON.stringify(saved.state)) as typeof saved.state;
      halted.session.dispose();
      const resumed = begin({ name, ...on });
      restoreSnapshot(resumed.session, { tensors, state });
      // A snapshot is borrowed: what was restored lives on without it.
      Object.values(tensors).forEach(disposeNamed);
      expect(finish(resumed.session)).to.equal(finish(whole.session));
      const tail = resumed.events;
      expect(tail).to.deep.equal(whole.events.slice(-tail.length));
      whole.session.dispose();
      resumed.session.dispose();
      expect(tf.memory().numTensors).to.equal(before);
    });
  }
});
