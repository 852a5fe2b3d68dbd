/** Every optimizer trains children of every shipped space by a change of its name alone. */
import { expect } from 'chai';
import { type SearchSpace } from 'weft-nas';
import macroCnn from '../../search-spaces/macro-cnn.js';
import mlp from '../../search-spaces/mlp.js';
import nasBench201 from '../../search-spaces/nas-bench-201.js';
import { createTrainer, emptyState, type OptimizerConfigInput, OPTIMIZERS } from '../../src/optimizers/index.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { trainStep } from '../../src/training/train-step.js';
import { disposeState, values } from '../optimizers/problems.js';

const TASK = { inputShape: [8, 8, 1], classes: 3 };
const spaces: Record<string, SearchSpace> = {
  'macro-cnn': macroCnn.create({ layers: 3, filters: 4 }, TASK),
  mlp: mlp.create({}, TASK),
  'nas-bench-201': nasBench201.create({ cells: 1, filters: 4 }, TASK),
};

for (const [spaceName, space] of Object.entries(spaces)) {
  describe(`optimizers in ${spaceName}`, () => {
    before(() => loadBackend());
    const all = catalogue(space.supernet);
    const child = createChild(space, space.sample(stream(3, spaceName)));

    for (const { name } of OPTIMIZERS) {
      it(`${name} moves the child’s weights and no others, and leaves no tensor behind`, () => {
        const before = tf.memory().numTensors;
        const store = createParameterStore(all, 1);
        const start = values(store.parameters);
        const batch = { inputs: tf.randomNormal([6, 8, 8, 1], 0, 1, 'float32', 5), labels: tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32') };
        const setting = { stepsPerEpoch: 2, totalSteps: 4, examples: 6, roleOf: (parameter: string) => all.parameters.get(parameter)?.role };
        const trainer = createTrainer({ name } as OptimizerConfigInput, setting);
        let state = emptyState;
        for (let step = 0; step < 2; step++) {
          const mode = { training: true, normalization: 'batch', seed: `train/${step}` } as const;
          const result = trainStep({ child, store, trainer, state, batch, mode, step });
          expect(result.loss).to.be.within(0, 20);
          state = result.state;
        }
        const end = values(store.parameters);
        const moved = Object.keys(end).filter((parameter) => end[parameter]!.some((value, i) => value !== start[parameter]![i]));
        expect(moved).to.not.be.empty;
        expect(child.parameterNames).to.include.members(moved);
        for (const parameter of Object.keys(end)) expect(end[parameter]!.every(Number.isFinite), parameter).to.be.true;
        store.dispose();
        disposeState(state);
        tf.dispose(batch);
        expect(tf.memory().numTensors).to.equal(before);
      });
    }
  });
}
