/** Spaces with a linear part: what they begin with, and that the part is the line that it says it is. */
import { expect } from 'chai';
import { catalogue, createChild, createParameterStore, type SpaceFactory, stream, type Task, tf } from 'weft-nas';
import { conv1dSpace } from '../../search-spaces/conv-1d.js';
import { mlp } from '../../search-spaces/mlp.js';
import { loadBackend } from '../../src/tensor/backend.js';

const CASES: readonly [SpaceFactory, object, Task][] = [
  [mlp, { depth: 2, widths: [8, 16], keep: 0.7 }, { kind: 'regression', inputShape: [1, 1, 12], classes: 2 }],
  [conv1dSpace, { layers: 2, filters: 4, reductions: 1, keep: 0.7 }, { inputShape: [1, 6, 2], classes: 3 }],
];

describe('a space with a linear part', () => {
  before(() => loadBackend('cpu'));

  for (const [factory, options, task] of CASES) {
    /**
     * Outputs of an untrained network for examples from a normal distribution, before and after the weights of its
     * linear part are replaced.
     */
    const outputs = (direct: boolean, replace?: (store: ReturnType<typeof createParameterStore>) => void): number[] => {
      const space = factory.create({ ...options, direct }, task);
      const child = createChild(space, space.sample(stream(3, 'architecture')));
      const store = createParameterStore(catalogue(space.supernet), 5, [
        ...child.parameterNames,
        ...child.statisticNames,
      ]);
      replace?.(store);
      const result = tf.tidy(() => [
        ...child
          .forward(store.parameters, store.statistics, tf.randomNormal([64, ...task.inputShape], 0, 1, 'float32', 7), {
            training: false,
            normalization: 'batch',
          })
          .dataSync(),
      ]);
      store.dispose();
      return result;
    };
    const largest = (values: readonly number[]): number => Math.max(...values.map(Math.abs));

    it(`begins near zero in ${factory.name}, where it does not without one`, () => {
      const begun = outputs(true);
      expect(largest(begun)).to.be.within(1e-4, 0.1);
      expect(largest(outputs(false))).to.be.above(0.3);
    });

    it(`adds a linear function of all inputs in ${factory.name}`, () => {
      const before = outputs(true);
      // Each output gets the sum of all inputs and one half.
      const after = outputs(true, (store) => {
        const [kernel, bias] = ['direct/kernel', 'direct/bias'].map((name) => store.parameters[name]!);
        tf.tidy(() =>
          store.assign({
            'direct/kernel': tf.add(kernel!, 1).clone(),
            'direct/bias': tf.add(bias!, 0.5).clone(),
          }),
        );
      });
      const size = task.inputShape.reduce((product, length) => product * length, 1);
      const inputs = tf.tidy(() => [...tf.randomNormal([64, size], 0, 1, 'float32', 7).dataSync()]);
      after.forEach((value, i) => {
        const row = Math.floor(i / task.classes);
        const sum = inputs.slice(row * size, (row + 1) * size).reduce((total, x) => total + x, 0.5);
        expect(value - before[i]!).to.be.closeTo(sum, 1e-4);
      });
    });
  }
});
