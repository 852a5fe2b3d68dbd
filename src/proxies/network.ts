/**
 * Shared parts of the proxies: the weights they consider, the loss, and the point where a network takes its examples
 * in.
 */
import { WeftError } from '../errors.js';
import { type ActiveNode } from '../graph/activate.js';
import { type Mode } from '../operations/operation.js';
import { type Child, evaluateNode } from '../supernet/child.js';
import { type Weights } from '../supernet/parameter-store.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { disposeNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { tf, type Scalar, type Tensor } from '../tensor/tf.js';
import { type TensorBatch } from '../training/batch.js';
import { labelLosses } from '../training/cross-entropy.js';

/** As in training, with the batch's own statistics, but without dropout, whose noise would affect the score. */
export const FRESH: Mode = { training: false, normalization: 'batch' };

/**
 * Names of the weights that scores are computed from: kernels of convolutions, dense and recurrent layers, as in the
 * published code, which excludes biases, normalizations and embedding tables.
 */
export function kernelNames({ nodes }: Pick<Child, 'nodes'>): string[] {
  const names = nodes.flatMap((node) =>
    node.kind === 'operation'
      ? Object.entries(node.built.parameters).flatMap(([local, { role }]) =>
          role === 'kernel' || role === 'depthwise-kernel' ? [`${node.prefix}/${local}`] : [],
        )
      : [],
  );
  return [...new Set(names)];
}

export function kernelsOf(network: Child, { parameters }: Weights): NamedTensors {
  return pickNamed(parameters, kernelNames(network));
}

/** Mean loss of the batch as a function of the kernels, with all other weights fixed. */
export function lossOf(
  network: Child,
  { parameters, statistics }: Weights,
  { inputs, labels }: TensorBatch,
): (kernels: NamedTensors) => Scalar {
  return (kernels) =>
    tf.mean(labelLosses(network.forward({ ...parameters, ...kernels }, statistics, inputs, FRESH), labels));
}

/** Gradients of the loss with respect to the kernels that it depends on, owned by the caller. */
export function kernelGradients(network: Child, weights: Weights, batch: TensorBatch): NamedTensors {
  const { value, gradients } = valueAndGradients(lossOf(network, weights, batch), kernelsOf(network, weights));
  value.dispose();
  return gradients;
}

/** Σ over tensors of `f` of each, a scalar; the sum is taken in float64. */
export function total(tensors: NamedTensors, f: (tensor: Tensor, name: string) => Tensor): number {
  const scalars = Object.entries(tensors).map(([name, tensor]) => f(tensor, name));
  if (scalars.length === 0) return 0;
  return Float64Array.from(tf.stack(scalars).dataSync()).reduce((sum, value) => sum + value, 0);
}

/** The same for gradients, which are disposed of. */
export function totalOf(gradients: NamedTensors, f: (gradient: Tensor, name: string) => Tensor): number {
  const sum = total(gradients, f);
  disposeNamed(gradients);
  return sum;
}

/** Whether the node is an embedding lookup: its output is where a token network takes its examples in. */
export const looksUp = (node: ActiveNode): boolean => node.kind === 'operation' && node.operation.kind === 'embedding';

/**
 * Logits of the network, in which `enter` may replace the input: the examples themselves or, for tokens, which have no
 * gradient and cannot be perturbed, the embedding vectors [N,T,units]. Throws WeftError('unsupported') for tokens that
 * no embedding looks up.
 */
export function forwardFrom(
  network: Child,
  { parameters, statistics }: Weights,
  inputs: Tensor,
  mode: Mode,
  enter: (value: Tensor) => Tensor,
): Tensor {
  const tokens = inputs.dtype !== 'float32';
  if (tokens && !network.nodes.some(looksUp))
    throw new WeftError(
      'unsupported',
      'this proxy needs real-valued inputs, but the network takes whole numbers and has no operation of the kind embedding',
      "look tokens up with the operation `embedding`, or choose another proxy (for example 'snip')",
    );
  const values = new Map<string, Tensor>();
  for (const node of network.nodes) {
    const value = evaluateNode(node, (name) => values.get(name)!, parameters, statistics, inputs, mode);
    const enters = tokens ? looksUp(node) : node.kind === 'input';
    values.set(node.name, enters ? enter(value) : value);
  }
  return values.get(network.nodes.at(-1)!.name)!;
}
