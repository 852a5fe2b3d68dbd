/**
 * Children that learn from one batch together, each compiled where it repeats: the bits of steps that run as they are,
 * in every elastic space.
 */
import { expect } from 'chai';
import { elasticCnn } from '../../search-spaces/elastic-cnn.js';
import { type OptimizerConfigInput } from '../../src/optimizers/index.js';
import { createChild } from '../../src/supernet/child.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { type CompileMode } from '../../src/tensor/plan/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { type Distillation } from '../../src/training/distill.js';
import { createLearner, disposeLearner, learn } from '../../src/training/learner.js';
import { examples, SPACES } from '../contract/space-table.js';
import { values } from '../optimizers/problems.js';

const ELASTIC = SPACES.filter(({ factory }) => factory.name.startsWith('elastic'));

for (const { factory, tiny, task } of ELASTIC)
  describe(`children of ${factory.name} that learn together`, () => {
    before(() => loadBackend('native'));
    const space = factory.create(tiny, task);
    const of = (index: (cardinality: number) => number) =>
      createChild(space, space.fromGenotype(space.cardinalities.map(index)));
    const largest = of((count) => count - 1);

    function trained(mode: CompileMode, optimizer: OptimizerConfigInput, distill: Distillation | undefined) {
      const { x: inputs, labels } = examples(task, 6);
      const learner = createLearner(space, 1, { optimizer, stepsPerEpoch: 10, totalSteps: 30, compile: { mode } });
      const seen = Array.from({ length: 24 }, (_, step) => {
        const drawn = createChild(space, space.sample(stream(step % 3, 'drawn')));
        const { loss, metrics } = learn(learner, {
          child: largest,
          others: [of(() => 0), drawn].map((child) => ({ child, weight: 1 / 3 })),
          distill,
          othersTrain: false,
          source: { count: 6, steps: 30, at: () => ({ inputs: tf.clone(inputs), labels: tf.clone(labels) }) },
          epoch: 0,
          step,
          globalStep: step,
          seed: 'together',
        });
        return { loss, metrics };
      });
      const { tensors, counts } = learner.state;
      const result = { seen, counts, parameters: values(learner.store.parameters), state: values(tensors) };
      const runs = { gradients: learner.children!.runs, update: learner.compiled!.runs };
      disposeLearner(learner);
      tf.dispose([inputs, labels]);
      return { result, runs };
    }

    it('give the same bits by sessions, and so does the update', () => {
      const before = tf.memory().numTensors;
      const [plain, compiled] = (['off', 'session'] as const).map((mode) =>
        trained(mode, { name: 'adam', clipNorm: 1 }, 'kl'),
      ) as [ReturnType<typeof trained>, ReturnType<typeof trained>];
      expect(compiled.result).to.deep.equal(plain.result);
      expect(compiled.runs.gradients.session).to.be.above(20);
      expect(compiled.runs.update.session).to.be.above(10);
      expect(tf.memory().numTensors).to.equal(before);
    });

    if (factory === elasticCnn)
      it('give the same bits if a step takes a second gradient, and if they learn the labels', () => {
        const [plain, compiled] = (['off', 'replay'] as const).map((mode) =>
          trained(mode, { name: 'sam', base: { name: 'momentum' } }, undefined),
        ) as [ReturnType<typeof trained>, ReturnType<typeof trained>];
        expect(compiled.result).to.deep.equal(plain.result);
        expect(compiled.runs.gradients.replay).to.be.above(20);
        expect(compiled.runs.update).to.deep.equal({ eager: 0, replay: 0, session: 0 });
      });
  });
