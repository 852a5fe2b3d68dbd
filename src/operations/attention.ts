/** Attention over sequences [T,F], and the positions that it needs. */
import { WeftError } from '../errors.js';
import { dense as multiply } from '../tensor/nn.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { atEachPlace } from './dense.js';
import { glorotUniform, zeros } from './initializers.js';
import { type Operation, type OperationFamily, type ParameterSpec } from './operation.js';
import { soleInput } from './shapes.js';

/** Added to masked scores: its exponential is zero in float32. */
const HIDDEN = -1e9;

/**
 * Causal self-attention (Vaswani et al. 2017, section 3.2): softmax(Q·Kᵀ/√d)·V for each head, where a position attends
 * to itself and those before it: [T,F] -> [T,F]. The choice is the number of heads into which the same projections are
 * split.
 */
export function causalAttention(): OperationFamily<number> {
  const fit: OperationFamily['build'] = (inputs) => {
    const [length, width] = soleInput('causal-attention', inputs, 2) as [number, number];
    const kernel = (columns: number) =>
      ({ shape: [width, columns], role: 'kernel', initializer: glorotUniform(width, width) }) as const;
    const bias = (size: number) => ({ shape: [size], role: 'bias', initializer: zeros }) as const;
    return {
      output: [length, width],
      parameters: {
        'qkv/kernel': kernel(3 * width),
        'qkv/bias': bias(3 * width),
        'projection/kernel': kernel(width),
        'projection/bias': bias(width),
      },
      multiplyAdds: length * 4 * width * width + 2 * length * length * width,
    };
  };
  return {
    kind: 'causal-attention',
    config: {},
    build: fit,
    member: (heads) => ({
      kind: 'causal-attention',
      config: { heads },
      build(inputs) {
        const width = inputs[0]?.at(-1) ?? 0;
        if (width % heads !== 0)
          throw new WeftError(
            'operation',
            `${heads} heads do not divide a width of ${width}`,
            'choose a width that is divisible by all numbers of heads',
          );
        return {
          ...fit(inputs),
          forward([x], { parameter }) {
            const project = (name: string, rows: Tensor): Tensor =>
              atEachPlace(rows, (all) =>
                multiply(all, parameter(`${name}/kernel`) as Tensor2D, parameter(`${name}/bias`) as Tensor1D),
              );
            const [q, k, v] = tf.split(project('qkv', x!), 3, 2) as [Tensor, Tensor, Tensor];
            return project('projection', mixPlaces(q, k, v, heads));
          },
        };
      },
    }),
  };
}

/** softmax(Q·Kᵀ/√d)·V of queries, keys and values [N,T,F], for each of the heads into which F is split: [N,T,F]. */
function mixPlaces(queries: Tensor, keys: Tensor, values: Tensor, heads: number): Tensor {
  const [, length, width] = queries.shape as [number, number, number];
  const byHead = (rows: Tensor): Tensor =>
    tf.transpose(tf.reshape(rows, [-1, length, heads, width / heads]), [0, 2, 1, 3]);
  const [q, k, v] = [queries, keys, values].map(byHead) as [Tensor, Tensor, Tensor];
  const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads)), later(length));
  const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
  return tf.reshape(mixed, [-1, length, width]);
}

/**
 * Causal self-attention by heads of a fixed size: [T,F] -> [T,F]. Fewer heads use the leading columns of the same
 * projections, so that the number of heads may be a size (`GraphBuilder.elastic`), whereas `causalAttention` splits one
 * width into any number of heads.
 */
export function attentionHeads({ heads, size }: { heads: number; size: number }): Operation {
  const inner = heads * size;
  return {
    kind: 'attention-heads',
    elastic: true,
    config: { heads, size },
    build(inputs) {
      const [length, width] = soleInput('attention-heads', inputs, 2) as [number, number];
      const linear = (name: string, from: number, to: number): Record<string, ParameterSpec> => ({
        [`${name}/kernel`]: { shape: [from, to], role: 'kernel', initializer: glorotUniform(from, to) },
        [`${name}/bias`]: { shape: [to], role: 'bias', initializer: zeros },
      });
      return {
        output: [length, width],
        parameters: {
          ...linear('query', width, inner),
          ...linear('key', width, inner),
          ...linear('value', width, inner),
          ...linear('projection', inner, width),
        },
        multiplyAdds: length * 4 * width * inner + 2 * length * length * inner,
        channels: {
          axes: {
            ...Object.fromEntries(
              ['query', 'key', 'value'].flatMap((name) => [
                [`${name}/kernel`, [0, 1]],
                [`${name}/bias`, [1]],
              ]),
            ),
            'projection/kernel': [1, 2],
            'projection/bias': [2],
          },
          output: 2,
          blocks: { 1: size },
        },
        forward([x], { parameter }) {
          const project = (name: string, rows: Tensor): Tensor =>
            atEachPlace(rows, (all) =>
              multiply(all, parameter(`${name}/kernel`) as Tensor2D, parameter(`${name}/bias`) as Tensor1D),
            );
          const [q, k, v] = ['query', 'key', 'value'].map((name) => project(name, x!)) as [Tensor, Tensor, Tensor];
          return project('projection', mixPlaces(q, k, v, heads));
        },
      };
    },
  };
}

/** [T,T]: zero where the column is no later than the row. */
function later(length: number): Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? HIDDEN : 0)),
    [length, length],
  );
}

/**
 * Adds a vector to each position of [T,F]: learned ones, or sines and cosines of decreasing frequency (Vaswani et al.
 * 2017, section 3.5).
 */
export function positions({ kind }: { kind: 'learned' | 'sinusoidal' }): Operation {
  return {
    kind: 'positions',
    // Sines and cosines depend on the width as a whole.
    elastic: kind === 'learned',
    config: { kind },
    build(inputs) {
      const [length, width] = soleInput('positions', inputs, 2) as [number, number];
      return {
        output: [length, width],
        parameters:
          kind === 'learned'
            ? { table: { shape: [length, width], role: 'embedding', initializer: { kind: 'uniform', limit: 0.1 } } }
            : {},
        ...(kind === 'learned' && { channels: { axes: { table: [undefined, 0] }, output: 0 } }),
        forward([x], { parameter }) {
          const places = x!.shape[1]!;
          const table = kind === 'learned' ? (parameter('table') as Tensor2D) : sinusoids(places, width);
          return tf.add(x!, places === table.shape[0] ? table : tf.slice(table, [0, 0], [places, width]));
        },
      };
    },
  };
}

/** sin(t/10000^(2i/F)) in even columns 2i, the cosine in odd ones, scaled to the size of learned vectors. */
function sinusoids(length: number, width: number): Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: length * width }, (_, at) => {
      const [place, column] = [Math.floor(at / width), at % width];
      const angle = place / 10000 ** ((column - (column % 2)) / width);
      return 0.1 * (column % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
    }),
    [length, width],
  );
}
