/**
 * Decoupled weight decay is by the learning rate of the parameter, in every optimizer that has the option, at every
 * step.
 */
import { expect } from 'chai';
import { createTrainer, emptyState, type OptimizerConfigInput, OPTIMIZERS } from '../../src/optimizers/index.js';
import { WeftError } from '../../src/errors.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { advance, disposeState, type Problem, SETTING, values, weights } from './problems.js';

const [RATE, DECAY, ADAM_RATE, STEPS] = [0.1, 0.2, 0.01, 3];

/** No gradient anywhere: what moves is decay. */
const flat: Problem = {
  evaluate: (parameters) => ({ loss: tf.scalar(0), gradients: mapNamed(parameters, tf.zerosLike) }),
  batchSize: 4,
  context: (step) => ({ step, seed: 1, batchSize: 4, exampleLosses: () => tf.zeros([4]) }),
  dispose: () => undefined,
};

const configOf = (name: string): OptimizerConfigInput =>
  ({
    name,
    learningRate: RATE,
    weightDecay: DECAY,
    weightDecayIn: 'step',
    schedule: { name: 'constant' },
    ...(name === 'muon' && { adamRate: ADAM_RATE }),
  }) as OptimizerConfigInput;

const decaying = OPTIMIZERS.filter(({ name }) => {
  try {
    createTrainer(configOf(name), { ...SETTING, examples: 100 });
    return true;
  } catch (error) {
    if (error instanceof WeftError) return false;
    throw error;
  }
}).map(({ name }) => name);

describe('decoupled weight decay', () => {
  before(() => loadBackend());

  it('is an option of all base optimizers and of those that have no base', () => {
    expect(decaying).to.include.members(OPTIMIZERS.filter(({ kind }) => kind === 'base').map(({ name }) => name));
    expect(decaying).to.include.members(['adahessian', 'sophia', 'sassha', 'adam-tracer']);
  });

  for (const name of decaying) {
    it(`of ${name} shrinks each weight by its learning rate times the decay`, () => {
      const start = weights(3);
      const before = values(start);
      const trainer = createTrainer(configOf(name), { ...SETTING, examples: 100 });
      // Schedule-free weights are an average, which is the last step at first.
      const steps = trainer.evaluationParameters ? 1 : STEPS;
      const { parameters, state } = advance(trainer, flat, start, emptyState, 0, steps);
      const after = Object.entries(values(parameters));
      expect(after).to.have.length(3);
      for (const [parameter, numbers] of after) {
        const rate = name === 'muon' && parameter.endsWith('bias') ? ADAM_RATE : RATE;
        numbers.forEach((number, i) =>
          expect(number, parameter).to.be.closeTo(before[parameter]![i]! * (1 - rate * DECAY) ** steps, 1e-6),
        );
      }
      tf.dispose({ ...parameters });
      disposeState(state);
    });
  }
});
