/**
 * First derivatives of a loss with respect to named parameters.
 */
import { WeftError } from '../errors.js';
import type { NamedTensors } from './named.js';
import {
  activeTape,
  backpropagate,
  recordOn,
  releaseTape,
  type BackpropagateOptions,
  type Cotangent,
  type Tape,
} from './tape.js';
import { tf, tidy, type Scalar, type Tensor } from './tf.js';

/**
 * A loss with values that the caller wants out of the same forward pass (logits, batch statistics, parts of the loss).
 */
export interface LossWithAux<A extends NamedTensors = NamedTensors> {
  loss: Scalar;
  aux: A;
}

export interface ValueAndGradients {
  value: Scalar;
  gradients: NamedTensors;
}

export interface GradientOptions {
  /**
   * What to do with a parameter that the loss does not depend on: leave it out of the gradients (the default, so that
   * an optimizer leaves it and its state alone), or give it a gradient of zeros.
   */
  unused?: 'omit' | 'zero';
}

/**
 * Value and gradients of `loss(params)` from one forward and one backward pass: gradients have the names
 * and shapes of the parameters. The loss borrows the parameters; the results are the caller's.
 *
 * @example
 * const { value, gradients } = valueAndGradients((p) => tf.sum(tf.square(p.w)), { w });
 */
export function valueAndGradients(
  loss: (params: NamedTensors) => Scalar,
  params: NamedTensors,
  options?: GradientOptions,
): ValueAndGradients;
export function valueAndGradients<A extends NamedTensors>(
  loss: (params: NamedTensors) => LossWithAux<A>,
  params: NamedTensors,
  options?: GradientOptions,
): ValueAndGradients & { aux: A };
export function valueAndGradients(
  loss: (params: NamedTensors) => Scalar | LossWithAux,
  params: NamedTensors,
  { unused = 'omit' }: GradientOptions = {},
): ValueAndGradients & { aux?: NamedTensors } {
  const outer = activeTape();
  const tape: Tape = outer ?? [];
  try {
    return tidy(() => {
      const result = recordOn(tape, () => tidy(() => loss(params)));
      const value = 'loss' in result ? result.loss : result;
      assertScalar(value);
      // An enclosing gradient still needs the copies on its tape, and records this walk as well.
      const gradients = backpropagateTo(params, tape, [[value, tf.ones(value.shape)]], { unused, release: !outer });
      return 'loss' in result ? { value, gradients, aux: result.aux } : { value, gradients };
    });
  } finally {
    if (!outer) releaseTape(tape);
  }
}

/** The gradients only; see `valueAndGradients`. */
export function gradientsOf(
  loss: (params: NamedTensors) => Scalar,
  params: NamedTensors,
  options?: GradientOptions,
): NamedTensors {
  const { value, gradients } = valueAndGradients(loss, params, options);
  value.dispose();
  return gradients;
}

/** `backpropagate` with respect to named parameters. Runs inside the caller's tidy. */
export function backpropagateTo(
  params: NamedTensors,
  tape: Tape,
  cotangents: readonly Cotangent[],
  { unused = 'omit', ...options }: GradientOptions & BackpropagateOptions = {},
): NamedTensors {
  const found = backpropagate(tape, cotangents, Object.values(params), options);
  const gradients: Record<string, Tensor> = {};
  Object.entries(params).forEach(([name, parameter], i) => {
    const gradient = found[i] ?? (unused === 'zero' ? tf.zerosLike(parameter) : undefined);
    if (gradient) gradients[name] = gradient;
  });
  return gradients;
}

/** Throws unless the tensor is one floating-point number. */
export function assertScalar(value: Tensor): asserts value is Scalar {
  if (value.size === 1 && value.dtype === 'float32') return;
  throw new WeftError(
    'operation',
    `the loss is ${value.dtype} [${value.shape}], not one number`,
    'use the mean or the sum over the batch',
  );
}
