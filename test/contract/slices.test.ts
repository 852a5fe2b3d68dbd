/**
 * What holds for slices under every optimizer and every preconditioner: an entry outside the slice of the child that is
 * trained neither moves nor ages.
 */
import { expect } from 'chai';
import { elasticCnn } from '../../search-spaces/elastic-cnn.js';
import { createTrainer, emptyState, type OptimizerConfigInput, OPTIMIZERS } from '../../src/optimizers/index.js';
import { PRECONDITIONERS } from '../../src/preconditioners/index.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { sliceKey, wholeName } from '../../src/supernet/slices.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { trainStep } from '../../src/training/train-step.js';
import { disposeState, stateValues, values } from '../optimizers/problems.js';
import { examples } from './space-table.js';

const TASK = { inputShape: [4, 4, 1], classes: 3 };
const space = elasticCnn.create(
  { widths: [[2, 3]], depths: [1, 2], kernels: [1, 3], expansions: [1, 2], stem: 2 },
  TASK,
);
const all = catalogue(space.supernet);
/** Every size of the network at its index among the options. */
const childOf = (index: number) => createChild(space, space.fromGenotype(space.cardinalities.map(() => index)));
const [small, large] = [childOf(0), childOf(1)];

/** Whether each entry of a parameter is one that a child with such a slice reads. */
function isRead(name: string): boolean[] {
  const whole = all.parameters.get(name)!;
  const shape = small.parameterNames.includes(name) ? (small.slices!.get(name)?.shape ?? whole.shape) : undefined;
  const isWindow = /(linear)\/kernel$/.test(name);
  return Array.from({ length: whole.shape.reduce((a, b) => a * b, 1) }, (_, flat) => {
    if (!shape) return false;
    let rest = flat;
    return whole.shape
      .map((_length, axis) => {
        const stride = whole.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
        const index = Math.floor(rest / stride);
        rest %= stride;
        const begin = isWindow && axis < 2 ? (whole.shape[axis]! - shape[axis]!) / 2 : 0;
        return index >= begin && index < begin + shape[axis]!;
      })
      .every(Boolean);
  });
}

/** Options with which a step is quick, and a training of 1,000 steps on six examples does not diverge. */
const CHOSEN: Readonly<Record<string, object>> = {
  newton: { dimensions: 2 },
  'abs-newton': { dimensions: 2 },
  'hessian-free': { iterations: 2 },
  // Once gradients vanish, a step is the gradient over the damping.
  'm-fac': { damping: 1 },
};

/** Steps of the smaller network; the environment may ask for more, for example 1000. */
const STEPS = Number(process.env['WEFT_SLICE_STEPS'] ?? 2);

const CONFIGS: [label: string, config: object][] = [
  ...OPTIMIZERS.map(({ name }): [string, object] => [`optimizer ${name}`, { name }]),
  ...PRECONDITIONERS.map(({ name }): [string, object] => [
    `preconditioner ${name}`,
    { name: 'momentum', learningRate: 0.01, weightDecay: 0.1, preconditioner: { name, ...CHOSEN[name] } },
  ]),
];

describe('slices', () => {
  before(() => loadBackend());

  for (const [label, config] of CONFIGS) {
    it(`${label} keeps every entry outside the slice, and the state of other slices, to the bit`, () => {
      const before = tf.memory().numTensors;
      const store = createParameterStore(all, 1);
      const { x: inputs, labels } = examples(TASK, 6);
      const trainer = createTrainer(config as OptimizerConfigInput, {
        stepsPerEpoch: 2,
        totalSteps: 2 * STEPS + 4,
        examples: 6,
        roleOf: (parameter) => all.parameters.get(wholeName(parameter))?.role,
      });
      let state = emptyState;
      let done = 0;
      const train = (child: typeof small, steps: number): void => {
        for (let i = 0; i < steps; i++, done++)
          state = trainStep({
            child,
            store,
            trainer,
            state,
            batch: { inputs, labels },
            mode: { training: true, normalization: 'batch', seed: `train/${done}` },
            step: done,
          }).state;
      };
      train(large, 2); // Momentum everywhere.
      const start = values(store.parameters);
      const aged = stateValues(state);
      train(small, STEPS);
      const end = values(store.parameters);
      let moved = 0;
      for (const [name, tensor] of Object.entries(start)) {
        const read = isRead(name);
        tensor.forEach((value, i) => {
          if (read[i]) moved += Number(!Object.is(end[name]![i], value));
          else expect(end[name]![i], `${name}[${i}]`).to.equal(value);
        });
      }
      expect(moved).to.be.greaterThan(0);
      const own = new Set(
        small.parameterNames.map((name) => {
          const { shape } = small.slices?.get(name) ?? all.parameters.get(name)!;
          return shape.join() === all.parameters.get(name)!.shape.join() ? name : sliceKey(name, shape);
        }),
      );
      const after = stateValues(state);
      for (const [key, tensor] of Object.entries(aged)) {
        const parameter = key.split('/').slice(2).join('/');
        if (all.parameters.has(parameter) && !own.has(parameter)) expect(after[key], key).to.deep.equal(tensor);
      }
      store.dispose();
      disposeState(state);
      tf.dispose([inputs, labels]);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }
});
