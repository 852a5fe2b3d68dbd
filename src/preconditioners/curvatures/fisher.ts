/**
 * Fisher information with different choices of labels. An example is an image or a whole sequence, with T labels:
 * y₁…y_T are independent given the inputs, and ∇log p(y|x) = Σₜ ∇log p(yₜ|x). Information is counted per label, F =
 * (1/(N·T))·Σₙ E[∇log p(yₙ|xₙ)·∇log p(yₙ|xₙ)ᵀ], which is the Gauss-Newton matrix of the mean loss (Martens 2020,
 * section 9). All of them reuse the gradient's forward pass.
 */
import { drawNormals, targetDeviation } from '../../curvature/index.js';
import { stepStream } from '../../chain/random.js';
import { type StepContext } from '../../chain/loss.js';
import { WeftError } from '../../errors.js';
import { labelsOf } from '../../tensor/logits.js';
import { type LayerCapture } from '../../tensor/second-order/index.js';
import { type Rng } from '../../tensor/rng.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../../tensor/tf.js';
import { type Curvature } from '../contract.js';

/** Labels of the data: gradients of the examples' own losses, which the gradient has already computed. */
export const empiricalFisher: Curvature = {
  name: 'empirical Fisher',
  passes: 0,
  outputGradients({ lossGradients, outputs }, { likelihood }) {
    const { examples, labels, classes } = labelsOf(outputs);
    // Each logit has its own label.
    if (likelihood === 'bernoulli')
      return [lossGradients.map((gradient) => tf.mul(gradient, examples * Math.sqrt(classes)))];
    return [lossGradients.map((gradient) => tf.mul(gradient, Math.sqrt(examples * labels)))];
  },
};

/**
 * Labels drawn from the model, `samples` for each label of the data (Martens 2020): unbiased for the exact Fisher
 * information.
 */
export function sampledFisher(samples = 1): Curvature {
  return {
    name: samples === 1 ? 'Monte-Carlo Fisher, 1 sample' : `Monte-Carlo Fisher, ${samples} samples`,
    passes: samples,
    outputGradients(layers, context, draw = (shape, of) => tf.tensor(of(context), [...shape])) {
      const { outputs } = layers;
      const { examples, labels, classes } = labelsOf(outputs);
      const uniforms = (shape: readonly number[], sample: number): Tensor =>
        draw(shape, (at) => drawUniforms(tf.util.sizeFromShape([...shape]), stepStream(at, 'fisher', sample)));
      const passes = (cotangent: (sample: number) => Tensor): Tensor[][] =>
        Array.from({ length: samples }, (_, sample) => layers.outputGradients(cotangent(sample)));
      if (context.likelihood === 'gaussian') {
        const deviation = targetDeviation(classes) * Math.sqrt(samples);
        return passes((sample) =>
          draw(outputs.shape, (at) =>
            drawNormals(outputs.size, stepStream(at, 'fisher', sample)).map((value) => value / deviation),
          ),
        );
      }
      if (context.likelihood === 'bernoulli') {
        const p = tf.sigmoid(outputs);
        const scale = 1 / Math.sqrt(samples * classes);
        return passes((sample) => {
          const labels = tf.cast(tf.less(uniforms(outputs.shape, sample), p), 'float32');
          return weighted(tf.mul(tf.sub(p, labels), scale), context);
        });
      }
      const p = tf.softmax(tf.reshape(outputs, [-1, classes]) as Tensor2D);
      const scale = 1 / Math.sqrt((samples * labels) / examples);
      return passes((sample) => {
        const drawn = tf.oneHot(categories(p, uniforms([p.shape[0], 1], sample)), classes);
        return weighted(tf.reshape(tf.mul(tf.sub(p, drawn), scale), outputs.shape), context);
      });
    },
  };
}

/** The class at which the cumulative probability of each row of p [L,K] exceeds u [L,1], int32 [L]. */
function categories(p: Tensor2D, u: Tensor): Tensor1D {
  // The last class takes what rounding leaves.
  const below = tf.slice(tf.cumsum(p, 1), [0, 0], [p.shape[0], p.shape[1] - 1]);
  return tf.sum(tf.cast(tf.lessEqual(below, u), 'int32'), 1);
}

/** So many numbers between 0 and 1. */
const drawUniforms = (count: number, { uniform }: Rng): Float32Array => Float32Array.from({ length: count }, uniform);

/**
 * All labels, weighted by their probability: with softmax cross-entropy this is both the exact Fisher information and
 * the generalized Gauss-Newton matrix. One backward pass for each class of each label of an example, from √p_c·(p −
 * e_c) at that label and zero at the others: labels are independent, so products between them vanish. For regression
 * targets the Hessian of the loss with respect to the outputs is 1/σ² times the identity: one pass for each target,
 * with 1/σ there.
 */
export const exactFisher: Curvature = {
  name: 'exact Fisher (Gauss-Newton)',
  passes: 'classes',
  outputGradients(layers, context) {
    const { outputs } = layers;
    const { examples, labels, classes } = labelsOf(outputs);
    const each = labels / examples;
    refuseManyPasses(layers, each * classes);
    if (context.likelihood === 'gaussian')
      return Array.from({ length: classes }, (_, target) => {
        const one = tf.div(tf.oneHot(tf.tensor1d([target], 'int32'), classes), targetDeviation(classes));
        return layers.outputGradients(tf.tile(one, [examples, 1]));
      });
    if (context.likelihood === 'bernoulli') {
      const p = tf.sigmoid(outputs);
      const deviation = tf.sqrt(tf.div(tf.mul(p, tf.sub(1, p)), classes));
      return Array.from({ length: classes }, (_, label) =>
        layers.outputGradients(weighted(tf.mul(deviation, tf.oneHot(tf.tensor1d([label], 'int32'), classes)), context)),
      );
    }
    const p = tf.reshape(tf.softmax(outputs as Tensor2D), [examples, each, classes]);
    return Array.from({ length: each * classes }, (_, pass) => {
      const [t, c] = [Math.floor(pass / classes), pass % classes];
      const label = tf.oneHot(tf.tensor1d([c], 'int32'), classes);
      const own = tf.slice(p, [0, t, 0], [examples, 1, classes]);
      const residual = tf.mul(tf.sub(own, label), tf.sqrt(tf.slice(own, [0, 0, c], [examples, 1, 1])));
      const cotangent =
        each === 1
          ? residual
          : tf.pad(tf.div(residual, Math.sqrt(each)), [
              [0, 0],
              [t, each - t - 1],
              [0, 0],
            ]);
      return layers.outputGradients(weighted(tf.reshape(cotangent, outputs.shape), context));
    });
  },
};

/**
 * Weights of examples (or labels) in the loss apply to the curvature as well: its factors are scaled by their square
 * roots.
 */
function weighted(cotangent: Tensor, { weights }: StepContext): Tensor {
  if (!weights) return cotangent;
  const roots = tf.sqrt(weights);
  return tf.mul(
    cotangent,
    weights.rank === cotangent.rank ? roots : tf.reshape(roots, [-1, ...cotangent.shape.slice(1).map(() => 1)]),
  );
}

/** Maximum number of bytes for the gradients of all passes together. */
const EXACT_MEMORY = 2 ** 32;

/** Texts need many passes, all of which are kept until a layer has used them. */
function refuseManyPasses({ lossGradients }: LayerCapture, passes: number): void {
  const bytes = 4 * passes * lossGradients.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= EXACT_MEMORY) return;
  throw new WeftError(
    'unsupported',
    `the exact Fisher information needs ${passes} backward passes here, whose gradients take ${(bytes / 2 ** 30).toFixed(1)} GB`,
    'sample the labels instead: fisher: sampled',
  );
}

/** The cost of the backward passes besides the gradient's own, in gradients. */
export function costOf({ passes }: Curvature, { outputs }: LayerCapture): number {
  return (passes === 'classes' ? outputs.size / outputs.shape[0] : passes) * PASS_COST;
}

/** A backward pass to the outputs of layers only: one of the three products that a gradient takes. */
const PASS_COST = 1 / 3;
