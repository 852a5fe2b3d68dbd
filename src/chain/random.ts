/** Random tensors of the step at hand, the same on every backend. */
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { type Rng, stream } from '../tensor/rng.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type StepContext } from './loss.js';

/** The stream of one optimizer, step and use; `parts` tells uses apart. */
export function stepStream({ seed = 0, step }: StepContext, optimizer: string, ...parts: (string | number)[]): Rng {
  return stream(seed, 'optimizer', optimizer, step, ...parts);
}

/** Standard normal numbers in the shapes of `like`; each parameter has its own stream. */
export function normalLike(like: NamedTensors, streamOf: (parameter: string) => Rng): NamedTensors {
  return mapNamed(like, (tensor, name) => filled(tensor, streamOf(name).normal));
}

/** Signs +1 and -1 with equal chance in the shapes of `like`. */
export function rademacherLike(like: NamedTensors, streamOf: (parameter: string) => Rng): NamedTensors {
  return mapNamed(like, (tensor, name) => {
    const { uniform } = streamOf(name);
    return filled(tensor, () => (uniform() < 0.5 ? -1 : 1));
  });
}

function filled(like: Tensor, draw: () => number): Tensor {
  const values = new Float32Array(like.size);
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return tf.tensor(values, like.shape);
}
