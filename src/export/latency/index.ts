/**
 * Files that measure the operations of a space on another device, in Node or in a browser: each operation and some
 * whole networks as graph models of TensorFlow.js.
 */
import { WeftError } from '../../errors.js';
import { type SearchSpace } from '../../graph/define-space.js';
import { type TimedOperation, timedOperations } from '../../search/latency.js';
import { createChild } from '../../supernet/child.js';
import { catalogue } from '../../supernet/catalogue.js';
import { createParameterStore } from '../../supernet/parameter-store.js';
import { browserBundle } from '../../tensor/browser-bundle.js';
import { loadBackend } from '../../tensor/backend.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { FINAL_EVALUATION } from '../../training/evaluate.js';
import { foldAffine } from '../fold.js';
import { writeProgram } from '../graph-model.js';
import { isExportable } from '../kernels/index.js';
import { traceProgram } from '../program.js';
import { MEASURE, NODE, PAGE } from './script.js';

/** A graph model with arbitrary weights. */
interface Model {
  readonly inputShape: readonly number[];
  readonly topology: unknown;
  readonly signature: unknown;
  /** Constants that control the computation keep their values; larger ones in float32 may have any. */
  readonly weights: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly values?: readonly number[];
  }[];
}

/** Constants in float32 up to this size keep their values. */
const KEPT = 16;

/**
 * The files by name: `operators.json` with every operation of the space as retrained, each alone, and these networks
 * (text encodings); the script `measure-node.mjs`, the page `index.html`, and TensorFlow.js. Throws WeftError('export')
 * for an operation that has no form in TensorFlow.js, and WeftError('unsupported') for one on inputs of different
 * shapes.
 */
export async function latencyFiles(
  whole: SearchSpace,
  { batchSize, networks }: { readonly batchSize: number; readonly networks: readonly string[] },
): Promise<Record<string, Uint8Array | string>> {
  const before = tf.getBackend();
  // In plain JavaScript every custom kernel is composed of stock ones.
  await loadBackend('cpu');
  try {
    const space = whole.forRetraining();
    const { inputShape } = space.task;
    const plan = {
      space: space.name,
      inputShape,
      batchSize,
      base: modelOf(inputShape, (x) => x),
      reading: modelOf(inputShape, (x) => tf.relu(x)),
      operations: timedOperations(space).map((one) => ({ key: one.key, ...operationModel(one) })),
      networks: networks.map((architecture) => ({ architecture, ...networkModel(space, architecture) })),
    };
    return {
      'operators.json': `${JSON.stringify(plan)}\n`,
      'measure.mjs': MEASURE,
      'measure-node.mjs': NODE,
      'index.html': PAGE,
      'tf.min.js': browserBundle(),
    };
  } finally {
    if (before) await tf.setBackend(before);
  }
}

function operationModel({ key, inputs, weights, compute }: TimedOperation): Model {
  const [first] = inputs;
  if (inputs.some((shape) => shape.join() !== first!.join()))
    throw new WeftError(
      'unsupported',
      `the operation '${key}' has inputs of different shapes, and is not measured alone`,
      'measure the latency on this machine (leave out limits.latencyTable)',
    );
  const values = new Map(Object.entries(weights).map(([local, shape]) => [local, tf.fill([...shape], 0.1)]));
  try {
    return modelOf(first!, (x) =>
      compute(
        inputs.map(() => x),
        (local) => values.get(local)!,
      ),
    );
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    throw new WeftError(error.code, `the operation '${key}': ${error.message}`, error.hint, { cause: error });
  } finally {
    tf.dispose([...values.values()]);
  }
}

function networkModel(space: SearchSpace, architecture: string): Model {
  const child = createChild(space, space.decode(architecture));
  const store = createParameterStore(catalogue(space.supernet), 1, [...child.parameterNames, ...child.statisticNames]);
  try {
    return modelOf(space.task.inputShape, (x) =>
      child.forward(store.parameters, store.statistics, x, FINAL_EVALUATION),
    );
  } finally {
    store.dispose();
  }
}

/** The computation as a model. Input values are also valid as token ids. */
function modelOf(inputShape: readonly number[], compute: (x: Tensor) => Tensor): Model {
  const program = foldAffine(
    traceProgram((x) => ({ output: compute(x) }), {
      input: (examples) => tf.zeros([examples, ...inputShape]),
      names: new Map(),
      isWhole: isExportable,
    }),
  );
  const { modelTopology, signature, weights } = writeProgram(program, inputShape);
  return {
    inputShape,
    topology: modelTopology,
    signature,
    weights: [...weights].map(([name, { dtype, shape, values }]) => ({
      name,
      dtype,
      shape: [...shape],
      ...((dtype !== 'float32' || values.length <= KEPT) && { values: Array.from(values) }),
    })),
  };
}
