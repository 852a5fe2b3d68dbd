/**
 * What goes into each layer and the gradient of what comes out of it: the two factors of which the gradients of
 * weights, per-example gradients and Kronecker-factored curvature are made.
 */
import { backpropagateTo } from '../autodiff.js';
import type { NamedTensors } from '../named.js';
import { backpropagate } from '../tape.js';
import { tf, tidy, type Tensor } from '../tf.js';
import { offTape, record, type Recording } from './recording.js';

/** Marks `output` (before the activation) as that of the layer `name` at `input`; returns it. */
export type Tap = <T extends Tensor>(name: string, input: Tensor, output: T) => T;

/** One use of a layer. A layer that is used several times in a forward pass (shared weights, a recurrent cell) has several. */
export interface LayerUse {
  name: string;
  input: Tensor;
}

/** A forward pass from which gradients can be drawn several times. Holds tensors until `dispose`. */
export interface LayerRecording {
  /** What the forward pass returned; borrowed. */
  readonly outputs: Tensor;
  /** The tapped layers in the order of use; inputs are borrowed. */
  readonly uses: readonly LayerUse[];
  /** ∂(cotangentᵀ·outputs)/∂(output of each use), without computing any gradient of weights. */
  outputGradients(cotangent: Tensor): Tensor[];
  /** ∂(cotangentᵀ·outputs)/∂params, zeros where nothing depends on a parameter. */
  parameterGradients(params: NamedTensors, cotangent: Tensor): NamedTensors;
  dispose(): void;
}

/**
 * Runs `forward` once and keeps the layers that it taps.
 *
 * @example
 * const layers = recordLayers((tap) => tap('out', h, nn.dense(h, params.kernel)));
 * const [g] = layers.outputGradients(tf.onesLike(layers.outputs)); // hᵀ·g is the gradient of the kernel
 */
export function recordLayers(forward: (tap: Tap) => Tensor): LayerRecording {
  const uses: (LayerUse & { output: Tensor })[] = [];
  const tap: Tap = (name, input, output) => {
    uses.push({ name, input: tf.keep(tf.clone(input)), output });
    return output;
  };
  const releaseInputs = (): void => uses.forEach(({ input }) => input.dispose());
  let recording: Recording;
  try {
    recording = record(() => ({ y: tidy(() => forward(tap)) }));
  } catch (error) {
    releaseInputs();
    throw error;
  }
  const y = recording.outputs['y']!;
  return {
    outputs: y,
    uses,
    outputGradients: (cotangent) =>
      offTape(() => {
        const found = backpropagate(
          recording.tape,
          [[y, cotangent]],
          uses.map(({ output }) => output),
        );
        return uses.map(({ output }, i) => found[i] ?? tf.zeros(output.shape));
      }),
    parameterGradients: (params, cotangent) =>
      offTape(() => backpropagateTo(params, recording.tape, [[y, cotangent]], { unused: 'zero' })),
    dispose() {
      recording.dispose();
      releaseInputs();
    },
  };
}
