/** A child as a graph model of TensorFlow.js: from raw pixels to logits and probabilities, without weft. */
import { type Normalization } from '../data/index.js';
import { WeftError } from '../errors.js';
import { type Child } from '../supernet/child.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { loadBackend } from '../tensor/backend.js';
import { stream } from '../tensor/rng.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { FINAL_EVALUATION } from '../training/evaluate.js';
import { foldAffine } from './fold.js';
import { createGraphWriter, INPUT, type Reference, shapeDef, type, typeName } from './graph-def.js';
import { isExportable, writeStep } from './kernels/index.js';
import {
  type Constant,
  dtypeOf,
  type Program,
  scopeOf,
  shapeOf,
  type Step,
  stepsOf,
  traceProgram,
  type Value,
} from './program.js';

/** A trained child and a description of its inputs. */
export interface TrainedChild {
  readonly child: Child;
  readonly store: Pick<ParameterStore, 'parameters' | 'statistics'>;
  readonly normalization: Normalization;
  /** [H,W,C] of one example, or [T] of a window of token ids. */
  readonly inputShape: readonly number[];
  /** Vocabulary size if the inputs are token ids, which are not normalized. */
  readonly tokens?: number;
  /** Whether the task is multi-label, so that each probability is a separate sigmoid. */
  readonly multiLabel?: boolean;
  /** For regression: the factor and the offset that convert the outputs to the units of the targets. */
  readonly targets?: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

type GraphArtifacts = Required<Pick<tf.io.ModelArtifacts, 'modelTopology' | 'signature' | 'weightSpecs'>> & {
  readonly weightData: ArrayBuffer;
};
export type Metadata = NonNullable<tf.io.ModelArtifacts['userDefinedMetadata']>;
/** All artifacts of a graph model. */
export type GraphModel = GraphArtifacts & {
  readonly format: string;
  readonly generatedBy: string;
  readonly userDefinedMetadata: Metadata;
};

/** Tolerated difference from the child, relative to its largest logit, due to folding and rounding. */
const TOLERANCE = 1e-4;
/** Batch sizes other than those that the graph was traced with. */
const CHECKED_EXAMPLES = 4;

/**
 * The artifacts of a graph model with the input `input` [N,H,W,C], in the units of the data set, and the outputs
 * `logits` and `probabilities` [N,classes]; of a language model token ids [N,T] in float32, and [N,T,tokens]. For
 * regression the only output is `values` [N,targets], in their own units. The graph has been run once on stock
 * TensorFlow.js and agreed with the child. With it comes the program that it was made from, from which other formats
 * can be made.
 */
export async function tracedModel(
  trained: TrainedChild,
  generatedBy: string,
  metadata: Metadata,
): Promise<{ program: Program; artifacts: GraphModel }> {
  const before = tf.getBackend();
  // In plain JavaScript every custom kernel is composed of stock ones.
  await loadBackend('cpu');
  try {
    const { parameters, statistics } = trained.store;
    const program = foldAffine(
      traceProgram((x) => outputsOf(trained, x), {
        input: (examples) => exampleInputs(trained, examples),
        names: new Map(Object.entries({ ...parameters, ...statistics }).map(([name, { id }]) => [id, name])),
        isWhole: isExportable,
      }),
    );
    const artifacts = {
      format: 'graph-model',
      generatedBy,
      ...packed(writeProgram(program, trained.inputShape)),
      userDefinedMetadata: metadata,
    };
    await verify(artifacts, trained);
    return { program, artifacts };
  } finally {
    await tf.setBackend(before);
  }
}

/**
 * Logits and probabilities for inputs in the units of the data set, or the predicted numbers; the output to compare
 * comes first.
 */
function outputsOf(
  { child, store, normalization: { mean, std }, tokens, targets, multiLabel }: TrainedChild,
  x: Tensor,
): Readonly<Record<string, Tensor>> {
  const normalized = tokens === undefined ? tf.div(tf.sub(x, tf.tensor1d([...mean])), tf.tensor1d([...std])) : x;
  const logits = child.forward(store.parameters, store.statistics, normalized, FINAL_EVALUATION);
  if (targets) return { values: tf.add(tf.mul(logits, tf.tensor1d([...targets.std])), tf.tensor1d([...targets.mean])) };
  return { logits, probabilities: multiLabel ? tf.sigmoid(logits) : tf.softmax(logits) };
}

/** The network's outputs for inputs in the units of the data set, by name; the caller disposes them. */
export const expectedOutputs = (trained: TrainedChild, inputs: Tensor): Readonly<Record<string, Tensor>> =>
  outputsOf(trained, inputs);

/** Inputs of a plausible magnitude. */
export function exampleInputs(
  { inputShape, normalization: { mean, std }, tokens }: TrainedChild,
  examples: number,
): Tensor {
  const rng = stream('export', examples);
  const shape = [examples, ...inputShape];
  if (tokens !== undefined)
    return tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.int(tokens)),
      shape,
    );
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape(shape) },
    (_, i) => mean[i % mean.length]! + std[i % std.length]! * rng.normal(),
  );
  return tf.tensor(values, shape);
}

/** The program as a graph, and its constants by the names of their nodes. */
export function writeProgram(
  program: Program,
  inputShape: readonly number[],
): Omit<GraphArtifacts, 'weightSpecs' | 'weightData'> & { readonly weights: ReadonlyMap<string, Constant> } {
  const shape = [-1, ...inputShape];
  const graph = createGraphWriter(shape);
  const written = new Map<Step, { first: Reference; scope: string }>();
  const referenceTo = (value: Value): Reference => {
    if (value.kind === 'input') return INPUT;
    if (value.kind === 'constant') return graph.constant(value);
    const { first } = written.get(value.step)!;
    return value.output === 0 ? first : `${first}:${value.output}`;
  };
  for (const step of stepsOf(program)) {
    const scope = scopeOf(step, (source) => written.get(source)!.scope);
    const inputs = Object.fromEntries(Object.entries(step.inputs).map(([name, value]) => [name, referenceTo(value)]));
    written.set(step, { first: writeStep(step, inputs, graph, scope), scope });
  }
  const outputs = Object.entries(program).map(
    ([name, value]) =>
      [
        name,
        {
          name: graph.add(name, 'Identity', [referenceTo(value)], { T: type(dtypeOf(value)) }),
          dtype: typeName(dtypeOf(value)),
          tensorShape: shapeDef(shapeOf(value)),
        },
      ] as const,
  );
  return {
    modelTopology: { node: graph.nodes, library: {}, versions: { producer: GRAPH_VERSION } },
    signature: {
      inputs: { [INPUT]: { name: INPUT, dtype: typeName('float32'), tensorShape: shapeDef(shape) } },
      outputs: Object.fromEntries(outputs),
    },
    weights: graph.weights,
  };
}

const packed = ({ weights, ...graph }: ReturnType<typeof writeProgram>): GraphArtifacts => ({
  ...graph,
  ...packWeights(weights),
});

/** Of TensorFlow 2.15's graphs. */
const GRAPH_VERSION = 1645;

function packWeights(weights: ReadonlyMap<string, Constant>): Pick<GraphArtifacts, 'weightSpecs' | 'weightData'> {
  const arrays = [...weights.values()].map(
    ({ dtype, values }) =>
      new Uint8Array({ float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype].from(values).buffer),
  );
  return {
    weightSpecs: [...weights].map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] })),
    weightData: new Uint8Array(Buffer.concat(arrays)).buffer,
  };
}

/** Runs the graph on stock kernels and compares it with the child. */
async function verify(artifacts: GraphModel, trained: TrainedChild): Promise<void> {
  const model = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
  try {
    const [difference, largest] = tidy(() => {
      const x = exampleInputs(trained, CHECKED_EXAMPLES);
      const actual = ([] as Tensor[]).concat(model.predict(x) as Tensor | Tensor[])[0]!;
      const expected = Object.values(outputsOf(trained, x))[0]!;
      return [tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]!, tf.max(tf.abs(expected)).dataSync()[0]!];
    });
    if (!(difference <= TOLERANCE * Math.max(1, largest))) {
      throw new WeftError(
        'export',
        `the exported graph differs from the network by ${difference.toPrecision(2)}`,
        'an operation of your own reads values into JavaScript, or its kernels depend on the batch',
      );
    }
  } finally {
    model.dispose();
  }
}
