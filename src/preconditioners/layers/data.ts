/** From what was captured to the numbers that curvature is made of. All of it runs inside a tidy. */
import { type NamedTensors } from '../../tensor/named.js';
import {
  affineExampleGradients,
  type CapturedUse,
  depthwiseExampleGradients,
  type LayerCapture,
  patches,
} from '../../tensor/second-order/index.js';
import { tf, type Tensor, type Tensor4D } from '../../tensor/tf.js';
import { type Block, type BlockData, type BlockShape, type CapturedBlock } from './blocks.js';

/** The block with the shape of its matrix. */
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

/** Output gradients of each use, unaveraged, by passes. */
export type Passes = readonly (readonly Tensor[])[];

/** What the layer saw; `passes` come from the data's `ownLabels` or from others, and a function of them is called when somebody asks. */
export function dataOf(
  { uses: places, ...shape }: CapturedBlock,
  layers: LayerCapture,
  passes: Passes | (() => Passes),
  parameters: NamedTensors,
  ownLabels = false,
): BlockData {
  const block = sized(shape, parameters);
  const examples = layers.outputs.shape[0];
  const uses = places.map((place) => layers.uses[place]!);
  const of = (gradients: readonly Tensor[]): Tensor[] => places.map((place) => gradients[place]!);
  const all = (): Passes => (typeof passes === 'function' ? passes() : passes);
  if (block.kind === 'channels') {
    return {
      block,
      examples,
      ownLabels,
      outputs: [],
      gradients: all().map((pass) => sumOf(uses.map((use, i) => channelGradients(use, of(pass)[i]!, block)))),
    };
  }
  const positioned = (pass: readonly Tensor[]): Tensor =>
    together(of(pass).map((gradient, i) => positions(gradient, uses[i]!)));
  const outputs = once(() => all().map(positioned));
  const common = { block, examples, ownLabels, gradients: [] };
  const lossGradient = once(() => positioned(layers.lossGradients));
  if (block.kind === 'table')
    return {
      ...common,
      outputs: outputs(),
      lossGradient: lossGradient(),
      ids: together(uses.map(({ input }) => tf.reshape(input!, [input!.shape[0], -1]))),
    };
  const features = once(() => together(uses.map(inputRows)));
  const inputs = once(() => {
    const [n, t] = features().shape;
    return block.bias === undefined ? features() : tf.concat([features(), tf.ones([n, t!, 1])], 2);
  });
  const [only] = uses;
  const plain = uses.length === 1 && only!.kind === 'dense' && only!.input!.rank === 2;
  const byRows = (tensor: Tensor): Tensor => tf.reshape(tensor, [-1, tensor.shape[2]!]);
  const flat = {
    get positions() {
      return plain ? 1 : features().shape[1]!;
    },
    get features() {
      return plain ? only!.input! : byRows(features());
    },
    get outputs() {
      return plain ? all().map((pass) => of(pass)[0]!) : outputs().map(byRows);
    },
    get lossGradient() {
      return plain ? of(layers.lossGradients)[0]! : byRows(lossGradient());
    },
  };
  return {
    ...common,
    flat,
    get features() {
      return features();
    },
    get inputs() {
      return inputs();
    },
    get outputs() {
      return outputs();
    },
    get lossGradient() {
      return lossGradient();
    },
  };
}

/** Gradients of each example's loss with respect to the block's matrix: [n,rows,columns], one entry a pass. */
export function exampleGradients({ block, inputs, ids, outputs, gradients }: BlockData): Tensor[] {
  if (block.kind === 'channels') return [...gradients];
  const a = inputs ?? tf.oneHot(ids as tf.Tensor1D, block.rows);
  return outputs.map((g) => tf.matMul(tf.cast(a, 'float32'), g, true, false));
}

/** The block's gradients as its matrix [rows,columns]. */
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

/** [inputs, edge]ᵀ·outputs in the shapes of the parameters; inputs [n,rows of the weight], edge [n,1] or ones, outputs [n,columns]. */
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

/** The gradient of the mean loss that a dense or convolutional block's data make: [rows,columns]. */
export function ownGradient(data: BlockData): Tensor {
  return tf.matMul(tf.reshape(data.inputs!, [-1, data.block.rows]), data.flat!.lossGradient, true, false);
}

/** Inputs of one use [n,t,rows]. */
function inputRows({ kind, input, window }: CapturedUse): Tensor {
  if (kind === 'conv') return patches(input as Tensor4D, window!.size, window);
  return tf.reshape(input!, [input!.shape[0], 1, input!.shape.at(-1)!]);
}

/** Output gradients of one use [n,t,columns]. */
function positions(gradient: Tensor, { input }: CapturedUse): Tensor {
  return tf.reshape(gradient, [input!.shape[0], -1, gradient.shape.at(-1)!]);
}

/** Gradients of each example [n,rows,channels] of filters a channel, or of a scale and an offset. */
function channelGradients(use: CapturedUse, g: Tensor, { weight, bias, rows, columns }: Block): Tensor {
  const n = g.shape[0];
  const parts: Tensor[] = [];
  const offset = (): Tensor => tf.reshape(tf.sum(tf.reshape(g, [n, -1, columns]), 1), [n, 1, columns]);
  if (weight !== undefined && use.kind === 'depthwise') {
    const { kernel } = depthwiseExampleGradients(use.input as Tensor4D, g as Tensor4D, use.window!.size, use.window);
    parts.push(tf.reshape(kernel, [n, rows - (bias === undefined ? 0 : 1), columns]));
  } else if (weight !== undefined) {
    const { scale, offset: shift } = affineExampleGradients(use.input!, g);
    const { normalization } = use;
    // With x̂ = (x − mean)·r: Σ x̂·g = r·(Σ x·g − mean·Σ g), without making x̂.
    const normalized = normalization
      ? tf.mul(
          tf.sub(scale, tf.mul(normalization.mean, shift)),
          tf.rsqrt(tf.add(normalization.variance, normalization.epsilon)),
        )
      : scale;
    parts.push(tf.reshape(normalized, [n, 1, columns]));
  }
  if (bias !== undefined) parts.push(offset());
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
}

/** The function, which is called at most once. */
function once<T>(f: () => T): () => T {
  let result: { value: T } | undefined;
  return () => (result ??= { value: f() }).value;
}

const sumOf = (tensors: Tensor[]): Tensor => (tensors.length === 1 ? tensors[0]! : tf.addN(tensors));

/** Uses one after another along the positions; where they differ in their examples, along the examples. */
function together(tensors: Tensor[]): Tensor {
  if (tensors.length === 1) return tensors[0]!;
  const alike = tensors.every(({ shape }) => shape[0] === tensors[0]!.shape[0]);
  return alike
    ? tf.concat(tensors, 1)
    : tf.concat(
        tensors.map((tensor) => tf.reshape(tensor, [-1, 1, ...tensor.shape.slice(2)])),
        0,
      );
}
