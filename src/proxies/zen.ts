import { WeftError } from '../errors.js';
import { type Child } from '../supernet/child.js';
import { type Weights } from '../supernet/parameter-store.js';
import { mapNamed, pickNamed } from '../tensor/named.js';
import { stream } from '../tensor/rng.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type KernelCall } from '../tensor/trace.js';
import { defineProxy, type Proxy } from './contract.js';
import { FRESH, forwardFrom, kernelNames, kernelsOf } from './network.js';
import { watchPass, weightUses } from './watched-pass.js';

/** Size of the noise. */
const GAMMA = 0.01;

/**
 * log of the mean over examples of Σ|f(x) − f(x + γε)| plus Σ over batch normalizations of log σ, f being the input of
 * the last global average pool (or the last layer, if there is none), γ = 0.01, ε normal, σ² the mean over channels of
 * the batch's variance: the expressivity of a network, with the scale removed by normalization restored (Lin et al.
 * 2021, arXiv 2102.01063, algorithm 1). Each kernel is scaled to unit variance, as that of weights drawn from N(0, 1);
 * x is the batch, where the paper draws noise. The released code takes σ² from running statistics, to which the batch
 * contributes only a tenth; here it is the batch's, as in the paper. For tokens, the embedding vectors are perturbed.
 */
export const zen: Proxy = defineProxy({
  name: 'zen',
  description: 'How much the features change with noise in the input, and the scale that normalization removes.',
  formula: 'log mean_n Σ|f(x) − f(x + γε)| + Σ_norms log σ',
  reference: 'Lin et al. 2021, arXiv 2102.01063',
  score: (network, weights, { inputs }) => {
    const rng = stream('proxy', 'zen', 'noise');
    const noise = new Map<string, Tensor>();
    return zenScore(network, weights, inputs, (shape) => {
      const key = shape.join();
      let drawn = noise.get(key);
      if (!drawn) {
        const size = shape.reduce((product, length) => product * length, 1);
        drawn = tf.tensor(
          Float32Array.from({ length: size }, () => rng.normal()),
          [...shape],
        );
        noise.set(key, drawn);
      }
      return drawn;
    });
  },
});

/** The score for given noise of the requested shape. */
export function zenScore(
  network: Child,
  weights: Weights,
  inputs: Tensor,
  noiseOf: (shape: readonly number[]) => Tensor,
): number {
  const unit = mapNamed(kernelsOf(network, weights), (kernel) => tf.div(kernel, tf.sqrt(tf.mean(tf.square(kernel)))));
  const scaled: Weights = { statistics: weights.statistics, parameters: { ...weights.parameters, ...unit } };
  let scales = 0;
  const still = featuresOf(network, scaled, inputs, (value) => value, (name, value) => {
    if (name.endsWith('variance')) scales += Math.log(Math.sqrt(tf.mean(value).dataSync()[0]!));
  }); // prettier-ignore
  const moved = featuresOf(network, scaled, inputs, (value) => tf.add(value, tf.mul(noiseOf(value.shape), GAMMA)));
  const [change] = tf.sum(tf.abs(tf.sub(still, moved))).dataSync();
  if (change === 0)
    throw new WeftError('numeric', 'the features of the network do not depend on its input', 'leave this network out');
  return Math.log(change! / inputs.shape[0]) + scales;
}

function featuresOf(
  network: Child,
  weights: Weights,
  inputs: Tensor,
  enter: (value: Tensor) => Tensor,
  record?: (statistic: string, value: Tensor) => void,
): Tensor {
  const { parameters } = weights;
  const tables = network.nodes.flatMap((node) =>
    node.kind === 'operation'
      ? Object.entries(node.built.parameters).flatMap(([local, { role }]) =>
          role === 'embedding' ? [parameters[`${node.prefix}/${local}`]!] : [],
        )
      : [],
  );
  const used = weightUses([...Object.values(pickNamed(parameters, kernelNames(network))), ...tables]);
  const ids = new Set([...Object.values(parameters)].map(({ id }) => id));
  let pooled: Tensor | undefined;
  let last: Tensor | undefined;
  // An operation may dispose of its intermediate results.
  const kept = (value: Tensor, before: Tensor | undefined): Tensor => {
    before?.dispose();
    return tf.keep(tf.clone(value));
  };
  try {
    watchPass(
      () => forwardFrom(network, weights, inputs, { ...FRESH, ...(record && { record }) }, enter),
      (call) => {
        const use = used(call) !== undefined;
        if (isGlobalPool(call)) pooled = kept(call.inputs['x']!, pooled);
        else if (use) last = kept(Object.values(call.inputs).find(({ id }) => !ids.has(id)) ?? call.outputs[0]!, last);
      },
    );
    const features = pooled ?? last;
    if (features) return tf.clone(features);
  } finally {
    pooled?.dispose();
    last?.dispose();
  }
  throw new WeftError('unsupported', 'zen uses the input of the last layer, but the network has no weights');
}

const isGlobalPool = ({ name, inputs, attributes }: KernelCall): boolean => {
  const axes = attributes['axis'];
  return name === 'Mean' && inputs['x']?.shape.length === 4 && Array.isArray(axes) && axes.join() === '1,2';
};
