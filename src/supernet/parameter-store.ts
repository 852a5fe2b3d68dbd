/**
 * The sole owner of the shared weights. Children share a tensor exactly when they share its name; everyone
 * else borrows. Values are replaced, never changed in place, so a borrowed value stays what it was
 * until its owner assigns a new one.
 */
import { ownValue, WeftError } from '../errors.js';
import { initialValues } from '../operations/initializers.js';
import { type NamedTensors } from '../tensor/named.js';
import { stream } from '../tensor/rng.js';
import { tf } from '../tensor/tf.js';
import { type Catalogue } from './catalogue.js';

/** Values to compute with, whatever their owner. */
export interface Weights {
  /** All parameters, borrowed. */
  readonly parameters: NamedTensors;
  /** All running statistics, borrowed. */
  readonly statistics: NamedTensors;
}

export interface ParameterStore extends Weights {
  readonly catalogue: Catalogue;
  /** Replaces values; takes ownership of the new tensors and disposes the old ones. */
  assign(values: NamedTensors): void;
  dispose(): void;
}

/**
 * A store with initial values drawn from `stream(seed, 'init', name)`, so that they do not depend on what else is in
 * the store.
 */
export function createParameterStore(
  catalogue: Catalogue,
  seed: number | string,
  only?: readonly string[],
): ParameterStore {
  const wanted = only && new Set(only);
  const parameters: Record<string, tf.Tensor> = {};
  const statistics: Record<string, tf.Tensor> = {};
  for (const [name, { shape, initializer }] of catalogue.parameters) {
    if (wanted && !wanted.has(name)) continue;
    const size = shape.reduce((product, length) => product * length, 1);
    parameters[name] = tf.tensor(initialValues(initializer, size, stream(seed, 'init', name)), [...shape]);
  }
  for (const [name, { shape, initial }] of catalogue.statistics) {
    if (!wanted || wanted.has(name)) statistics[name] = tf.fill([...shape], initial);
  }
  for (const tensor of [...Object.values(parameters), ...Object.values(statistics)]) tf.keep(tensor);
  return {
    catalogue,
    parameters,
    statistics,
    assign(values) {
      for (const [name, tensor] of Object.entries(values)) {
        const owner = Object.hasOwn(parameters, name) ? parameters : statistics;
        const old = ownValue(owner, name);
        if (!old)
          throw new WeftError(
            'checkpoint',
            `the supernet has no parameter '${name}'`,
            'the values come from another space or other options',
          );
        if (old.shape.join() !== tensor.shape.join()) {
          throw new WeftError(
            'checkpoint',
            `'${name}' has the shape [${old.shape}] here and [${tensor.shape}] in the new values`,
            'the values come from another space or other options',
          );
        }
        owner[name] = tf.keep(tensor);
        if (old !== tensor) old.dispose();
      }
    },
    dispose() {
      tf.dispose([Object.values(parameters), Object.values(statistics)]);
    },
  };
}
