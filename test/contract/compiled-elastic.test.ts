/** Searches of elastic spaces: events and weights are the same, to the bit, for every value of `compile`. */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { elasticCnn } from '../../search-spaces/elastic-cnn.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { elasticTransformer } from '../../search-spaces/elastic-transformer.js';
import { random } from '../../controllers/random.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { createSession } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { values } from '../optimizers/problems.js';
import { withFolder } from '../search/weft.js';

type Section<K extends 'space' | 'search' | 'data'> = NonNullable<SearchConfigInput[K]>;

const TEXT = 'to be or not to be, that is the question '.repeat(20);
const DIGITS = { source: 'digits', subset: { train: 120, test: 20 } };

const SPACES = [
  { factory: elasticMlp, space: { depths: [1, 2], widths: [4, 6] }, data: () => DIGITS },
  {
    factory: elasticCnn,
    space: { widths: [[2, 4]], depths: [1, 2], kernels: [1, 3], expansions: [1, 2], stem: 2 },
    data: () => DIGITS,
  },
  {
    factory: elasticTransformer,
    space: { widths: [2, 4], depths: [1, 2], heads: [1, 2], headSize: 2, ratios: [1], keep: 0.9 },
    data: (folder: string) => {
      const source = join(folder, 'text.txt');
      writeFileSync(source, TEXT);
      return { source, bptt: 4 };
    },
  },
] as const;

type Compiled = 'replay' | 'session' | 'graph';

/** Ways to train, and the values of `compile` with which each is compared with `off`. */
const TRAININGS: readonly [string, Section<'search'>, readonly Compiled[]][] = [
  ['one network per step', { optimizer: { name: 'adam' } }, ['session']],
  ['the sandwich rule', { elastic: { networks: 3 }, optimizer: { name: 'nesterov' } }, ['replay', 'session', 'graph']],
  ['the sandwich rule and separate states', { elastic: { networks: 3, states: 'separate' } }, ['replay']],
];

for (const { factory, space, data } of SPACES)
  describe(`a search of ${factory.name}`, () => {
    before(() => loadBackend('native'));

    for (const [label, search, modes] of TRAININGS)
      it(`by ${label} gives the same bits however far it is compiled`, () =>
        withFolder((folder) => {
          const before = tf.memory().numTensors;
          const { result: plain, runs: none } = searched('off', folder, search);
          expect(none).to.deep.equal({ replay: 0, session: 0 });
          for (const mode of modes) {
            const { result, runs } = searched(mode, folder, search);
            expect(result, mode).to.deep.equal(plain);
            expect(runs[mode === 'replay' ? 'replay' : 'session'], mode).to.be.above(10);
          }
          expect(tf.memory().numTensors).to.equal(before);
          return Promise.resolve();
        }));

    function searched(compile: NonNullable<SearchConfigInput['compile']>, folder: string, search: Section<'search'>) {
      const config = checkConfig({
        compile,
        space: { name: factory.name, ...space } as Section<'space'>,
        controller: { name: 'random' },
        data: data(folder) as Section<'data'>,
        search: { epochs: 2, batchSize: 16, rewardBatchSize: 16, rounds: 1, samplesPerRound: 3, ...search },
        derive: { candidates: 2, random: 0, batchSize: 16 },
        retrain: { epochs: 1, batchSize: 16 },
      });
      const events: SearchEvent[] = [];
      const session = createSession({ config, space: factory, controller: random, data: openData(config) }, (event) =>
        events.push(event),
      );
      while (advance(session));
      const { supernet, retrained } = session;
      const result = {
        events,
        shared: values(supernet.store.parameters),
        state: values(supernet.state.tensors),
        retrained: values(retrained!.store.parameters),
      };
      const { search: trained, retraining, evaluation } = session.compiled();
      const count = (way: 'replay' | 'session'): number => trained[way] + retraining[way] + evaluation[way];
      const runs = { replay: count('replay'), session: count('session') };
      session.dispose();
      return { result, runs };
    }
  });
