/** Small models with every kind of layer, and preconditioners run on them outside of any training. */
import { emptyState } from '../../src/optimizers/index.js';
import { type Link } from '../../src/chain/link.js';
import { type StepContext } from '../../src/chain/loss.js';
import { linkMoment, type LinkMoment } from '../../src/chain/moment.js';
import { eagerHost } from '../../src/tensor/plan/index.js';
import { draftState, type OptimizerState } from '../../src/chain/state.js';
import { createPreconditioner, type PreconditionerConfigInput } from '../../src/preconditioners/index.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { type NamedTensors } from '../../src/tensor/named.js';
import * as nn from '../../src/tensor/nn.js';
import { stream } from '../../src/tensor/rng.js';
import { capturedGradients, type CutLoss, hvp } from '../../src/tensor/second-order/index.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../../src/tensor/tf.js';

export interface Model extends CutLoss {
  readonly params: NamedTensors;
  readonly examples: number;
  readonly labels: Tensor;
  /** Loss of each example [N]. */
  losses(params: NamedTensors): Tensor1D;
}

export const normal = (shape: number[], name: string, scale = 1): Tensor => {
  const rng = stream('models', name);
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * rng.normal()),
    shape,
  );
};

function classifier(
  outputs: (params: NamedTensors) => Tensor2D,
  params: NamedTensors,
  examples: number,
  classes = 3,
): Model {
  const labels = tf.tensor1d(
    Int32Array.from({ length: examples }, (_, i) => (i * 2 + (i % 5)) % classes),
    'int32',
  );
  const losses = (logits: Tensor): Tensor1D => nn.softmaxCrossEntropy(logits as Tensor2D, labels);
  return {
    outputs,
    params,
    examples,
    labels,
    loss: (logits) => tf.mean(losses(logits)),
    losses: (at) => losses(outputs(at)),
  };
}

/** Two dense layers with biases. */
export function perceptron(
  examples = 6,
  inputs: Tensor2D = normal([examples, 4], 'x') as Tensor2D,
  activation: (x: Tensor2D) => Tensor2D = (x) => nn.tanh(x),
): Model {
  const params = {
    'a/kernel': normal([inputs.shape[1], 5], 'a', 0.5),
    'a/bias': normal([5], 'ab', 0.1),
    'b/kernel': normal([5, 3], 'b', 0.5),
    'b/bias': normal([3], 'bb', 0.1),
  };
  return classifier(
    (p) => {
      const h = activation(nn.dense(inputs, p['a/kernel'] as Tensor2D, p['a/bias'] as Tensor1D));
      return nn.dense(h, p['b/kernel'] as Tensor2D, p['b/bias'] as Tensor1D);
    },
    params,
    examples,
  );
}

/** Convolutions of every kind, a shift, a layer normalization, and a dense layer that is used twice. */
export function images(examples = 4): Model {
  const x = normal([examples, 5, 5, 2], 'image') as Tensor4D;
  const params = {
    conv: normal([3, 3, 2, 4], 'conv', 0.3),
    shift: normal([4], 'shift', 0.1),
    depthwise: normal([3, 3, 4, 1], 'depthwise', 0.3),
    pointwise: normal([1, 1, 4, 4], 'pointwise', 0.5),
    even: normal([1, 1, 4, 2], 'even', 0.5),
    odd: normal([1, 1, 4, 2], 'odd', 0.5),
    scale: normal([4], 'scale'),
    offset: normal([4], 'offset', 0.1),
    shared: normal([4, 4], 'shared', 0.5),
    head: normal([4, 3], 'head', 0.5),
    'head/bias': normal([3], 'headbias', 0.1),
  };
  return classifier(
    (p) => {
      const a = nn.tanh(tf.add(nn.conv2d(x, p['conv'] as Tensor4D, { stride: 2 }), p['shift']!) as Tensor4D);
      const b = nn.tanh(nn.depthwiseConv2d(a, p['depthwise'] as Tensor4D));
      const c = nn.tanh(nn.conv2d(b, p['pointwise'] as Tensor4D));
      const d = nn.factorizedReduction(c, p['even'] as Tensor4D, p['odd'] as Tensor4D);
      const e = nn.globalAveragePool(nn.layerNorm(d, p['scale'] as Tensor1D, p['offset'] as Tensor1D));
      const f = nn.tanh(tf.matMul(e, p['shared'] as Tensor2D) as Tensor2D);
      const g = nn.tanh(tf.matMul(f, p['shared'] as Tensor2D) as Tensor2D);
      return nn.dense(g, p['head'] as Tensor2D, p['head/bias'] as Tensor1D);
    },
    params,
    examples,
  );
}

/** Words to vectors, a recurrent cell over them, a dense layer on its last state. */
export function sentences(examples = 4): Model {
  const ids = tf.tensor2d(
    [
      [0, 1, 2],
      [3, 1, 1],
      [4, 4, 0],
      [2, 3, 4],
    ].slice(0, examples),
    undefined,
    'int32',
  );
  const params = {
    table: normal([5, 3], 'table'),
    first: normal([3 + 2, 4], 'first', 0.5),
    second: normal([2, 4], 'second', 0.5),
    head: normal([2, 3], 'head'),
  };
  return classifier(
    (p) => {
      const x = tf.transpose(nn.embedding(p['table'] as Tensor2D, ids), [1, 0, 2]);
      const states = nn.recurrentCell({ x, state: tf.zeros([examples, 2]), kernels: [p['first']!, p['second']!] }, [
        { from: 0, activation: 'tanh' },
        { from: 0, activation: 'relu' },
      ]);
      return tf.matMul(
        tf.reshape(tf.slice(states, [2, 0, 0], [1, examples, 2]), [examples, 2]) as Tensor2D,
        p['head'] as Tensor2D,
      );
    },
    params,
    examples,
  );
}

export interface Run {
  readonly gradients: NamedTensors;
  readonly metrics: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly state: OptimizerState;
  readonly raw: NamedTensors;
}

/** The preconditioned gradient of the model's loss at its parameters or at others; inside a tidy. */
export function precondition(
  config: PreconditionerConfigInput | Link,
  model: Model,
  state: OptimizerState = emptyState,
  at: NamedTensors = model.params,
  step = 0,
): Run {
  const link =
    'update' in config
      ? config
      : createPreconditioner(config as PreconditionerConfigInput, { stepsPerEpoch: 1, totalSteps: 10 });
  const draft = draftState(state);
  const moment = linkMoment(link.name, { step, seed: 1, counts: state.counts }, () => 1);
  const host = eagerHost(moment);
  const declaring = {
    ...host,
    remember: (name: string, of: (at: LinkMoment) => number) => slots.setNumber(name, of(moment)),
  };
  const slots = draft.slots(link.name);
  const context: StepContext = { step, seed: 1, batchSize: model.examples, labels: model.labels.size, cut: model };
  const capture = link.layers!({ ...declaring, parameters: at, slots, context });
  const raw = valueAndGradients((p) => model.loss(model.outputs(p)), at).gradients;
  const captured = capture ? capturedGradients(model, at, capture) : { gradients: raw, layers: undefined };
  const metrics: Record<string, number> = {};
  const notes: string[] = [];
  const unasked = (): never => {
    throw new Error(`'${link.name}' asks for what no preconditioner does`);
  };
  const gradients = link.update!(captured.gradients, {
    ...declaring,
    parameters: at,
    layers: captured.layers,
    slots,
    context,
    learningRate: 1,
    norm: tf.scalar(NaN),
    normOf: unasked,
    diagonal: undefined,
    gradientsAt: unasked,
    hessianTimes: (vector) => hvp((p) => model.loss(model.outputs(p)), at, vector).product,
    charge: () => undefined,
    handOn: unasked,
    moveBy: unasked,
    report(more) {
      for (const [key, value] of Object.entries(more))
        metrics[key] = typeof value === 'number' ? value : value.dataSync()[0]!;
    },
    note: (remark) => notes.push(remark),
  });
  captured.layers?.dispose();
  return { gradients, metrics, notes, state: draft.commit(), raw };
}

/** |a − b|/|b| over all entries together. */
export function distance(a: NamedTensors, b: NamedTensors): number {
  const squares = (of: (name: string) => Tensor): number =>
    Object.keys(b).reduce((sum, name) => sum + tf.sum(tf.square(of(name))).dataSync()[0]!, 0);
  return Math.sqrt(squares((name) => tf.sub(a[name]!, b[name]!)) / squares((name) => b[name]!));
}

/** |a − b|/|b|. */
export const gap = (a: Tensor, b: Tensor): number => distance({ it: tf.reshape(a, b.shape) }, { it: b });
