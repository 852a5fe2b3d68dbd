import { expect } from 'chai';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { mlp } from '../../search-spaces/mlp.js';
import { catalogue, createChild, createParameterStore } from '../../src/supernet/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { watchKernels } from '../../src/tensor/trace.js';
import { evaluateBatch, evaluateTogether, SHARED_EVALUATION } from '../../src/training/index.js';

describe('evaluateTogether', () => {
  before(() => loadBackend('cpu'));

  const task = { inputShape: [8, 8, 1], classes: 3 };
  const spaces = {
    'macro-cnn': macroCnn.create({ layers: 3, filters: 2 }, task),
    mlp: mlp.create({}, { inputShape: [6], classes: 3 }),
  };

  for (const [name, space] of Object.entries(spaces)) {
    it(`equals one after the other, on ${name}`, () => {
      const rng = stream('together', name);
      const store = createParameterStore(catalogue(space.supernet), 1);
      const sampled = Array.from({ length: 12 }, () => space.sample(rng as never));
      const children = [...sampled, sampled[0]!].map((architecture) =>
        createChild(space as never, architecture as never),
      );
      const batch = {
        inputs: tf.tensor(
          Float32Array.from({ length: 4 * space.task.inputShape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
          [4, ...space.task.inputShape],
        ),
        labels: tf.tensor1d([0, 2, 1, 1], 'int32'),
      };
      const before = tf.memory().numTensors;
      const runs = { together: 0, apart: 0 };
      const counted = <T>(kind: keyof typeof runs, f: () => T): T =>
        watchKernels(f, ({ name: kernel }) => {
          if (kernel !== 'Identity') runs[kind]++;
        });
      const together = counted('together', () => evaluateTogether(children, store, batch, SHARED_EVALUATION));
      const apart = counted('apart', () =>
        children.map((child) => evaluateBatch(child, store, batch, SHARED_EVALUATION)),
      );
      expect(together).to.deep.equal(apart);
      expect(runs.together).to.be.below(runs.apart);
      expect(tf.memory().numTensors).to.equal(before);
      store.dispose();
      tf.dispose([batch.inputs, batch.labels]);
    });
  }
});
