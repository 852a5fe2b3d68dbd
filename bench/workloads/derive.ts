/** The final choice of a search: many architectures evaluated with the shared weights on one batch, forward only. */
import { macroCnn, OPERATIONS } from '../../search-spaces/macro-cnn.js';
import { catalogue, createChild, createParameterStore } from '../../src/supernet/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { evaluateTogether, SHARED_EVALUATION } from '../../src/training/index.js';
import { bothLayouts, type Workload } from '../workload.js';
import { draws } from './random-tensors.js';

export function derive(count = 100, shape: [number, number, number] = [32, 32, 3], batch = 64): Workload {
  const [classes, layers, filters] = [10, 6, 24];
  const space = macroCnn.create({ layers, filters, keep: 1 }, { inputShape: shape, classes });
  const rng = stream('bench', 'candidates');
  const sampled = Array.from({ length: count }, () => space.sample(rng));
  const architectures = sampled.map((architecture) =>
    architecture.layers.map(({ op, skip }) => [OPERATIONS.indexOf(op), skip]),
  );
  return {
    name: `deriving ${count} architectures on one batch of ${batch}`,
    block: 1,
    anchors: bothLayouts('derive', { shape, classes, layers, filters, batch, architectures }),
    prepare() {
      const store = createParameterStore(catalogue(space.supernet), 0);
      const { normal, whole } = draws('derive');
      const data = { inputs: normal([batch, ...shape]), labels: whole(batch, classes) };
      return {
        step: () =>
          void evaluateTogether(
            sampled.map((architecture) => createChild(space, architecture)),
            store,
            data,
            SHARED_EVALUATION,
          ),
        dispose() {
          store.dispose();
          tf.dispose([data.inputs, data.labels]);
        },
      };
    },
  };
}
