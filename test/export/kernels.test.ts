import { expect } from 'chai';
import { type GraphModel, tracedModel } from '../../src/export/graph-model.js';
import { WRITERS } from '../../src/export/kernels/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf, type Tensor } from '../../src/tensor/tf.js';
import { watchKernels } from '../../src/tensor/trace.js';
import { CASES, type F, weights } from './kernel-cases.js';
import { functionChild } from './trained.js';

describe('exported kernels', () => {
  before(async () => {
    await loadBackend('cpu');
  });

  it('are all tested here', () => {
    expect(Object.keys(CASES).sort()).to.deep.equal(Object.keys(WRITERS).sort());
  });

  for (const [kernel, functions] of Object.entries(CASES)) {
    it(`${kernel} gives the same in stock TensorFlow.js`, async () => {
      for (const f of typeof functions === 'function' ? [functions] : functions) {
        const ran: string[] = [];
        tf.tidy(
          () =>
            void watchKernels(
              () => f(weights(2, 4, 4, 2)),
              ({ name }) => ran.push(name),
            ),
        );
        expect(ran).to.include(kernel);
        const before = tf.memory().numTensors;
        const { artifacts: model } = await tracedModel(functionChild(f), 'test', {});
        const [expected, actual] = await bothResults(f, model);
        expect(actual.length).to.equal(expected.length);
        // A function that is constant would agree by chance.
        if (!['All', 'Any'].includes(kernel)) expect(new Set(expected).size).to.be.above(1);
        expected.forEach((value, i) => expect(actual[i]).to.be.closeTo(value, 1e-5 * Math.max(1, Math.abs(value))));
        expect(tf.memory().numTensors).to.equal(before);
      }
    });
  }
});

/** The function's and the graph's numbers for five examples. */
async function bothResults(f: F, artifacts: GraphModel): Promise<[number[], number[]]> {
  const model = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
  const results = tf.tidy((): [number[], number[]] => {
    const x = weights(5, 4, 4, 2);
    return [[...tf.cast(f(x), 'float32').dataSync()], [...(model.execute(x, 'logits') as Tensor).dataSync()]];
  });
  model.dispose();
  return results;
}
