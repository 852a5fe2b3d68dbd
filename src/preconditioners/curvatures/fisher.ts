/**
 * Fisher information by the labels it is taken with: E over examples and labels of ∇log p(y|x)·∇log p(y|x)ᵀ. All of them go back over the
 * forward pass that the gradient has made.
 */
import { drawClasses } from '../../curvature/index.js';
import { stepStream } from '../../chain/random.js';
import { type LayerCapture } from '../../tensor/second-order/index.js';
import { tf, type Tensor2D } from '../../tensor/tf.js';
import { type Curvature } from '../contract.js';

/** Labels of the data: gradients of the examples' own losses, which the gradient has at hand already. */
export const empiricalFisher: Curvature = {
  name: 'empirical Fisher',
  passes: 0,
  outputGradients: ({ lossGradients, outputs }) => [
    lossGradients.map((gradient) => tf.mul(gradient, outputs.shape[0])),
  ],
};

/** Labels drawn from the model, `samples` for each example (Martens 2020): unbiased for the exact Fisher information. */
export function sampledFisher(samples = 1): Curvature {
  return {
    name: samples === 1 ? 'Monte-Carlo Fisher, 1 sample' : `Monte-Carlo Fisher, ${samples} samples`,
    passes: samples,
    outputGradients(layers, context) {
      const { outputs } = layers;
      const p = tf.softmax(outputs as Tensor2D).dataSync();
      return Array.from({ length: samples }, (_, sample) => {
        const drawn = drawClasses(p, outputs.shape[1]!, stepStream(context, 'fisher', sample));
        return layers.outputGradients(tf.tensor(residuals(p, drawn, 1 / Math.sqrt(samples)), outputs.shape));
      });
    },
  };
}

/**
 * All labels, weighted by their probability: with the softmax's cross-entropy the exact Fisher information and the generalized
 * Gauss-Newton matrix in one. A backward pass for each class: of √p_c·(p − e_c).
 */
export const exactFisher: Curvature = {
  name: 'exact Fisher (Gauss-Newton)',
  passes: 'classes',
  outputGradients(layers) {
    const p = tf.softmax(layers.outputs as Tensor2D);
    const classes = p.shape[1];
    return Array.from({ length: classes }, (_, c) => {
      const label = tf.oneHot(tf.tensor1d([c], 'int32'), classes);
      return layers.outputGradients(tf.mul(tf.sub(p, label), tf.sqrt(tf.slice(p, [0, c], [-1, 1]))));
    });
  },
};

/** (p − e) times a scale, e with a one at the label of each row of probabilities p [N,K]. */
function residuals(p: ArrayLike<number>, labels: Int32Array, scale: number): Float32Array {
  const result = Float32Array.from(p, (value) => value * scale);
  const classes = p.length / labels.length;
  labels.forEach((label, row) => (result[row * classes + label]! -= scale));
  return result;
}

/** The cost of the backward passes beside the gradient's own, in gradients. */
export function costOf({ passes }: Curvature, { outputs }: LayerCapture): number {
  return (passes === 'classes' ? outputs.shape[1]! : passes) * PASS_COST;
}

/** Back to the outputs of layers alone: one of the three products that a gradient takes. */
const PASS_COST = 1 / 3;
