/** Every optimizer trains children of every shipped space by a change of its name alone. */
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { createTrainer, emptyState, type OptimizerConfigInput, OPTIMIZERS } from '../../src/optimizers/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { createSession } from '../../src/search/session.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { trainStep } from '../../src/training/train-step.js';
import { disposeState, values } from '../optimizers/problems.js';
import { examples, SPACES } from './space-table.js';

for (const { factory, tiny, task } of SPACES) {
  const space = factory.create(tiny, task);
  describe(`optimizers in ${factory.name}`, () => {
    before(() => loadBackend());
    const all = catalogue(space.supernet);
    const child = createChild(space, space.sample(stream(3, factory.name)));

    for (const { name } of OPTIMIZERS) {
      it(`${name} moves the child’s weights and no others, and leaves no tensor behind`, () => {
        const before = tf.memory().numTensors;
        const store = createParameterStore(all, 1);
        const start = values(store.parameters);
        const { x: inputs, labels } = examples(task, 6);
        const setting = {
          stepsPerEpoch: 2,
          totalSteps: 4,
          examples: 6,
          roleOf: (parameter: string) => all.parameters.get(parameter)?.role,
        };
        const trainer = createTrainer({ name } as OptimizerConfigInput, setting);
        let state = emptyState;
        for (let step = 0; step < 2; step++) {
          const mode = { training: true, normalization: 'batch', seed: `train/${step}` } as const;
          const result = trainStep({ child, store, trainer, state, batch: { inputs, labels }, mode, step });
          expect(result.loss).to.be.within(0, 20);
          state = result.state;
        }
        const end = values(store.parameters);
        const moved = Object.keys(end).filter((parameter) =>
          end[parameter]!.some((value, i) => value !== start[parameter]![i]),
        );
        expect(moved).to.not.be.empty;
        expect(child.parameterNames).to.include.members(moved);
        for (const parameter of Object.keys(end)) expect(end[parameter]!.every(Number.isFinite), parameter).to.be.true;
        store.dispose();
        disposeState(state);
        tf.dispose([inputs, labels]);
        expect(tf.memory().numTensors).to.equal(before);
      });
    }
  });
}

describe('a found child of macro-cnn', () => {
  before(() => loadBackend());
  const configOf = (optimizer: object): SearchConfigInput => ({
    space: { name: 'macro-cnn', layers: 2, filters: 2, reductions: 1 },
    data: { source: 'digits', subset: { train: 90, test: 20 } },
    retrain: {
      epochs: 1,
      batchSize: 30,
      optimizer: optimizer as OptimizerConfigInput,
    },
  });
  const data = openData(checkConfig(configOf({ name: 'sgd' })));

  for (const { name } of OPTIMIZERS) {
    it(`is retrained with ${name} by one line of configuration, and its gradients are counted`, () => {
      const before = tf.memory().numTensors;
      const events: SearchEvent[] = [];
      const session = createSession(
        { config: checkConfig(configOf({ name })), space: macroCnn, controller: random, data },
        (event) => events.push(event),
      );
      const { space, state } = session;
      const architecture = space.sample(stream(5, 'found'));
      Object.assign(state, {
        phase: 'retrain',
        derived: {
          architecture: space.encode(architecture),
          hash: space.canonicalHash(architecture),
          accuracy: null,
          loss: null,
        },
      });
      while (advance(session));
      expect(events.filter(({ type }) => type === 'retrain-epoch')).to.have.length(1);
      expect(state.test!.loss).to.satisfy(Number.isFinite);
      expect(state.skippedSteps).to.equal(0);
      expect(state.gradientEvaluations.search).to.equal(0);
      expect(state.gradientEvaluations.retrain).to.be.at.least(session.data.retrain.steps);
      session.dispose();
      expect(tf.memory().numTensors).to.equal(before);
    });
  }
});
