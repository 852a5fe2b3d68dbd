/**
 * A learner whose steps are compiled trains as one whose steps are not, whatever a regularizer remembers between them.
 */
import { expect } from 'chai';
import { mlp } from '../../search-spaces/mlp.js';
import { type Link } from '../../src/chain/link.js';
import { createChild } from '../../src/supernet/child.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed } from '../../src/tensor/named.js';
import { type CompileMode } from '../../src/tensor/plan/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { createLearner, disposeLearner, learn } from '../../src/training/learner.js';
import { values } from '../optimizers/problems.js';

describe('a learner with compiled steps', () => {
  before(() => loadBackend('native'));
  const space = mlp.create({}, { inputShape: [1, 1, 4], classes: 3 });
  const child = createChild(space, space.sample(stream(1, 'child')));
  const source = {
    count: 6,
    steps: 1,
    at: () => ({
      inputs: tf.tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
        [6, 1, 1, 4],
      ),
      labels: tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'),
    }),
  };

  function trained(mode: CompileMode, memory: (isOn: () => boolean) => Link) {
    let step = 0;
    const learner = createLearner(space, 1, {
      optimizer: { name: 'sgd' },
      stepsPerEpoch: 10,
      totalSteps: 20,
      compile: { mode },
      links: [memory(() => step >= 10)],
    });
    for (; step < 20; step++)
      learn(learner, { child, source, epoch: step, step: 0, globalStep: step, seed: 'late', due: 20 - step });
    const result = values(learner.store.parameters);
    disposeLearner(learner);
    return result;
  }

  // Of what a regularizer does neither is seen by a recording made before it remembers anything.
  const memories: Record<string, (isOn: () => boolean) => Link> = {
    penalty: (isOn) => ({
      name: 'late',
      penalty: (parameters) => (isOn() ? mapNamed(parameters, (weight) => tf.mul(weight, 0.5)) : undefined),
    }),
    'settling of weights': (isOn) => ({
      name: 'late',
      settle: ({ after }) => (isOn() ? mapNamed(after, (weight) => tf.mul(weight, 0.5)) : {}),
    }),
  };
  for (const [name, memory] of Object.entries(memories))
    it(`notices a ${name} that starts later`, () => {
      expect(trained('replay', memory)).to.deep.equal(trained('off', memory));
    });
});
