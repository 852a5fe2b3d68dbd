/** Fully connected layer, flattening, dropout and drop path. */
import { WeftError } from '../errors.js';
import { dense as multiply } from '../tensor/nn.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { channelwise } from './channels.js';
import { glorotUniform, heNormal, nearZero, zeros } from './initializers.js';
import { type Operation } from './operation.js';
import { soleInput } from './shapes.js';

export interface DenseOptions {
  units: number;
  bias?: boolean;
  /** 'he' before a rectifier, 'glorot' before anything else, 'small' where outputs should begin near zero. */
  initializer?: 'he' | 'glorot' | 'small';
}

const FIRST = { he: heNormal, glorot: glorotUniform, small: nearZero } as const;

/** x·kernel + bias: [F] -> [units], at each position of a sequence [T,F] -> [T,units]. */
export function dense({ units, bias = true, initializer = 'glorot' }: DenseOptions): Operation {
  return {
    kind: 'dense',
    elastic: true,
    config: { units, bias, initializer },
    build(inputs) {
      const shape = soleInput('dense', inputs);
      const features = soleInput('dense', inputs, shape.length === 2 ? 2 : 1).at(-1)!;
      return {
        output: [...shape.slice(0, -1), units],
        multiplyAdds: shape.reduce((product, length) => product * length, units),
        parameters: {
          kernel: { shape: [features, units], role: 'kernel', initializer: FIRST[initializer](features, units) },
          ...(bias && { bias: { shape: [units], role: 'bias', initializer: zeros } as const }),
        },
        channels: { axes: { kernel: [0, 1], bias: [1] }, output: 1 },
        forward: ([x], { parameter }) =>
          atEachPlace(x!, (rows) =>
            multiply(rows, parameter('kernel') as Tensor2D, bias ? (parameter('bias') as Tensor1D) : undefined),
          ),
      };
    },
  };
}

/** Applies `f` to the rows of x along its last axis: [N,T,F] as [N·T,F] and back. */
export function atEachPlace(x: Tensor, f: (rows: Tensor2D) => Tensor2D): Tensor {
  if (x.shape.length === 2) return f(x as Tensor2D);
  const rows = f(tf.reshape(x, [-1, x.shape.at(-1)!]));
  return tf.reshape(rows, [-1, ...x.shape.slice(1, -1), rows.shape[1]]);
}

/** All values of an example in one vector: [...] -> [F]. */
export function flatten(): Operation {
  return {
    kind: 'flatten',
    config: {},
    build(inputs) {
      const size = soleInput('flatten', inputs).reduce((product, length) => product * length, 1);
      return { output: [size], parameters: {}, forward: ([x]) => tf.reshape(x!, [-1, size]) };
    },
  };
}

/** Keeps each value with probability `keep` and divides it by `keep`, when training (Srivastava et al. 2014). */
export function dropout({ keep }: { keep: number }): Operation {
  return masked('dropout', keep, (shape) => shape);
}

/** Drops the same features at all positions of a sequence [T,F]: variational dropout (Gal & Ghahramani 2016). */
export function variationalDropout({ keep }: { keep: number }): Operation {
  return masked('variational-dropout', keep, ([examples, ...shape]) => [
    examples!,
    ...shape.map((length, axis) => (axis < shape.length - 1 ? 1 : length)),
  ]);
}

/**
 * Drops whole examples with probability 1 - `keep`, and divides the others by `keep`, when training: drop path (Larsson
 * et al. 2017).
 */
export function dropPath({ keep }: { keep: number }): Operation {
  return masked('drop-path', keep, ([examples, ...shape]) => [examples!, ...shape.map(() => 1)]);
}

/**
 * Multiplies by a random mask of zeros and 1 / keep when training; `maskShape` gives the mask's shape for that of the
 * batch.
 */
function masked(kind: string, keep: number, maskShape: (shape: number[]) => number[]): Operation {
  if (!(keep > 0 && keep <= 1)) throw new WeftError('operation', `${kind} keeps ${keep}`, 'keep must be in (0, 1]');
  return {
    kind,
    elastic: true,
    config: { keep },
    build: (inputs) => ({
      output: soleInput(kind, inputs),
      parameters: {},
      channels: channelwise(),
      forward([x], { mode, values }) {
        if (!mode.training || keep === 1) return x!;
        return tf.mul(
          x!,
          values(maskShape(x!.shape), (rng) => (rng.uniform() < keep ? 1 / keep : 0)),
        );
      },
    }),
  };
}
