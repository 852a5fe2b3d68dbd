/**
 * Products with the Jacobian of a function of named parameters, in both directions.
 */
import { backpropagateTo } from '../autodiff.js';
import type { NamedTensors } from '../named.js';
import { backpropagate } from '../tape.js';
import { tf, tidy, type Tensor } from '../tf.js';
import { centralDifference, RADIUS } from './difference.js';
import { assertDirection, chooseMethod, type ProductMethod, type SecondOrderOptions } from './method.js';
import { cotangentsOf, offTape, pathFrom, record, type Recording } from './recording.js';

/** The Jacobian J = ∂y/∂w of `y = f(params)`. Holds tensors until `dispose`. */
export interface JacobianOperator extends ProductMethod {
  /** y itself, borrowed. */
  readonly outputs: Tensor;
  /** J·direction, in the shape of y. */
  times(direction: NamedTensors): Tensor;
  /** Jᵀ·cotangent, with every parameter's name; the cotangent has the shape of y. */
  transposeTimes(cotangent: Tensor): NamedTensors;
  dispose(): void;
}

/**
 * The Jacobian of `f` at `params`. Jᵀu is a backward pass over the tape of the one forward pass. J·v is a
 * backward pass over the tape of that backward pass, which is linear in u: J·v = ∂(vᵀJᵀu)/∂u (the double
 * vector-Jacobian product of J. Townsend, 2017).
 */
export function jacobianOperator(
  f: (params: NamedTensors) => Tensor,
  params: NamedTensors,
  options: SecondOrderOptions = {},
): JacobianOperator {
  const forward = record(() => ({ y: tidy(() => f(params)) }));
  const y = forward.outputs['y']!;
  const u = tf.keep(tf.zerosLike(y));
  let backward: Recording | undefined;
  const dispose = (): void => {
    backward?.dispose();
    forward.dispose();
    u.dispose();
  };
  try {
    const recorded = (backward = record(() => backpropagateTo(params, forward.tape, [[y, u]])));
    const path = pathFrom(recorded, [u]);
    const chosen = chooseMethod(path, options);
    return {
      ...chosen,
      outputs: y,
      dispose,
      times: (direction) =>
        offTape(() => {
          assertDirection(direction, params);
          if (chosen.method === 'central-difference') {
            return centralDifference((at) => ({ y: f(at) }), params, direction, options.radius ?? RADIUS)['y']!;
          }
          return backpropagate(path, cotangentsOf(recorded, direction), [u])[0] ?? tf.zerosLike(y);
        }),
      transposeTimes: (cotangent) =>
        offTape(() => backpropagateTo(params, forward.tape, [[y, cotangent]], { unused: 'zero' })),
    };
  } catch (error) {
    dispose();
    throw error;
  }
}
