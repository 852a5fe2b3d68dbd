import { type ActiveNode } from '../graph/activate.js';
import { type Json, type Mode } from '../operations/operation.js';
import { type Child, combine, evaluateNode } from '../supernet/child.js';
import { type Weights } from '../supernet/parameter-store.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { tf, type Scalar, type Tensor } from '../tensor/tf.js';
import { type TensorBatch } from '../training/batch.js';
import { defineProxy, type Proxy } from './contract.js';
import { kernelNames, looksUp, totalOf } from './network.js';

/**
 * Σ|w|·∂R/∂|w| with R the sum of the outputs for an input of ones, all weights replaced by their absolute values and no
 * normalization: how much flows through all weights, whatever the data (Tanaka et al. 2020, arXiv 2006.05467, section
 * 6; without batch normalization, as in Abdelfattah et al. 2021). If the network takes tokens, its embedding vectors
 * are replaced by ones.
 *
 * R can exceed float32 by far. Values are therefore kept with a power of two apart as long as operations are
 * homogeneous (convolutions, rectifiers, pools, dense layers); constants that are factored out of both sides change no
 * derivative.
 */
export const synflow: Proxy = defineProxy({
  name: 'synflow',
  description: 'How much flows through all weights, without data and normalization.',
  formula: 'Σ w·∂R/∂w, weights |w|, input 1, no normalization',
  reference: 'Tanaka et al. 2020, arXiv 2006.05467; Abdelfattah et al. 2021, arXiv 2101.08134',
  score(network, weights, batch) {
    const parameters = mapNamed(pickNamed(weights.parameters, network.parameterNames), (weight) => tf.abs(weight));
    let exponent = 0;
    const { gradients } = valueAndGradients(
      (kernels) => {
        const end = flow(network, { parameters: { ...parameters, ...kernels }, statistics: weights.statistics }, batch);
        exponent = end.exponent;
        return tf.sum(end.value) as Scalar;
      },
      pickNamed(parameters, kernelNames(network)),
    );
    return 2 ** exponent * totalOf(gradients, (gradient, name) => tf.sum(tf.mul(parameters[name]!, gradient)));
  },
});

const NO_NORMALIZATION: Mode = { training: false, normalization: 'none' };

/** value · 2^exponent. */
interface Scaled {
  readonly value: Tensor;
  readonly exponent: number;
}

/** The network's outputs for an input of ones. */
function flow(network: Child, { parameters, statistics }: Weights, { inputs }: TensorBatch): Scaled {
  const one = tf.slice(inputs, 0, 1);
  const ones = inputs.dtype === 'float32' ? tf.onesLike(one) : one;
  const values = new Map<string, Scaled>();
  for (const node of network.nodes) {
    const sources = node.inputs.map((name) => values.get(name)!);
    values.set(node.name, rescaled(evaluate(node, sources, parameters, statistics, ones)));
  }
  return values.get(network.nodes.at(-1)!.name)!;
}

function evaluate(
  node: ActiveNode,
  sources: readonly Scaled[],
  parameters: NamedTensors,
  statistics: NamedTensors,
  ones: Tensor,
): Scaled {
  if (node.kind === 'input') return { value: ones, exponent: 0 };
  // Every row of the input of ones is like the last one: no change would flow.
  if (looksUp(node) || (node.kind === 'operation' && node.operation.kind === 'from-last'))
    return { value: tf.ones([1, ...node.output]), exponent: 0 };
  const exponent = sources.reduce((largest, source) => Math.max(largest, source.exponent), -Infinity);
  if (node.kind === 'combine') {
    if (node.combination === 'product')
      return {
        value: combine(node.combination, sources.map(({ value }) => value)), // prettier-ignore
        exponent: sources.reduce((sum, source) => sum + source.exponent, 0),
      };
    return { value: combine(node.combination, sources.map((source) => at(source, exponent))), exponent }; // prettier-ignore
  }
  const common = isHomogeneous(node.operation.kind, node.operation.config) ? exponent : 0;
  const inputs = new Map(node.inputs.map((name, i) => [name, at(sources[i]!, common)]));
  const scaled = common === 0 ? parameters : { ...parameters, ...biasesAt(node, parameters, common) };
  return {
    value: evaluateNode(node, (name) => inputs.get(name)!, scaled, statistics, ones, NO_NORMALIZATION),
    exponent: common,
  };
}

/** The value rescaled to another power of two. */
const at = ({ value, exponent }: Scaled, other: number): Tensor =>
  exponent === other ? value : tf.mul(value, 2 ** (exponent - other));

/** A term added inside the node, in the unit of its inputs. */
function biasesAt(
  node: Extract<ActiveNode, { kind: 'operation' }>,
  parameters: NamedTensors,
  exponent: number,
): NamedTensors {
  return Object.fromEntries(
    Object.entries(node.built.parameters)
      .filter(([, { role }]) => role === 'bias' || role === 'offset')
      .map(([local]) => [`${node.prefix}/${local}`, tf.mul(parameters[`${node.prefix}/${local}`]!, 2 ** -exponent)]),
  );
}

/** Values beyond this are rescaled to about one. */
const LARGE = 2 ** 30;

function rescaled({ value, exponent }: Scaled): Scaled {
  const [largest] = tf.max(value).dataSync();
  if (!(largest! > LARGE) || largest === Infinity) return { value, exponent };
  const power = Math.floor(Math.log2(largest!));
  return { value: tf.mul(value, 2 ** -power), exponent: exponent + power };
}

/** Operations with f(c·x, c·biases) = c·f(x, biases) for positive c, if nothing is normalized. */
const HOMOGENEOUS: ReadonlySet<string> = new Set([
  'conv',
  'conv-1d',
  'depthwise-conv',
  'factorized-reduction',
  'dense',
  'flatten',
  'relu',
  'identity',
  'max-pool',
  'avg-pool',
  'global-average-pool',
  'batch-norm',
  'layer-norm',
  'dropout',
  'drop-path',
  'variational-dropout',
  'time-steps',
  'last-step',
]);

/** A sequence is, if its parts are. */
function isHomogeneous(kind: string, config: Readonly<Record<string, Json>>): boolean {
  if (HOMOGENEOUS.has(kind)) return true;
  const parts = Object.values(config);
  return (
    parts.length > 0 &&
    parts.every((part) => {
      const nested = part as Readonly<Record<string, Json>> | null;
      if (typeof nested !== 'object' || nested === null || typeof nested['kind'] !== 'string') return false;
      const { kind: inner, ...rest } = nested;
      return isHomogeneous(inner, rest);
    })
  );
}
