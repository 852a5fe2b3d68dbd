/**
 * One training step in the ENAS macro space: a different random architecture at every step, as in a search, or always
 * the same one.
 */
import { macroCnn, OPERATIONS } from '../../search-spaces/macro-cnn.js';
import { chain } from '../../src/chain/chain.js';
import { compiledTrainer } from '../../src/chain/compiled.js';
import { clipByGlobalNorm } from '../../src/chain/transforms/clip.js';
import { addDecayedWeights } from '../../src/chain/transforms/decay.js';
import { scaleByLearningRate } from '../../src/chain/transforms/learning-rate.js';
import { trace } from '../../src/chain/transforms/momentum.js';
import { emptyState } from '../../src/chain/state.js';
import { catalogue, createChild, createParameterStore } from '../../src/supernet/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { trainStep } from '../../src/training/index.js';
import { sharedGradients } from '../../src/training/shared-gradients.js';
import { bothLayouts, type Running, type Workload } from '../workload.js';

export interface MacroOptions {
  shape: [height: number, width: number, channels: number];
  batch: number;
  layers?: number;
  filters?: number;
  /** Train a single network, as when the derived one is retrained. */
  one?: boolean;
}

export function macroSupernet({ shape, batch, layers = 6, filters = 24, one = false }: MacroOptions): Workload {
  const classes = 10;
  const space = macroCnn.create({ layers, filters, keep: 1 }, { inputShape: shape, classes });
  const rng = stream('bench', 'architectures');
  const sampled = Array.from({ length: one ? 1 : 50 }, () => space.sample(rng));
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
    const compiled = compiledTrainer(trainer);
    const shared = one ? undefined : sharedGradients(space, { batchSize: batch, steps: 1000, trainer });
    let state = emptyState;
    return {
      step(index) {
        const child = children[index % children.length]!;
        ({ state } = trainStep({
          child,
          store,
          trainer,
          state,
          compiled,
          shared,
          due: one ? 1000 : 1,
          batch: { inputs, labels },
          mode: { training: true, normalization: 'batch' },
          step: index,
        }));
      },
      dispose() {
        store.dispose();
        compiled.dispose();
        shared?.dispose();
        tf.dispose([inputs, labels, Object.values(state.tensors)]);
      },
    };
  }

  return {
    name: `${one ? 'step of one macro network' : 'macro supernet step'}, ${shape.join('x')}, batch ${batch}`,
    // For a supernet, until every weight has been trained once.
    warmUp: one ? 25 : 60,
    prepare,
    anchors: bothLayouts('macro_supernet', options),
  };
}
