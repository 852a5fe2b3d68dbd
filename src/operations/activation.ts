/** Elementwise activations, and the identity. */
import { ownValue, unknownNameHint, WeftError } from '../errors.js';
import { gelu, relu, sigmoid, tanh } from '../tensor/nn.js';
import { type Tensor } from '../tensor/tf.js';
import { channelwise } from './channels.js';
import { type Operation } from './operation.js';
import { soleInput } from './shapes.js';

const FUNCTIONS = { identity: (x: Tensor): Tensor => x, relu, tanh, sigmoid, gelu };

export type ActivationName = keyof typeof FUNCTIONS;
export const ACTIVATIONS = Object.keys(FUNCTIONS) as ActivationName[];

/** The activation with this name, elementwise. */
export function activation(name: ActivationName): Operation {
  const apply = ownValue<(x: Tensor) => Tensor>(FUNCTIONS, name);
  if (!apply) throw new WeftError('operation', `no activation '${name}'`, unknownNameHint(name, ACTIVATIONS));
  return {
    kind: name,
    elastic: true,
    config: {},
    build: (inputs) => ({
      output: soleInput(name, inputs),
      parameters: {},
      channels: channelwise(),
      forward: ([x]) => apply(x!),
    }),
  };
}

/** Passes its input on. */
export function identity(): Operation {
  return activation('identity');
}
