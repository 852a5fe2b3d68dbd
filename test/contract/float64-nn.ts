/**
 * The operations of `nn.ts` written again in plain JavaScript and float64, as slowly and plainly as can be: what
 * second derivatives are measured against.
 */

export interface Array64 {
  shape: number[];
  data: Float64Array;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
const zeros = (shape: number[]): Array64 => ({ shape, data: new Float64Array(sizeOf(shape)) });
const mapped = (x: Array64, f: (value: number, index: number) => number): Array64 => ({
  shape: x.shape,
  data: x.data.map(f),
});
const zipped = (a: Array64, b: Array64, f: (p: number, q: number) => number): Array64 =>
  mapped(a, (value, i) => f(value, b.data[i]!));

/** First input row or column of each window; negative inside the padding. */
function windowStarts(length: number, size: number, stride: number, padding: 'same' | 'valid'): number[] {
  const count = padding === 'same' ? Math.ceil(length / stride) : Math.floor((length - size) / stride) + 1;
  const before = padding === 'same' ? Math.floor(Math.max((count - 1) * stride + size - length, 0) / 2) : 0;
  return Array.from({ length: count }, (_, i) => i * stride - before);
}

/** Calls `visit` with each window's place and the offsets and places of the values it covers. */
function eachWindow(
  [batch, height, width]: number[],
  [kh, kw]: readonly [number, number],
  stride: number,
  padding: 'same' | 'valid',
  visit: (n: number, row: number, column: number, covered: { i: number; j: number; y: number; x: number }[]) => void,
): [rows: number, columns: number] {
  const tops = windowStarts(height!, kh, stride, padding);
  const lefts = windowStarts(width!, kw, stride, padding);
  for (let n = 0; n < batch!; n++) {
    tops.forEach((top, row) =>
      lefts.forEach((left, column) => {
        const covered = [];
        for (let i = 0; i < kh; i++) {
          for (let j = 0; j < kw; j++) {
            const [y, x] = [top + i, left + j];
            if (y >= 0 && y < height! && x >= 0 && x < width!) covered.push({ i, j, y, x });
          }
        }
        visit(n, row, column, covered);
      }),
    );
  }
  return [tops.length, lefts.length];
}

export interface Window {
  stride: number;
  padding: 'same' | 'valid';
}

export function conv2d(x: Array64, kernel: Array64, { stride, padding }: Window): Array64 {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kh, kw, , outputs] = kernel.shape as [number, number, number, number];
  const data: number[] = [];
  const size = eachWindow(x.shape, [kh, kw], stride, padding, (n, _row, _column, covered) => {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (const at of covered) {
        for (let c = 0; c < channels; c++) {
          sum +=
            x.data[((n * height + at.y) * width + at.x) * channels + c]! *
            kernel.data[((at.i * kw + at.j) * channels + c) * outputs + o]!;
        }
      }
      data.push(sum);
    }
  });
  return { shape: [batch, ...size, outputs], data: Float64Array.from(data) };
}

/**
 * `even` [1,1,C,A] on every second pixel, `odd` [1,1,C,B] on those one further down and right: a 2x2 kernel with two
 * corners.
 */
export function factorizedReduction(x: Array64, even: Array64, odd: Array64): Array64 {
  const [channels, first, last] = [even.shape[2]!, even.shape[3]!, odd.shape[3]!];
  const outputs = first + last;
  const kernel = mapped(zeros([2, 2, channels, outputs]), (_, index) => {
    const [tap, c, o] = [
      Math.floor(index / (channels * outputs)),
      Math.floor(index / outputs) % channels,
      index % outputs,
    ];
    if (tap === 0 && o < first) return even.data[c * first + o]!;
    return tap === 3 && o >= first ? odd.data[c * last + o - first]! : 0;
  });
  return conv2d(x, kernel, { stride: 2, padding: 'same' });
}

/**
 * Depthwise operations: one value per window and channel, from the values that the window covers and their place in it.
 */
function perChannel(
  x: Array64,
  size: readonly [number, number],
  { stride, padding }: Window,
  f: (values: number[], taps: number[], channel: number) => number,
): Array64 {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const data: number[] = [];
  const places = eachWindow(x.shape, size, stride, padding, (n, _row, _column, covered) => {
    for (let c = 0; c < channels; c++) {
      data.push(
        f(
          covered.map((at) => x.data[((n * height + at.y) * width + at.x) * channels + c]!),
          covered.map(({ i, j }) => i * size[1] + j),
          c,
        ),
      );
    }
  });
  return { shape: [batch, ...places, channels], data: Float64Array.from(data) };
}

export function depthwiseConv2d(x: Array64, kernel: Array64, window: Window): Array64 {
  const channels = x.shape[3]!;
  return perChannel(x, kernel.shape.slice(0, 2) as [number, number], window, (values, taps, c) =>
    values.reduce((sum, value, i) => sum + value * kernel.data[taps[i]! * channels + c]!, 0),
  );
}

export const maxPool = (x: Array64, size: number, window: Window): Array64 =>
  perChannel(x, [size, size], window, (values) => Math.max(...values));

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export const avgPool = (x: Array64, size: number, window: Window): Array64 =>
  perChannel(x, [size, size], window, average);

export function globalAveragePool(x: Array64): Array64 {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const means = avgPool({ shape: [batch, height, width, channels], data: x.data }, Math.max(height, width), {
    stride: Math.max(height, width),
    padding: 'same',
  });
  return { shape: [batch, channels], data: means.data };
}

export function matMul(a: Array64, b: Array64): Array64 {
  const [rows, inner] = a.shape as [number, number];
  const columns = b.shape[1]!;
  const result = zeros([rows, columns]);
  return mapped(result, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a.data[row * inner + k]! * b.data[k * columns + column]!;
    return sum;
  });
}

export const dense = (x: Array64, kernel: Array64, bias?: Array64): Array64 =>
  mapped(matMul(x, kernel), (value, i) => value + (bias ? bias.data[i % bias.data.length]! : 0));

/** (x − mean)/√(variance + ε)·scale + offset with statistics chosen by index. */
const standardized = (
  x: Array64,
  group: (index: number) => number,
  scale: Array64,
  offset: Array64,
  epsilon: number,
): Array64 => {
  const members = new Map<number, number[]>();
  x.data.forEach((value, i) => members.set(group(i), [...(members.get(group(i)) ?? []), value]));
  const statistics = new Map(
    [...members].map(([key, values]) => {
      const mean = average(values);
      return [key, { mean, variance: average(values.map((value) => (value - mean) ** 2)) }] as const;
    }),
  );
  const channels = scale.data.length;
  return mapped(x, (value, i) => {
    const { mean, variance } = statistics.get(group(i))!;
    return ((value - mean) / Math.sqrt(variance + epsilon)) * scale.data[i % channels]! + offset.data[i % channels]!;
  });
};

export const batchNorm = (x: Array64, scale: Array64, offset: Array64, epsilon = 1e-5): Array64 =>
  standardized(x, (i) => i % x.shape.at(-1)!, scale, offset, epsilon);

export const layerNorm = (x: Array64, scale: Array64, offset: Array64, epsilon = 1e-5): Array64 =>
  standardized(x, (i) => Math.floor(i / x.shape.at(-1)!), scale, offset, epsilon);

export function batchNormInference(
  x: Array64,
  scale: Array64,
  offset: Array64,
  mean: Array64,
  variance: Array64,
  epsilon = 1e-5,
): Array64 {
  const channels = scale.data.length;
  const at = (array: Array64, i: number): number => array.data[i % channels]!;
  return mapped(
    x,
    (value, i) => ((value - at(mean, i)) / Math.sqrt(at(variance, i) + epsilon)) * at(scale, i) + at(offset, i),
  );
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

export const relu = (x: Array64): Array64 => mapped(x, (value) => Math.max(value, 0));
export const tanh = (x: Array64): Array64 => mapped(x, Math.tanh);
export const sigmoid = (x: Array64): Array64 => mapped(x, logistic);
export const gelu = (x: Array64): Array64 =>
  mapped(x, (value) => 0.5 * value * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3))));

export function softmaxCrossEntropy(logits: Array64, labels: readonly number[]): Array64 {
  const classes = logits.shape[1]!;
  return {
    shape: [labels.length],
    data: Float64Array.from(labels, (label, n) => {
      const row = logits.data.subarray(n * classes, (n + 1) * classes);
      return Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label]!;
    }),
  };
}

export function embedding(table: Array64, ids: readonly number[]): Array64 {
  const width = table.shape[1]!;
  return {
    shape: [ids.length, width],
    data: Float64Array.from(ids.flatMap((id) => [...table.data.subarray(id * width, (id + 1) * width)])),
  };
}

const columns = (x: Array64, from: number, to: number): Array64 => {
  const [rows, width] = x.shape as [number, number];
  return { shape: [rows, to - from], data: x.data.filter((_, i) => i % width >= from && i % width < to) };
};

function concatColumns(a: Array64, b: Array64): Array64 {
  const [rows, p] = a.shape as [number, number];
  const q = b.shape[1]!;
  return mapped(zeros([rows, p + q]), (_, i) => {
    const [row, column] = [Math.floor(i / (p + q)), i % (p + q)];
    return column < p ? a.data[row * p + column]! : b.data[row * q + column - p]!;
  });
}

/** Gates in the order i, f, o, g; returns c and h side by side. */
export function lstmCell(x: Array64, c: Array64, h: Array64, kernel: Array64, bias?: Array64): Array64 {
  const units = c.shape[1]!;
  const gates = dense(concatColumns(x, h), kernel, bias);
  const [i, f, o, g] = [0, 1, 2, 3].map((k) => columns(gates, k * units, (k + 1) * units)) as [
    Array64,
    Array64,
    Array64,
    Array64,
  ];
  const kept = zipped(sigmoid(f), c, (p, q) => p * q);
  const next = zipped(
    kept,
    zipped(sigmoid(i), tanh(g), (p, q) => p * q),
    (p, q) => p + q,
  );
  return concatColumns(
    next,
    zipped(sigmoid(o), tanh(next), (p, q) => p * q),
  );
}

/** A cell's states one below the other: [T,B,E], [B,H] -> [T·B,H]; the state is the mean of `outputs`. */
export function recurrentCell(
  x: Array64,
  state: Array64,
  kernels: Array64[],
  nodes: readonly { from: number; activation: 'tanh' | 'relu' | 'identity' | 'sigmoid' }[],
  outputs: number[],
): Array64 {
  const [steps, batch, features] = x.shape as [number, number, number];
  const activations = { tanh, relu, sigmoid, identity: (value: Array64) => value };
  const units = state.shape[1]!;
  const states: number[] = [];
  let previous = state;
  for (let t = 0; t < steps; t++) {
    const input = { shape: [batch, features], data: x.data.slice(t * batch * features, (t + 1) * batch * features) };
    const values: Array64[] = [];
    nodes.forEach(({ from, activation }, j) => {
      const h = j === 0 ? previous : values[from]!;
      const product = dense(j === 0 ? concatColumns(input, previous) : h, kernels[j]!);
      const candidate = activations[activation](columns(product, units, 2 * units));
      values.push(
        zipped(
          h,
          zipped(
            sigmoid(columns(product, 0, units)),
            zipped(candidate, h, (f, y) => f - y),
            (c, d) => c * d,
          ),
          (y, d) => y + d,
        ),
      );
    });
    previous = mapped(state, (_, i) => outputs.reduce((sum, j) => sum + values[j]!.data[i]!, 0) / outputs.length);
    states.push(...previous.data);
  }
  return { shape: [steps * batch, units], data: Float64Array.from(states) };
}

/**
 * H·v of a scalar function of named arrays, by second differences of its values:
 * (f(+,+) − f(+,−) − f(−,+) + f(−,−))/4h², the first sign that of a step along one coordinate, the second along v.
 */
export function hessianVectorProduct(
  f: (x: Record<string, Array64>) => number,
  at: Record<string, Array64>,
  direction: Record<string, Array64>,
  h = 2e-4,
): Record<string, Float64Array> {
  const product: Record<string, Float64Array> = {};
  for (const [name, array] of Object.entries(at)) {
    product[name] = array.data.map((_, index) => {
      const value = (alongCoordinate: number, alongDirection: number): number =>
        f(
          Object.fromEntries(
            Object.entries(at).map(([other, base]) => [
              other,
              mapped(
                base,
                (x, i) =>
                  x +
                  h * alongDirection * direction[other]!.data[i]! +
                  (other === name && i === index ? h * alongCoordinate : 0),
              ),
            ]),
          ),
        );
      return (value(1, 1) - value(1, -1) - value(-1, 1) + value(-1, -1)) / (4 * h * h);
    });
  }
  return product;
}
