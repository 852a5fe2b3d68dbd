/**
 * Small language models of the project's own spaces, and the same written again in float64 for one sequence, as plainly
 * as can be. Derivatives of the second are central differences, so nothing is shared with what is tested: dense
 * Jacobians, and for every product with a weight its input and the gradient of what comes out.
 */
import { catalogue, createChild, createParameterStore, type SearchSpace, stream } from 'weft-nas';
import { lstmSpace } from '../../search-spaces/lstm.js';
import { rnnCell } from '../../search-spaces/rnn-cell.js';
import { transformer } from '../../search-spaces/transformer.js';
import { type Mode } from '../../src/operations/operation.js';
import { mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { tf, type Tensor } from '../../src/tensor/tf.js';

export const EXAMPLES = 3;
export const LENGTH = 4;
export const CLASSES = 5;
const TASK = { kind: 'language', inputShape: [LENGTH], classes: CLASSES } as const;

type Vector = number[];
type Weights = Readonly<Record<string, { readonly shape: number[]; readonly data: Float64Array }>>;

/**
 * A product with a weight in one forward pass: what the weight is multiplied with, and what is added to the result to
 * see its gradient.
 */
interface Tap {
  readonly weight: string;
  readonly input: Vector;
}

class Pass {
  readonly taps: Tap[] = [];
  constructor(
    readonly w: Weights,
    private readonly nudge?: { tap: number; column: number; by: number },
  ) {}

  vector(name: string): Vector {
    return [...this.w[name]!.data];
  }
  row(name: string, index: number): Vector {
    const { shape, data } = this.w[name]!;
    return [...data.subarray(index * shape[1]!, (index + 1) * shape[1]!)];
  }
  /** x·W (+ b), W [I,O] or, transposed, [O,I]. */
  linear(weight: string, x: Vector, bias?: string, transposed = false): Vector {
    const { shape, data } = this.w[weight]!;
    const [rows, columns] = shape as [number, number];
    const place = this.taps.push({ weight, input: x }) - 1;
    return Array.from({ length: transposed ? rows : columns }, (_, o) => {
      let sum = bias === undefined ? 0 : this.w[bias]!.data[o]!;
      for (let i = 0; i < (transposed ? columns : rows); i++)
        sum += x[i]! * (transposed ? data[o * columns + i]! : data[i * columns + o]!);
      return this.nudge?.tap === place && this.nudge.column === o ? sum + this.nudge.by : sum;
    });
  }
  layerNorm(name: string, x: Vector): Vector {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    const [scale, offset] = [this.vector(`${name}/scale`), this.vector(`${name}/offset`)];
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i]! + offset[i]!);
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const plus = (a: Vector, b: Vector): Vector => a.map((value, i) => value + b[i]!);
const unembed = (pass: Pass, h: Vector): Vector => pass.linear('embedding/table', h, 'embedding/bias', true);

function lstmLogits(pass: Pass, tokens: readonly number[]): Vector[] {
  const layers = Object.keys(pass.w).filter((name) => name.endsWith('/recurrent')).length;
  let sequence = tokens.map((token) => pass.row('embedding/table', token));
  for (let layer = 0; layer < layers; layer++) {
    const size = pass.w[`lstm${layer}/recurrent`]!.shape[0]!;
    let [h, c] = [Array<number>(size).fill(0), Array<number>(size).fill(0)];
    sequence = sequence.map((x) => {
      const z = plus(
        pass.linear(`lstm${layer}/input`, x, `lstm${layer}/bias`),
        pass.linear(`lstm${layer}/recurrent`, h),
      );
      const gate = (index: number): Vector => z.slice(index * size, (index + 1) * size);
      const [i, f, o, g] = [gate(0), gate(1), gate(2), gate(3)];
      c = c.map((value, k) => sigmoid(f[k]! + 1) * value + sigmoid(i[k]!) * Math.tanh(g[k]!));
      h = c.map((value, k) => sigmoid(o[k]!) * Math.tanh(value));
      return h;
    });
  }
  return sequence.map((h) => unembed(pass, h));
}

/** Node 1 reads the entry, node 2 node 1 (the architecture below); tanh, sigmoid. */
function cellLogits(pass: Pass, tokens: readonly number[]): Vector[] {
  const size = pass.w['cell/0-1']!.shape[0]!;
  let state = Array<number>(size).fill(0);
  return tokens.map((token) => {
    const node = (weight: string, read: Vector, h: Vector, f: (x: number) => number): Vector => {
      const z = pass.linear(weight, read);
      return h.map((value, k) => value + sigmoid(z[k]!) * (f(z[size + k]!) - value));
    };
    const entry = node('cell/entry', [...pass.row('embedding/table', token), ...state], state, Math.tanh);
    const first = node('cell/0-1', entry, entry, Math.tanh);
    state = node('cell/1-2', first, first, sigmoid);
    return unembed(pass, state);
  });
}

function transformerLogits(pass: Pass, tokens: readonly number[]): Vector[] {
  const x = tokens.map((token, t) => plus(pass.row('embedding/table', token), pass.row('positions/table', t)));
  const normed = x.map((row) => pass.layerNorm('block0/attention/norm-before', row));
  const attention = 'block0/attention/heads';
  const qkv = normed.map((row) => pass.linear(`${attention}/qkv/kernel`, row, `${attention}/qkv/bias`));
  const width = x[0]!.length;
  const size = width / 2;
  const attended = x.map((row, t) => {
    const mixed = [0, 1].flatMap((head) => {
      const part = (kind: number, place: number): Vector =>
        qkv[place]!.slice(kind * width + head * size, kind * width + (head + 1) * size);
      const seen = Array.from({ length: t + 1 }, (_, s) => s);
      const scores = seen.map((s) =>
        Math.exp(part(0, t).reduce((sum, value, i) => sum + value * part(1, s)[i]!, 0) / Math.sqrt(size)),
      );
      const total = scores.reduce((a, b) => a + b);
      return Array.from({ length: size }, (_, i) =>
        seen.reduce((sum, s) => sum + (scores[s]! / total) * part(2, s)[i]!, 0),
      );
    });
    return plus(row, pass.linear(`${attention}/projection/kernel`, mixed, `${attention}/projection/bias`));
  });
  const gelu = (v: number): number => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
  return attended.map((row) => {
    const up = pass.linear(
      'block0/mlp/up/2/kernel',
      pass.layerNorm('block0/mlp/norm-before', row),
      'block0/mlp/up/2/bias',
    );
    const down = pass.linear('block0/mlp/down/kernel', up.map(gelu), 'block0/mlp/down/bias');
    return unembed(pass, pass.layerNorm('norm', plus(row, down)));
  });
}

interface Kind {
  readonly space: SearchSpace;
  readonly architecture: unknown;
  readonly logits: (pass: Pass, tokens: readonly number[]) => Vector[];
}

const kinds: Readonly<Record<string, () => Kind>> = {
  lstm: () => ({
    space: lstmSpace.create({ layers: 2, hidden: 3 }, TASK),
    architecture: { layers: 2 },
    logits: lstmLogits,
  }),
  'rnn-cell': () => ({
    space: rnnCell.create({ nodes: 2, hidden: 3 }, TASK),
    architecture: {
      nodes: [
        { previous: 0, activation: 'tanh' },
        { previous: 1, activation: 'sigmoid' },
      ],
    },
    logits: cellLogits,
  }),
  transformer: () => ({
    space: transformer.create({ depth: 1, width: 4, heads: [2], ratios: [2] }, TASK),
    architecture: { depth: 1, blocks: [{ heads: 2, ratio: 2, activation: 'gelu', norm: 'pre' }] },
    logits: transformerLogits,
  }),
};

export const LANGUAGE_MODELS = Object.keys(kinds);

export interface LanguageModel {
  readonly params: NamedTensors;
  readonly tokens: Tensor;
  /** [N,T] */
  readonly labels: Tensor;
  outputs(params: NamedTensors): Tensor;
  forward(params: NamedTensors, mode: Mode): Tensor;
  readonly reference: Reference;
}

export interface Reference {
  /** Logits [T][K] of each example. */
  readonly logits: readonly Vector[][];
  /** ∂logit/∂parameter: by example, token and class the numbers of each parameter. */
  readonly jacobians: readonly Record<string, Float64Array>[][][];
  /** Products with weights by example: the input, and ∂logit/∂output by token and class. */
  readonly taps: readonly (Tap & { readonly jacobian: readonly Vector[][] })[][];
}

const STEP = 1e-5;

/** The model with weights from a fixed stream, biases and scales too. */
export function languageModel(name: string): LanguageModel {
  const { space, architecture, logits } = kinds[name]!();
  const store = createParameterStore(catalogue(space.supernet), 3);
  const child = createChild(space, architecture as never);
  const rng = stream('language-models', name);
  const params = mapNamed(pickNamed(store.parameters, child.parameterNames), (tensor) =>
    tf.tensor(
      Float32Array.from({ length: tensor.size }, () => 0.6 * rng.normal()),
      tensor.shape,
    ),
  );
  const draw = (): number[][] =>
    Array.from({ length: EXAMPLES }, () => Array.from({ length: LENGTH }, () => rng.int(CLASSES)));
  const [tokens, labels] = [draw(), draw()];
  const statistics = mapNamed(store.statistics, (tensor) => tf.clone(tensor));
  store.dispose();
  const weights: Weights = Object.fromEntries(
    Object.entries(params).map(([key, tensor]) => [
      key,
      { shape: tensor.shape, data: Float64Array.from(tensor.dataSync()) },
    ]),
  );
  const run = (sequence: readonly number[], nudge?: { tap: number; column: number; by: number }): [Vector[], Pass] => {
    const pass = new Pass(weights, nudge);
    return [logits(pass, sequence), pass];
  };
  /** d/dε of the logits by token and class. */
  const difference = (at: (by: number) => Vector[]): Vector[] => {
    const [up, down] = [at(STEP), at(-STEP)];
    return up.map((row, t) => row.map((value, k) => (value - down[t]![k]!) / (2 * STEP)));
  };
  const jacobians = tokens.map((sequence) => {
    const result = Array.from({ length: LENGTH }, () =>
      Array.from({ length: CLASSES }, () =>
        Object.fromEntries(Object.entries(weights).map(([key, { data }]) => [key, new Float64Array(data.length)])),
      ),
    );
    for (const [key, { data }] of Object.entries(weights))
      data.forEach((value, i) => {
        const slope = difference((by) => {
          data[i] = value + by;
          const [found] = run(sequence);
          data[i] = value;
          return found;
        });
        slope.forEach((row, t) => row.forEach((d, k) => (result[t]![k]![key]![i] = d)));
      });
    return result;
  });
  const taps = tokens.map((sequence) =>
    run(sequence)[1].taps.map((tap, place) => {
      const { shape } = weights[tap.weight]!;
      const columns = tap.weight === 'embedding/table' ? shape[0]! : shape[1]!;
      const byColumn = Array.from({ length: columns }, (_, column) =>
        difference((by) => run(sequence, { tap: place, column, by })[0]),
      );
      const jacobian = Array.from({ length: LENGTH }, (_, t) =>
        Array.from({ length: CLASSES }, (_, k) => byColumn.map((slope) => slope[t]![k]!)),
      );
      return { ...tap, jacobian };
    }),
  );
  const inputs = tf.tensor2d(tokens, [EXAMPLES, LENGTH], 'int32');
  return {
    params,
    tokens: inputs,
    labels: tf.tensor2d(labels, [EXAMPLES, LENGTH], 'int32'),
    outputs: (p) => child.forward(p, statistics, inputs, { training: false, normalization: 'batch' }),
    forward: (p, mode) => child.forward(p, statistics, inputs, mode),
    reference: { logits: tokens.map((sequence) => run(sequence)[0]), jacobians, taps },
  };
}

export const softmax = (row: Vector): Vector => {
  const exponentials = row.map(Math.exp);
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / total);
};

/** ∂(−log p_label)/∂logit of every token of every example. */
export function residualsOf({ logits }: Reference, labels: readonly (readonly number[])[]): number[][][] {
  return logits.map((rows, n) => rows.map((row, t) => softmax(row).map((p, k) => p - (labels[n]![t] === k ? 1 : 0))));
}

/** Σₜ of the gradients of the labels' losses with respect to a parameter, of each example. */
export function sequenceGradients(
  { jacobians }: Reference,
  residuals: readonly (readonly Vector[])[],
  parameter: string,
): Float64Array[] {
  return jacobians.map((byToken, n) => {
    const sum = new Float64Array(byToken[0]![0]![parameter]!.length);
    byToken.forEach((byClass, t) =>
      byClass.forEach((slopes, k) => slopes[parameter]!.forEach((d, i) => (sum[i]! += d * residuals[n]![t]![k]!))),
    );
    return sum;
  });
}
