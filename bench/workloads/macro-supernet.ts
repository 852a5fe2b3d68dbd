/** One shared-weight training step: another random architecture of the ENAS macro space at every step. */
import { macroCnn, OPERATIONS } from '../../search-spaces/macro-cnn.js';
import { chain } from '../../src/chain/chain.js';
import { clipByGlobalNorm } from '../../src/chain/transforms/clip.js';
import { addDecayedWeights } from '../../src/chain/transforms/decay.js';
import { scaleByLearningRate } from '../../src/chain/transforms/learning-rate.js';
import { trace } from '../../src/chain/transforms/momentum.js';
import { emptyState } from '../../src/chain/state.js';
import { catalogue, createChild, createParameterStore } from '../../src/supernet/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { trainStep } from '../../src/training/index.js';
import { bothLayouts, type Running, type Workload } from '../workload.js';

export interface MacroOptions {
  shape: [height: number, width: number, channels: number];
  batch: number;
  layers?: number;
  filters?: number;
}

export function macroSupernet({ shape, batch, layers = 6, filters = 24 }: MacroOptions): Workload {
  const classes = 10;
  const space = macroCnn.create({ layers, filters, keep: 1 }, { inputShape: shape, classes });
  const rng = stream('bench', 'architectures');
  const sampled = Array.from({ length: 50 }, () => space.sample(rng));
  const architectures = sampled.map(({ layers }) => layers.map(({ op, skip }) => [OPERATIONS.indexOf(op), skip]));
  const options = { shape, classes, layers, filters, batch, architectures };

  function prepare(): Running {
    const children = sampled.map((architecture) => createChild(space, architecture));
    const store = createParameterStore(catalogue(space.supernet), 0);
    const learningRate = (): number => 0.05;
    const trainer = chain(
      clipByGlobalNorm(5),
      addDecayedWeights(1e-4),
      trace({ decay: 0.9, nesterov: true }),
      scaleByLearningRate(learningRate),
    );
    const values = stream('bench', 'batch');
    const inputs = tf.tensor(
      Float32Array.from({ length: batch * shape[0] * shape[1] * shape[2] }, () => values.normal()),
      [batch, ...shape],
    );
    const labels = tf.tensor1d(
      Array.from({ length: batch }, () => values.int(classes)),
      'int32',
    );
    let state = emptyState;
    return {
      step(index) {
        const child = children[index % children.length]!;
        ({ state } = trainStep({
          child,
          store,
          trainer,
          state,
          batch: { inputs, labels },
          mode: { training: true, normalization: 'batch' },
          step: index,
        }));
      },
      dispose() {
        store.dispose();
        tf.dispose([inputs, labels, Object.values(state.tensors)]);
      },
    };
  }

  return {
    name: `macro supernet step, ${shape.join('x')}, batch ${batch}`,
    prepare,
    anchors: bothLayouts('macro_supernet', options),
  };
}
