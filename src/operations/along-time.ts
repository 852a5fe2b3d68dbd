/** Windows of a series as sequences, and convolutions along the time axis. */
import { type ForecastChange } from '../data/index.js';
import { dense as multiply } from '../tensor/nn.js';
import { tf, type Tensor, type Tensor2D } from '../tensor/tf.js';
import { atEachPlace } from './dense.js';
import { WeftError } from '../errors.js';
import { channelwise } from './channels.js';
import { heNormal } from './initializers.js';
import { type Operation, type Shape } from './operation.js';
import { soleInput } from './shapes.js';

export interface Conv1dOptions {
  filters: number;
  /** Number of time steps that the kernel covers. */
  size: number;
  /** Distance of these steps; 1 by default. */
  dilation?: number;
  /** Whether the kernel covers only the current and earlier steps, instead of equally many on both sides. */
  causal?: boolean;
}

/** Steps and features of a window; throws for images of any other height. */
function windowOf(kind: string, inputs: readonly Shape[]): [steps: number, features: number] {
  const [height, steps, features] = soleInput(kind, inputs, 3) as [number, number, number];
  if (height !== 1)
    throw new WeftError(
      'operation',
      `'${kind}' takes a window of a series [1, T, F] and got [${inputs[0]!.join(', ')}]`,
    );
  return [steps, features];
}

/**
 * 1-D convolution along time without bias (a normalization follows it), padded with zeros so that no step is lost:
 * [1,T,F] -> [1,T,filters]. y_t = Σ_k x_(t + dilation·(k − centre))·W_k; the centre is the last k if causal, the middle
 * one otherwise.
 */
export function conv1d({ filters, size, dilation = 1, causal = false }: Conv1dOptions): Operation {
  return {
    kind: 'conv-1d',
    config: { filters, size, dilation, causal },
    build(inputs) {
      const [steps, features] = windowOf('conv-1d', inputs);
      const reach = dilation * (size - 1);
      const before = causal ? reach : dilation * Math.floor((size - 1) / 2);
      return {
        output: [1, steps, filters],
        multiplyAdds: steps * size * features * filters,
        parameters: {
          kernel: { shape: [size * features, filters], role: 'kernel', initializer: heNormal(size * features) },
        },
        forward: ([x], { parameter }) =>
          // One matrix product, which is fast on every backend and has all derivatives.
          atEachPlace(besides(x!, { size, dilation, before, after: reach - before }), (rows) =>
            multiply(rows, parameter('kernel') as Tensor2D),
          ),
      };
    },
  };
}

/** The steps that a kernel sees side by side: [N,1,T,F] -> [N,1,T,size·F]. */
function besides(
  x: Tensor,
  { size, dilation, before, after }: { size: number; dilation: number; before: number; after: number },
): Tensor {
  if (size === 1) return x;
  const [, , steps, features] = x.shape as [number, number, number, number];
  const padded = tf.pad(x, [
    [0, 0],
    [0, 0],
    [before, after],
    [0, 0],
  ]);
  return tf.concat(
    Array.from({ length: size }, (_, k) => tf.slice(padded, [0, 0, k * dilation, 0], [-1, 1, steps, features])),
    3,
  );
}

/** A window of a series as a sequence: [1,T,F] -> [T,F]. */
export function timeSteps(): Operation {
  return {
    kind: 'time-steps',
    elastic: true,
    config: {},
    build(inputs) {
      const shape = windowOf('time-steps', inputs);
      return {
        output: shape,
        parameters: {},
        channels: channelwise(),
        forward: ([x]) => tf.reshape(x!, [-1, ...shape]),
      };
    },
  };
}

/** The features of the last step: for a sequence [T,F] -> [F], for a window [1,T,F] -> [F]. */
export function lastStep(): Operation {
  return {
    kind: 'last-step',
    elastic: true,
    config: {},
    build(inputs) {
      const shape = soleInput('last-step', inputs);
      const [steps, features] = shape.length === 3 ? windowOf('last-step', inputs) : soleInput('last-step', inputs, 2);
      const begin = [...shape.slice(0, -2).map(() => 0), steps! - 1, 0];
      const size = [...shape.slice(0, -2), 1, -1];
      return {
        output: [features!],
        parameters: {},
        channels: channelwise(),
        forward: ([x]) => tf.reshape(tf.slice(x!, [0, ...begin], [-1, ...size]), [-1, x!.shape.at(-1)!]),
      };
    },
  };
}

/**
 * A window with a further column: the predicted one relative to its last row, so that a trend does not lead out of the
 * range that the network has seen (Zeng et al. 2023, arXiv 2205.13504, section 3, NLinear): [1,T,F] -> [1,T,F+1],
 * (x_(t,c) − x_(T,c))·input. The column itself stays, because the level may matter.
 */
export function fromLast({ column, input }: Pick<ForecastChange, 'column' | 'input'>): Operation {
  return {
    kind: 'from-last',
    elastic: true,
    config: { column, input },
    build(inputs) {
      const [steps, features] = windowOf('from-last', inputs);
      return {
        output: [1, steps, features + 1],
        parameters: {},
        forward: ([x]) => {
          const own = tf.slice(x!, [0, 0, 0, column], [-1, 1, steps, 1]);
          const last = tf.slice(x!, [0, 0, steps - 1, column], [-1, 1, 1, 1]);
          return tf.concat([x!, tf.mul(tf.sub(own, last), input)], 3);
        },
      };
    },
  };
}

/** The last value of the predicted column, in the unit of the output: [1,T,F] -> [1]. */
export function lastValue({ column, output }: Pick<ForecastChange, 'column' | 'output'>): Operation {
  return {
    kind: 'last-value',
    elastic: true,
    config: { column, output },
    build(inputs) {
      const [steps] = windowOf('last-value', inputs);
      return {
        output: [1],
        parameters: {},
        forward: ([x]) => tf.mul(tf.reshape(tf.slice(x!, [0, 0, steps - 1, column], [-1, 1, 1, 1]), [-1, 1]), output),
      };
    },
  };
}
