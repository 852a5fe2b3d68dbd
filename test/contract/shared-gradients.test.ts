/**
 * The children of a supernet by one function: loss and gradients with the bits of each child by itself, in every space
 * that has one.
 */
import { expect } from 'chai';
import { defineSpace, dense, globalAveragePool, type SearchSpace, subset, type Task, z } from 'weft-nas';
import { stepRate } from '../../src/chain/transforms/learning-rate.js';
import { createRegularizer, regularizerSchema } from '../../src/forgetting/index.js';
import { type OptimizerConfigInput } from '../../src/optimizers/index.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { dynamicGradients } from '../../src/supernet/dynamic/index.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed, pickNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, type Scalar, type Tensor } from '../../src/tensor/tf.js';
import { batchLoss } from '../../src/training/batch-loss.js';
import { labelLosses } from '../../src/training/cross-entropy.js';
import { type TensorBatch } from '../../src/training/batch.js';
import { createLearner, disposeLearner, learn, type LearnerOptions } from '../../src/training/learner.js';
import { sharedGradients, type SharedOptions } from '../../src/training/shared-gradients.js';
import { values } from '../optimizers/problems.js';
import { examples, SPACES } from './space-table.js';

const BATCH = 6;
const loss = (logits: Tensor, labels: Tensor): Scalar => tf.mean(labelLosses(logits, labels)) as Scalar;

/** Spaces without such a function: operations of many sizes, and sequences. */
const WITHOUT = new Set(['elastic-cnn', 'elastic-mlp', 'elastic-transformer', 'lstm', 'transformer', 'rnn-cell']);

/** Base optimizers whose updates the function holds; the first two are tried in every space. */
const UPDATES: readonly OptimizerConfigInput[] = [
  { name: 'nesterov', learningRate: 0.05, weightDecay: 0.01, clipNorm: 0.5 },
  { name: 'adamw', learningRate: 0.01, weightDecay: 0.1, weightDecayOn: 'kernels', clipNorm: 0.5 },
  { name: 'sgd', clipValue: 0.1 },
  { name: 'momentum' },
  { name: 'adam', weightDecay: 0.01, weightDecayIn: 'loss' },
  { name: 'rmsprop', centered: true, momentum: 0.5 },
  { name: 'rmsprop' },
  { name: 'adagrad', initial: 0.1 },
  { name: 'lion' },
];

/** More terms than AddN adds from left to right. */
const WIDE = 11;

type Trained = ReturnType<typeof trained>;

/** What 16 steps of three children in turn, each of which may share its weights with the others, leave behind. */
function trained(
  space: SearchSpace,
  task: Task,
  {
    optimizer,
    isShared,
    still,
    links = [],
    observed,
    weights,
    step: pulling,
  }: {
    optimizer: OptimizerConfigInput;
    isShared: boolean;
    weights?: (step: number) => number[];
    step?: 'proximal' | 'explicit';
  } & Pick<LearnerOptions, 'still' | 'links'> &
    Pick<SharedOptions, 'observed'>,
) {
  const { x: inputs, labels } = examples(task, BATCH);
  const notes: string[] = [];
  const regularizer =
    pulling &&
    createRegularizer(regularizerSchema.parse({ name: 'wpl', alpha: 5, start: 1, step: pulling }), { seed: 1, space });
  const learner = createLearner(space, 1, {
    optimizer,
    stepsPerEpoch: 10,
    totalSteps: 30,
    compile: { mode: 'off' },
    still,
    // What acts on the weights after the step does so outside of the call.
    links: [
      ...links,
      regularizer ?? {
        name: 'pull',
        settle: ({ before, after }) =>
          mapNamed(after, (weight, name) => tf.add(weight, tf.mul(tf.sub(before[name]!, weight), 0.1))),
      },
    ],
    ...(isShared && {
      shared: {
        batchSize: BATCH,
        steps: 0,
        mode: 'graph',
        observed,
        weighted: weights !== undefined,
        note: (one) => notes.push(one),
      },
    }),
  });
  const seen: unknown[] = [];
  for (let i = 0; i < 16; i++) {
    const child = createChild(space, space.sample(stream(i % 3, 'child')));
    const own = weights?.(i);
    if (i % 4 === 0) regularizer?.startEpoch(i / 4);
    const at = (): TensorBatch => ({
      inputs: tf.clone(inputs),
      labels: tf.clone(labels),
      ...(own && { weights: tf.tensor1d(own) }),
    });
    const { loss, metrics } = learn(learner, {
      child,
      source: { count: BATCH, steps: 30, at },
      epoch: 0,
      step: i,
      globalStep: i,
      seed: 'steps',
      rate: links.length > 0 ? 1 / (1 + i) : undefined,
      ...(observed && {
        observe: {
          gradients: (gradients) => void seen.push(values(gradients)),
          ...(observed === 'outputs' && { outputs: (logits: Tensor) => void seen.push([...logits.dataSync()]) }),
        },
      }),
    });
    seen.push({ loss, metrics });
    regularizer?.remember({
      architecture: child.encoding,
      parameterNames: child.parameterNames,
      parameters: learner.store.parameters,
      fisher: () => mapNamed(pickNamed(learner.store.parameters, child.parameterNames), (weight) => tf.abs(weight)),
    });
  }
  const { runs, steps } = learner.shared ?? { runs: 0, steps: 0 };
  const { tensors, counts } = learner.state;
  const result = { seen, counts, parameters: values(learner.store.parameters), state: values(tensors) };
  disposeLearner(learner);
  regularizer?.dispose();
  tf.dispose([inputs, labels]);
  return { runs, steps, notes, result };
}

for (const { factory, tiny, task } of SPACES) {
  describe(`gradients by one function in ${factory.name}`, () => {
    before(() => loadBackend('native'));
    const space = factory.create(tiny, task);

    if (WITHOUT.has(factory.name)) {
      it('are not offered', () => {
        if (task.kind !== 'language')
          expect(dynamicGradients(space, { batchSize: BATCH, loss })).to.have.property('reason');
        const shared = sharedGradients(space, { batchSize: BATCH, steps: 1e6 });
        const store = createParameterStore(catalogue(space.supernet), 1);
        const child = createChild(space, space.sample(stream(1, 'child')));
        const { x: inputs, labels } = examples(task, BATCH);
        const mode = { training: true, normalization: 'batch', seed: '1' } as const;
        const asked = shared.of(child, store.parameters, { inputs, labels }, mode, () => ({
          loss: tf.scalar(7),
          gradients: {},
        }));
        expect(asked.loss.dataSync()[0]).to.equal(7);
        expect(shared.isOpen).to.be.false;
        asked.loss.dispose();
        tf.dispose([inputs, labels]);
        store.dispose();
      });
      return;
    }

    it('are those of the child’s own function, bit for bit, and leave no tensor behind', () => {
      const store = createParameterStore(catalogue(space.supernet), 1);
      const { x: inputs, labels } = examples(task, BATCH);
      const before = tf.memory().numTensors;
      const shared = dynamicGradients(space, { batchSize: BATCH, loss });
      if ('reason' in shared) throw new Error(shared.reason);
      for (let i = 0; i < 12; i++) {
        const child = createChild(space, space.sample(stream(i, 'child')));
        if (!shared.serves(child)) continue;
        const parameters = pickNamed(store.parameters, child.parameterNames);
        const mode = { training: true, normalization: 'batch', seed: `step ${i}` } as const;
        const batch = { inputs, labels };
        const alone = batchLoss({ child, statistics: store.statistics, batch, mode }).evaluate(parameters, {
          record: true,
        });
        const together = shared.run(child, parameters, { inputs, labels }, mode);
        expect(Object.keys(together.gradients)).to.deep.equal(Object.keys(alone.gradients));
        expect(together.loss.dataSync()).to.deep.equal(alone.loss.dataSync());
        for (const [name, gradient] of Object.entries(alone.gradients)) {
          expect(together.gradients[name]!.shape, name).to.deep.equal(gradient.shape);
          expect(together.gradients[name]!.dataSync(), name).to.deep.equal(gradient.dataSync());
        }
        tf.dispose([alone.loss, together.loss]);
        tf.dispose([...Object.values(alone.gradients), ...Object.values(together.gradients)]);
      }
      shared.dispose();
      expect(tf.memory().numTensors).to.equal(before);
      tf.dispose([inputs, labels]);
      store.dispose();
    });

    for (const optimizer of factory.name === 'mlp' ? UPDATES : UPDATES.slice(0, 2))
      it(`are followed by the update of ${optimizer.name} in the same call, with the bits of the separate steps`, () => {
        const before = tf.memory().numTensors;
        const [alone, together] = [false, true].map((isShared) => trained(space, task, { optimizer, isShared })) as [
          Trained,
          Trained,
        ];
        expect(together.notes).to.deep.equal([]);
        expect(together.steps).to.be.above(0);
        expect(together.result).to.deep.equal(alone.result);
        expect(tf.memory().numTensors).to.equal(before);
      });
  });
}

describe('steps of a supernet with special cases', () => {
  before(() => loadBackend('native'));
  const { factory, tiny, task } = SPACES.find((one) => one.factory.name === 'macro-cnn')!;
  const space = factory.create(tiny, task);
  const same = (options: Omit<Parameters<typeof trained>[2], 'isShared'>): Trained => {
    const [alone, together] = [false, true].map((isShared) => trained(space, task, { ...options, isShared })) as [
      Trained,
      Trained,
    ];
    expect(together.notes).to.deep.equal([]);
    expect(together.result).to.deep.equal(alone.result);
    return together;
  };

  it('are one call if some weights are not trained, and if each has its own rate', () => {
    const optimizer = { name: 'adam', clipNorm: 0.5 } as const;
    expect(same({ optimizer, still: ['scale', 'offset'] }).steps).to.be.above(0);
    expect(same({ optimizer, links: [stepRate()] }).steps).to.be.above(0);
  });

  it('are one call if the weight plasticity loss pulls on weights, from the epoch in which it starts', () => {
    const optimizer = { name: 'momentum' } as const;
    for (const step of ['proximal', 'explicit'] as const) expect(same({ optimizer, step }).steps).to.be.above(0);
  });

  it('pass gradients and outputs to observers, and weight examples', () => {
    const weights = (step: number): number[] => Array.from({ length: BATCH }, (_, i) => 1 + ((i + step) % 3) / 3);
    const { runs, steps } = same({ optimizer: { name: 'momentum' }, observed: 'outputs', weights });
    expect([runs > 0, steps]).to.deep.equal([true, 0]);
    expect(same({ optimizer: { name: 'sam' }, observed: 'gradients' }).runs).to.be.above(0);
  });

  it('add up more inputs than one sum takes', () => {
    const wide = defineSpace({
      name: 'wide',
      description: 'A sum of many optional terms.',
      options: z.strictObject({}),
      choices: () => ({ used: subset(WIDE) }),
      graph(g, { used }, _options, { classes }) {
        const x = g.apply('first', dense({ units: 3 }), g.apply('flat', globalAveragePool(), g.input));
        const terms = Array.from({ length: WIDE }, (_, i) =>
          g.when(used, i, g.apply(`term${i}`, dense({ units: 3 }), x)),
        );
        return g.apply('head', dense({ units: classes }), g.combine('sum', 'sum', [x, ...terms]));
      },
    }).create({}, task);
    const shared = dynamicGradients(wide, { batchSize: BATCH, loss });
    if ('reason' in shared) throw new Error(shared.reason);
    const store = createParameterStore(catalogue(wide.supernet), 1);
    const { x: inputs, labels } = examples(task, BATCH);
    for (const few of [0, 1, 5]) {
      const child = createChild(wide, wide.fromGenotype(wide.cardinalities.map((_, i) => (i < few ? 0 : 1))));
      const parameters = pickNamed(store.parameters, child.parameterNames);
      const mode = { training: true, normalization: 'batch', seed: 'wide' } as const;
      const one = { child, statistics: store.statistics, batch: { inputs, labels }, mode };
      const alone = batchLoss(one).evaluate(parameters, { record: true });
      const together = shared.run(child, parameters, { inputs, labels }, mode);
      expect(shared.serves(child)).to.be.true;
      expect(values(together.gradients)).to.deep.equal(values(alone.gradients));
      tf.dispose([alone.loss, together.loss, ...Object.values(alone.gradients), ...Object.values(together.gradients)]);
    }
    shared.dispose();
    store.dispose();
    tf.dispose([inputs, labels]);
  });
});

describe('shared gradients', () => {
  before(() => loadBackend('native'));
  const { factory, tiny, task } = SPACES.find((one) => one.factory.name === 'mlp')!;
  const space = factory.create(tiny, task);

  const asked = (options: { batchSize: number; steps: number }, lie = false) => {
    const notes: string[] = [];
    const shared = sharedGradients(space, { ...options, note: (note) => notes.push(note) });
    const store = createParameterStore(catalogue(space.supernet), 1);
    const { x: inputs, labels } = examples(task, BATCH);
    let alone = 0;
    for (let i = 0; i < 8; i++) {
      const child = createChild(space, space.sample(stream(i, 'child')));
      const parameters = pickNamed(store.parameters, child.parameterNames);
      const mode = { training: true, normalization: 'batch', seed: '1' } as const;
      const { loss: value, gradients } = shared.of(child, parameters, { inputs, labels }, mode, () => {
        alone++;
        const result = batchLoss({ child, statistics: {}, batch: { inputs, labels }, mode }).evaluate(parameters, {
          record: true,
        });
        if (!lie) return result;
        result.loss.dispose();
        return { ...result, loss: tf.scalar(-1) };
      });
      tf.dispose([value, ...Object.values(gradients)]);
    }
    const { runs, isOpen } = shared;
    shared.dispose();
    store.dispose();
    tf.dispose([inputs, labels]);
    return { alone, runs, isOpen, notes };
  };

  it('are compared three times with the child’s own function, and then used', () => {
    expect(asked({ batchSize: BATCH, steps: 1000 })).to.deep.equal({ alone: 3, runs: 5, isOpen: true, notes: [] });
  });

  it('are not built for few steps, and not used for other batch sizes', () => {
    expect(asked({ batchSize: BATCH, steps: 100 })).to.deep.include({ alone: 8, runs: 0 });
    expect(asked({ batchSize: BATCH + 1, steps: 1000 })).to.deep.include({ alone: 8, runs: 0 });
  });

  it('are given up, with a note, if a bit differs', () => {
    const { alone, isOpen, notes } = asked({ batchSize: BATCH, steps: 1000 }, true);
    expect([alone, isOpen]).to.deep.equal([8, false]);
    expect(notes).to.deep.equal([
      "the children of the supernet are not run as one function: the bits of 'loss' differ",
    ]);
  });
});
