/** From token ids to vectors, and back to a logit for each token. */
import { WeftError } from '../errors.js';
import { embedding as lookUp } from '../tensor/nn.js';
import { tf, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { atEachPlace } from './dense.js';
import { zeros } from './initializers.js';
import { type Operation } from './operation.js';
import { soleInput } from './shapes.js';

export interface EmbeddingOptions {
  /** Number of different tokens. */
  vocabulary: number;
  /** Length of a token's vector. */
  units: number;
  /** The table is initialized uniformly from ±limit. */
  limit?: number;
}

/** The row of a table for each token: ids [T] -> [T,units]. */
export function embedding({ vocabulary, units, limit = 0.1 }: EmbeddingOptions): Operation {
  return {
    kind: 'embedding',
    elastic: true,
    config: { vocabulary, units, limit },
    build: (inputs) => ({
      output: [...soleInput('embedding', inputs, 1), units],
      parameters: { table: { shape: [vocabulary, units], role: 'embedding', initializer: { kind: 'uniform', limit } } },
      channels: { axes: { table: [undefined, 1] }, output: 1 },
      forward: ([ids], { parameter }) => lookUp(parameter('table') as Tensor2D, tf.cast(ids!, 'int32')),
    }),
  };
}

/**
 * Logits x·tableᵀ + bias from the table of an embedding: [T,units] -> [T,vocabulary]. Tied to the embedding's node, it
 * has no table of its own (Press & Wolf 2017).
 */
export function unembedding({ vocabulary, units, limit = 0.1 }: EmbeddingOptions): Operation {
  return {
    kind: 'unembedding',
    config: { vocabulary, units, limit },
    build(inputs) {
      const [length, features] = soleInput('unembedding', inputs, 2) as [number, number];
      if (features !== units)
        throw new WeftError(
          'operation',
          `an unembedding of ${units} units takes vectors of ${units} numbers, but got ${features}`,
          'convert them to the size of the embedding first',
        );
      return {
        output: [length, vocabulary],
        multiplyAdds: length * units * vocabulary,
        parameters: {
          table: { shape: [vocabulary, units], role: 'embedding', initializer: { kind: 'uniform', limit } },
          bias: { shape: [vocabulary], role: 'bias', initializer: zeros },
        },
        forward: ([x], { parameter }) =>
          atEachPlace(
            x!,
            (rows) =>
              tf.add(
                tf.matMul(rows, parameter('table') as Tensor2D, false, true),
                parameter('bias') as Tensor1D,
              ) as Tensor2D,
          ),
      };
    },
  };
}
