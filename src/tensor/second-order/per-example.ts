/**
 * Gradients of each example's own loss: by definition, from one backward pass per example, and for single layers
 * from their inputs and output gradients, all examples together. If the loss is a mean,
 * multiply the output gradients by the number of examples.
 */
import { backpropagateTo } from '../autodiff.js';
import { mapNamed, type NamedTensors } from '../named.js';
import type { Window2D } from '../nn.js';
import { tf, tidy, type Tensor, type Tensor1D, type Tensor4D } from '../tf.js';
import { patches } from './patches.js';
import { offTape, record } from './recording.js';

/**
 * ∂lossₙ/∂params for `losses(params)` [N]: each entry [N, ...shape of the parameter]. One forward pass and N backward
 * passes, for any model: the reference for faster ways.
 */
export function perExampleGradients(losses: (params: NamedTensors) => Tensor1D, params: NamedTensors): NamedTensors {
  const recording = record(() => ({ losses: tidy(() => losses(params)) }));
  const each = recording.outputs['losses']! as Tensor1D;
  try {
    return offTape(() => {
      const chosen = tf.unstack(tf.eye(each.size));
      const gradients = chosen.map((example) =>
        backpropagateTo(params, recording.tape, [[each, example]], { unused: 'zero' }),
      );
      return mapNamed(params, (_, name) => tf.stack(gradients.map((gradient) => gradient[name]!)));
    });
  } finally {
    recording.dispose();
  }
}

/** Per-example gradients of a layer with a kernel and a bias. */
export interface LayerExampleGradients {
  /** [N, ...shape of the kernel]. */
  kernel: Tensor;
  /** [N, outputs]. */
  bias: Tensor;
}

/**
 * Per-example gradients of a depthwise convolution: input [N,H,W,C], output gradients [N,H',W',C] -> kernel
 * [N,kh,kw,C,1], bias [N,C].
 */
export function depthwiseExampleGradients(
  input: Tensor4D,
  outputGradient: Tensor4D,
  kernelSize: readonly [number, number],
  window?: Window2D,
): LayerExampleGradients {
  return tidy(() => {
    const [examples, , , channels] = input.shape;
    const [height, width] = kernelSize;
    const windows = tf.reshape(patches(input, kernelSize, window), [examples, -1, height * width, channels]);
    const g = tf.reshape(outputGradient, [examples, -1, 1, channels]);
    const kernel = tf.reshape(tf.sum(tf.mul(windows, g), 1), [examples, height, width, channels, 1]);
    return { kernel, bias: tf.sum(outputGradient, [1, 2]) };
  });
}

/**
 * Per-example gradients of a scale and an offset per channel (batch or layer normalization): normalized input and
 * output gradients [N,...,C] -> [N,C] each.
 */
export function affineExampleGradients(normalized: Tensor, outputGradient: Tensor): { scale: Tensor; offset: Tensor } {
  return tidy(() => {
    const axes = normalized.shape.map((_, axis) => axis).slice(1, -1);
    return { scale: tf.sum(tf.mul(normalized, outputGradient), axes), offset: tf.sum(outputGradient, axes) };
  });
}
