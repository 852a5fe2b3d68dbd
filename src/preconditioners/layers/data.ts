/** Turns what was captured into the values that curvature is computed from. Everything here runs inside a tidy. */
import { labelsOf } from '../../tensor/logits.js';
import { type NamedTensors } from '../../tensor/named.js';
import {
  affineExampleGradients,
  type CapturedUse,
  depthwiseExampleGradients,
  type ExampleAxis,
  type LayerCapture,
  patches,
  rowsByExample,
} from '../../tensor/second-order/index.js';
import { tf, type Tensor, type Tensor4D } from '../../tensor/tf.js';
import { type Block, type BlockData, type BlockShape, type CapturedBlock, type FlatData } from './blocks.js';

/** The block with its matrix's shape. */
export function sized(shape: BlockShape, parameters: NamedTensors): Block {
  const { kind, weight, bias } = shape;
  const tensor = parameters[weight ?? bias!]!;
  const extra = weight !== undefined && bias !== undefined ? 1 : 0;
  const [rows, columns] =
    kind === 'matrix'
      ? [tensor.size / tensor.shape.at(-1)!, tensor.shape.at(-1)!]
      : kind === 'table'
        ? [tensor.shape[0], tensor.shape[1]!]
        : tensor.rank === 4
          ? [tensor.shape[0] * tensor.shape[1]!, tensor.shape[2]!]
          : [1, tensor.size];
  return { ...shape, rows: rows + extra, columns };
}

/** Gradients of the outputs of each use, scaled as in `BlockData`, by passes. */
export type Passes = readonly (readonly Tensor[])[];

/**
 * What the layer saw; `passes` are of the data's labels (`ownLabels`) or of others, and if they are a function, it is
 * called on first access.
 */
export function dataOf(
  { uses: places, ...shape }: CapturedBlock,
  layers: LayerCapture,
  passes: Passes | (() => Passes),
  parameters: NamedTensors,
  ownLabels = false,
): BlockData {
  const block = sized(shape, parameters);
  const { examples, labels } = labelsOf(layers.outputs);
  const uses = places.map((place) => layers.uses[place]!);
  const of = (gradients: readonly Tensor[]): Tensor[] => places.map((place) => gradients[place]!);
  const all = (): Passes => (typeof passes === 'function' ? passes() : passes);
  const common = { block, examples, labels, ownLabels };
  if (block.kind === 'channels') {
    const gradients = all().map((pass) => sumOf(uses.map((use, i) => channelGradients(use, of(pass)[i]!, block))));
    return { ...common, outputs: [], gradients };
  }
  /** Rows of all uses one after another; by example, the uses then count as further positions. */
  const flatRows = (rows: readonly Tensor[]): Tensor => (rows.length === 1 ? rows[0]! : tf.concat([...rows], 0));
  const byExample = (rows: readonly Tensor[]): Tensor => {
    const each = rows.map((tensor, i) => rowsByExample(tensor, axisOf(uses[i]!, block)));
    return each.length === 1 ? each[0]! : tf.concat(each, 1);
  };
  const outputRows = (pass: readonly Tensor[]): Tensor[] => of(pass).map((tensor) => rowsOf(tensor, block.columns));
  const withOnes = (tensor: Tensor): Tensor =>
    block.bias === undefined ? tensor : tf.concat([tensor, tf.ones([...tensor.shape.slice(0, -1), 1])], -1);
  const featureRows = once(() => uses.map(inputRows));
  const lossRows = once(() => outputRows(layers.lossGradients));
  const idRows = (): Tensor[] => uses.map(({ input }) => tf.reshape(input!, [-1, 1]));
  const features = once(() => byExample(featureRows()));
  const flatFeatures = once(() => flatRows(featureRows()));
  const flat = lazily<FlatData>({
    positions: () => of(layers.lossGradients).reduce((sum, { size }) => sum + size, 0) / (block.columns * examples),
    features: flatFeatures,
    inputs: () => withOnes(flatFeatures()),
    ids: () => tf.reshape(flatRows(idRows()), [-1]),
    outputs: () => all().map((pass) => flatRows(outputRows(pass))),
    lossGradient: () => flatRows(lossRows()),
  });
  const byExamples = {
    outputs: () => all().map((pass) => byExample(outputRows(pass))),
    lossGradient: () => byExample(lossRows()),
  };
  const constants = { ...common, gradients: [], flat };
  if (block.kind === 'table')
    return Object.assign(lazily({ ...byExamples, ids: () => tf.squeeze(byExample(idRows()), [2]) }), constants);
  return Object.assign(lazily({ ...byExamples, features, inputs: () => withOnes(features()) }), constants);
}

/**
 * Gradients of each example with respect to the block's matrix, scaled as in `BlockData`: [N,rows,columns], one entry
 * for each pass.
 */
export function exampleGradients({ block, inputs, ids, outputs, gradients }: BlockData): Tensor[] {
  if (block.kind === 'channels') return [...gradients];
  const a = inputs ?? tf.oneHot(ids as tf.Tensor1D, block.rows);
  return outputs.map((g) => tf.matMul(tf.cast(a, 'float32'), g, true, false));
}

/** The gradients of the block's parameters as its matrix [rows,columns]. */
export function toMatrix({ kind, weight, bias, rows, columns }: Block, gradients: NamedTensors): Tensor {
  if (weight === undefined) return tf.reshape(gradients[bias!]!, [1, columns]);
  const kernel = tf.reshape(gradients[weight]!, [kind === 'table' || bias === undefined ? rows : rows - 1, columns]);
  return bias === undefined ? kernel : tf.concat([kernel, tf.reshape(gradients[bias]!, [1, columns])], 0);
}

/** The parts of a block's matrix in the shapes of the parameters. */
export function fromMatrix(
  { weight, bias, rows, columns }: Block,
  matrix: Tensor,
  parameters: NamedTensors,
): NamedTensors {
  if (weight === undefined) return { [bias!]: tf.reshape(matrix, parameters[bias!]!.shape) };
  if (bias === undefined) return { [weight]: tf.reshape(matrix, parameters[weight]!.shape) };
  const [kernel, last] = tf.split(matrix, [rows - 1, 1], 0);
  return { [weight]: tf.reshape(kernel!, parameters[weight]!.shape), [bias]: tf.reshape(last!, [columns]) };
}

/**
 * [inputs, edge]ᵀ·outputs in the shapes of the parameters; inputs [n,rows of the weight], edge [n,1] or ones, outputs
 * [n,columns].
 */
export function fromFactors(
  { weight, bias }: Block,
  { inputs, edge, outputs }: { inputs: Tensor; edge?: Tensor | undefined; outputs: Tensor },
  parameters: NamedTensors,
): NamedTensors {
  const product = (x: Tensor, name: string): NamedTensors => ({
    [name]: tf.reshape(tf.matMul(x, outputs, true, false), parameters[name]!.shape),
  });
  if (bias === undefined) return product(inputs, weight!);
  return { ...product(inputs, weight!), ...(edge ? product(edge, bias) : { [bias]: tf.sum(outputs, 0) }) };
}

/** The gradient of the mean loss, from the data of a dense or convolutional block: [rows,columns]. */
export function ownGradient(data: BlockData): Tensor {
  return tf.matMul(data.flat!.inputs, data.flat!.lossGradient, true, false);
}

const rowsOf = (tensor: Tensor, width: number): Tensor =>
  tensor.rank === 2 && tensor.shape[1] === width ? tensor : tf.reshape(tensor, [-1, width]);

/** Inputs of one use [R,rows of the weight]. */
function inputRows({ kind, input, window }: CapturedUse): Tensor {
  const rows = kind === 'conv' ? patches(input as Tensor4D, window!.size, window) : input!;
  return rowsOf(rows, rows.shape.at(-1)!);
}

function axisOf({ axis, endedBy }: CapturedUse, { key }: Block): ExampleAxis {
  if (axis) return axis;
  throw new Error(`the examples of '${key}' are needed, but cannot be distinguished after '${endedBy}'`);
}

/** Per-example gradients [N,rows,channels] of depthwise filters, or of a scale and an offset. */
function channelGradients(use: CapturedUse, g: Tensor, block: Block): Tensor {
  const { weight, bias, rows, columns } = block;
  const axis = axisOf(use, block);
  const n = axis.examples;
  const positions = once(() => rowsByExample(rowsOf(g, columns), axis));
  const parts: Tensor[] = [];
  if (weight !== undefined && use.kind === 'depthwise') {
    const { kernel } = depthwiseExampleGradients(use.input as Tensor4D, g as Tensor4D, use.window!.size, use.window);
    const taps = rows - (bias === undefined ? 0 : 1);
    // An example may have several images.
    const images = { examples: n, stride: axis.stride / (g.shape[1]! * g.shape[2]!) };
    const each = rowsByExample(tf.reshape(kernel, [g.shape[0], -1]), images);
    parts.push(tf.reshape(each.shape[1] === 1 ? each : tf.sum(each, 1), [n, taps, columns]));
  } else if (weight !== undefined) {
    const x = rowsByExample(rowsOf(use.input!, columns), axis);
    const { scale, offset: shift } = affineExampleGradients(x, positions());
    const { normalization } = use;
    // With x̂ = (x − mean)·r: Σ x̂·g = r·(Σ x·g − mean·Σ g), without forming x̂.
    const normalized = normalization
      ? tf.mul(
          tf.sub(scale, tf.mul(normalization.mean, shift)),
          tf.rsqrt(tf.add(normalization.variance, normalization.epsilon)),
        )
      : scale;
    parts.push(tf.reshape(normalized, [n, 1, columns]));
  }
  if (bias !== undefined) parts.push(tf.sum(positions(), 1, true));
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
}

/** An object whose entries are computed on first access. */
function lazily<T extends object>(entries: { readonly [K in keyof T]: () => T[K] }): T {
  const result = {} as T;
  for (const key of Object.keys(entries) as (keyof T)[])
    Object.defineProperty(result, key, { get: once(entries[key]), enumerable: true });
  return result;
}

/** The function, which is called at most once. */
function once<T>(f: () => T): () => T {
  let result: { value: T } | undefined;
  return () => (result ??= { value: f() }).value;
}

const sumOf = (tensors: Tensor[]): Tensor => (tensors.length === 1 ? tensors[0]! : tf.addN(tensors));
