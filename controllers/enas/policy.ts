/**
 * The LSTM policy of ENAS (arXiv 1802.03268, section 2), for any space: an LSTM without bias reads what was
 * decided last, and a softmax or an attention over anchors makes the next decision. Many architectures are processed
 * in parallel, one per row.
 */
import { type NamedTensors, nn, stream, type Tensor, tf, type Tensor1D, type Tensor2D } from 'weft-nas';
import { type EnasOptions } from './options.js';
import { type DecisionStep, type OptionStep, type Plan } from './plan.js';

/** Initial values of the policy's parameters: uniform in plus or minus `initRange`, each from its own random stream. */
export function policyParameters(
  plan: Plan,
  { lstmSize: size, initRange, optionBias }: EnasOptions,
  seed: number,
): NamedTensors {
  const shapes: Record<string, [number, number]> = { start: [1, size], lstm: [2 * size, 4 * size] };
  if (plan.attends)
    Object.assign(shapes, {
      'attention/anchor': [size, size],
      'attention/query': [size, size],
      'attention/vector': [size, 1],
    });
  const parameters: Record<string, Tensor> = {};
  for (const [table, options] of plan.tables) {
    shapes[`${table}/embedding`] = [options.length, size];
    shapes[`${table}/kernel`] = [size, options.length];
    if (options.some((option) => Object.hasOwn(optionBias, option)))
      parameters[`${table}/bias`] = tf.tensor1d(
        options.map((option) => (Object.hasOwn(optionBias, option) ? optionBias[option]! : 0)),
      );
  }
  for (const [name, shape] of Object.entries(shapes)) {
    const rng = stream(seed, 'controller', name);
    parameters[name] = tf.tensor2d(
      Float32Array.from({ length: shape[0] * shape[1] }, () => initRange * (2 * rng.uniform() - 1)),
      shape,
    );
  }
  return parameters;
}

/**
 * Makes a decision for all rows: from logits [N,K] to the choice as zeros and ones [N,K], a single one in each
 * row of an option or index, any number in a row of a subset.
 */
export type Decide = (step: DecisionStep, logits: Tensor2D) => Tensor2D;

/** Anchors of a list: values and their contributions to the attention's argument, all [N,H]. */
interface Anchors {
  readonly values: Tensor2D[];
  readonly keys: Tensor2D[];
}

/** Runs the policy over all decisions for `rows` architectures; `decide` makes the decisions. Runs inside a tidy. */
export function unroll(plan: Plan, parameters: NamedTensors, options: EnasOptions, rows: number, decide: Decide): void {
  const parameter = <T extends Tensor = Tensor2D>(name: string): T => parameters[name] as T;
  const zeros = tf.zeros([rows, options.lstmSize]) as Tensor2D;
  const start: Tensor2D = tf.tile(parameter('start'), [rows, 1]);
  const lists: Anchors[] = [];
  let state = { c: zeros, h: zeros };
  let input: Tensor2D = start;

  const advance = (): Tensor2D => {
    state = nn.lstmCell(input, state, parameter('lstm'));
    return state.h;
  };
  const store = (list: number, value: Tensor2D, h: Tensor2D): void => {
    lists[list]!.values.push(value);
    lists[list]!.keys.push(tf.matMul(h, parameter('attention/anchor')));
  };

  for (const step of plan.steps) {
    switch (step.kind) {
      case 'enter':
        lists[step.list] = { values: [], keys: [] };
        for (let i = 0; i < step.inputs; i++) {
          store(step.list, zeros, advance());
          input = start;
        }
        break;
      case 'option': {
        const logits = optionLogits(
          step,
          advance(),
          parameter(`${step.table}/kernel`),
          parameters[`${step.table}/bias`] as Tensor1D | undefined,
          options,
        );
        input = tf.matMul(decide(step, logits), parameter(`${step.table}/embedding`));
        break;
      }
      case 'attend': {
        const h = advance();
        if (step.count === 0) {
          input = start;
          break;
        }
        const keys = lists[step.list]!.keys.slice(0, step.count);
        const query: Tensor2D = tf.matMul(h, parameter('attention/query'));
        const logits = attentionLogits(keys, query, parameter('attention/vector'), step.many, options);
        const weights = step.many ? shares(decide(step, logits)) : nearness(decide(step, logits), options.recency);
        input = mixture(weights, lists[step.list]!.values.slice(0, step.count));
        break;
      }
      case 'anchor': {
        const h = step.advance ? advance() : state.h;
        store(step.list, h, h);
        if (step.advance) input = start;
        break;
      }
    }
  }
}

/** l = c·tanh(u / temperature). */
function bound<T extends Tensor>(logits: T, temperature: number | null, limit: number | null): T {
  const cooled = temperature === null ? logits : tf.div<T>(logits, temperature);
  return limit === null ? cooled : tf.mul(limit, tf.tanh(cooled));
}

function optionLogits(
  { decision, options }: OptionStep,
  h: Tensor2D,
  kernel: Tensor2D,
  bias: Tensor1D | undefined,
  settings: EnasOptions,
): Tensor2D {
  const { temperature, tanhConstant, optionTanhReduce, fixedOptionBias } = settings;
  const logits = bound(
    nn.dense(h, kernel, bias),
    temperature,
    tanhConstant === null ? null : tanhConstant / optionTanhReduce,
  );
  const fixed = fixedOptionBias[decision.path.split('.')[0]!];
  return fixed
    ? tf.add(
        logits,
        options.map((option) => (Object.hasOwn(fixed, option) ? fixed[option]! : 0)),
      )
    : logits;
}

/** u_j = v·tanh(W1 a_j + W2 h): keys n times [N,H], query [N,H] -> [N,n]. */
function attentionLogits(
  keys: readonly Tensor2D[],
  query: Tensor2D,
  vector: Tensor2D,
  many: boolean,
  { temperature, tanhConstant, recency }: EnasOptions,
): Tensor2D {
  const [rows, size] = query.shape;
  const mixed = tf.tanh(tf.add(tf.stack([...keys], 1), tf.expandDims(query, 1)));
  const logits = bound(
    tf.reshape(tf.matMul(tf.reshape(mixed, [rows * keys.length, size]) as Tensor2D, vector), [
      rows,
      keys.length,
    ]) as Tensor2D,
    temperature,
    tanhConstant,
  );
  return recency && !many
    ? tf.sub(
        logits,
        distances(keys.length).map((distance) => distance ** 2 / 6),
      )
    : logits;
}

/** sum_j w_j a_j: weights [N,n], values n times [N,H] -> [N,H]. */
function mixture(weights: Tensor2D, values: readonly Tensor2D[]): Tensor2D {
  return tf.squeeze(tf.matMul(tf.expandDims(weights, 1) as tf.Tensor3D, tf.stack([...values], 1) as tf.Tensor3D), [1]);
}

/** The mean of the selected anchors, with one more in the count: 1 / (1 + number selected). */
function shares(flags: Tensor2D): Tensor2D {
  return tf.div(flags, tf.add(1, tf.sum(flags, 1, true)));
}

function nearness(oneHot: Tensor2D, recency: boolean): Tensor2D {
  return recency
    ? tf.div(
        oneHot,
        distances(oneHot.shape[1]).map((distance) => 0.1 + distance),
      )
    : oneHot;
}

/** How far back each of n earlier nodes lies: n, ..., 1. */
function distances(count: number): number[] {
  return Array.from({ length: count }, (_, index) => count - index);
}
