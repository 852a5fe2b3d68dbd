/**
 * Products with the Hessian of a loss: exact, by differentiating the gradient (Pearlmutter 1994), or by a
 * central difference of gradients if a kernel on the path has no verified second derivative.
 */
import { assertScalar, backpropagateTo, gradientsOf } from '../autodiff.js';
import { type NamedTensors, withPrefix } from '../named.js';
import { compiler, type StepResult } from '../plan/index.js';
import { tf, tidy, type Scalar } from '../tf.js';
import { centralDifference, RADIUS } from './difference.js';
import { assertDirection, chooseMethod, type ProductMethod, type SecondOrderOptions } from './method.js';
import { cotangentsOf, offTape, pathFrom, record } from './recording.js';

export type Loss = (params: NamedTensors) => Scalar;

/** The Hessian of a loss at fixed parameters. Holds tensors until `dispose`. */
export interface HessianOperator extends ProductMethod {
  /** H·direction, with every parameter's name; a name missing from the direction counts as zero. */
  apply(direction: NamedTensors): NamedTensors;
  dispose(): void;
}

export interface HessianVectorProduct extends ProductMethod {
  product: NamedTensors;
}

/**
 * The Hessian H = ∂²L/∂w² at `params` as an operator. The gradient g is computed once, on a tape that is kept;
 * every product is then one backward pass over it, H·v = ∂(gᵀv)/∂w, at the cost of about two gradients.
 * Everything random in the loss (batch, dropout masks, child) must be fixed.
 */
export function hessianOperator(loss: Loss, params: NamedTensors, options: SecondOrderOptions = {}): HessianOperator {
  const recording = record((tape) => {
    const value = tidy(() => loss(params));
    assertScalar(value);
    return backpropagateTo(params, tape, [[value, tf.ones(value.shape)]]);
  });
  try {
    const path = pathFrom(recording, Object.values(params));
    const chosen = chooseMethod(path, options);
    if (chosen.method === 'central-difference') {
      recording.dispose();
      return differenceOperator(loss, params, chosen, options.radius ?? RADIUS);
    }
    // Everything that the backward pass reads is on the path; an operator of many products repeats one step.
    // A recurrent cell also saves its pass, which is not a tensor: products over it run uncompiled.
    const saved = path
      .flatMap((node) => node.saved)
      .filter((one) => one instanceof tf.Tensor)
      .map((tensor, i) => [`saved/${i}`, tensor] as const);
    const kept = {
      ...Object.fromEntries(saved),
      ...withPrefix('parameter/', params),
    };
    const products = compiler<null, null>();
    return {
      ...chosen,
      dispose() {
        products.dispose();
        recording.dispose();
      },
      apply: (direction) =>
        offTape(() => {
          assertDirection(direction, params);
          const product = (): StepResult<null> => ({
            outputs: backpropagateTo(params, path, cotangentsOf(recording, direction), { unused: 'zero' }),
            fixed: null,
          });
          // The number of products to come is unknown, so a session is made only once it would already have paid off.
          return products.run(product, { ...kept, ...withPrefix('direction/', direction) }, null, { due: 0 }).outputs;
        }),
    };
  } catch (error) {
    recording.dispose();
    throw error;
  }
}

/**
 * One product H·direction with the Hessian of the loss at `params`. For several, `hessianOperator` computes the
 * gradient only once.
 */
export function hvp(
  loss: Loss,
  params: NamedTensors,
  direction: NamedTensors,
  options?: SecondOrderOptions,
): HessianVectorProduct {
  return applyOnce(hessianOperator(loss, params, options), direction);
}

/** One product; disposes the operator. */
export function applyOnce(operator: HessianOperator, direction: NamedTensors): HessianVectorProduct {
  try {
    const { method, reasons, kernels } = operator;
    return { product: operator.apply(direction), method, reasons, kernels };
  } finally {
    operator.dispose();
  }
}

function differenceOperator(loss: Loss, params: NamedTensors, method: ProductMethod, radius: number): HessianOperator {
  const gradient = (at: NamedTensors): NamedTensors => gradientsOf(loss, at, { unused: 'zero' });
  return {
    ...method,
    dispose: () => undefined,
    apply: (direction) =>
      offTape(() => {
        assertDirection(direction, params);
        return centralDifference(gradient, params, direction, radius);
      }),
  };
}
