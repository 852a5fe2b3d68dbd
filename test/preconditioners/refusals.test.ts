/** What cannot be done is said, before it costs anything. */
import { expect } from 'chai';
import { loadConfig } from '../../src/config/index.js';
import { WeftError } from '../../src/errors.js';
import { createTrainer, type OptimizerConfigInput } from '../../src/optimizers/index.js';
import { createPreconditioner } from '../../src/preconditioners/index.js';
import { invertFactor } from '../../src/preconditioners/representations/factor.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf, tidy } from '../../src/tensor/tf.js';
import { disposeState } from '../optimizers/problems.js';
import { normal, perceptron, precondition } from './models.js';
import { subject } from './subjects.js';

before(() => loadBackend());

const SETTING = { stepsPerEpoch: 1, totalSteps: 1 };
const failure = (f: () => unknown): WeftError => {
  try {
    f();
  } catch (error) {
    if (error instanceof WeftError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('preconditioners refuse', () => {
  it('a damping that is not positive', () => {
    for (const damping of [0, -1, NaN]) {
      expect(failure(() => createPreconditioner({ name: 'kfac', damping }, SETTING)).message).to.match(
        /'kfac' cannot take damping/,
      );
    }
    const optimizer = { name: 'sgd', preconditioner: { name: 'kfac', damping: -1 } };
    expect(failure(() => createTrainer(optimizer as OptimizerConfigInput, SETTING)).message).to.match(
      /preconditioner.damping.*positive/,
    );
    expect(failure(() => loadConfig(undefined, { search: { optimizer } })).message).to.match(
      /damping must be a positive number/,
    );
  });

  it('names and options that do not exist', () => {
    expect(failure(() => createPreconditioner({ name: 'kfca' } as never, SETTING)).hint).to.match(
      /did you mean 'kfac'/,
    );
    expect(failure(() => createPreconditioner({ name: 'kfac', labmda: 1 } as never, SETTING)).code).to.equal('config');
  });

  it('an unsupported triple', () => {
    const { message, hint } = failure(() =>
      createPreconditioner({ name: 'custom', representation: 'diagonal', solver: 'woodbury' }, SETTING),
    );
    expect(message).to.match(/'woodbury' cannot be used with the representation 'diagonal'/);
    expect(hint).to.match(/division/);
    expect(
      failure(() => createPreconditioner({ name: 'custom', representation: 'gram', curvature: 'exact' }, SETTING))
        .message,
    ).to.match(/one gradient per example/);
  });

  it('a full matrix beyond the memory limit, with its size, before it is allocated', () =>
    tidy(() => {
      const model = perceptron(2, normal([2, 60], 'wide') as tf.Tensor2D);
      for (const [config, size] of [
        [{ name: 'ngd', shape: 'full' }, 323],
        [{ name: 'ngd', shape: 'layer' }, 305],
        [{ name: 'newton', dimensions: 'all' }, 323],
      ] as const) {
        const before = tf.memory().numBytes;
        const { message } = failure(() => tidy(() => precondition({ ...config, memory: 1e5 }, model)));
        expect(message).to.match(
          new RegExp(`${size}x${size} matrix: 0.\\d MB with its inverse, but the limit is 0.1 MB`),
        );
        expect(tf.memory().numBytes - before).to.be.below(4 * size * size);
      }
    }));

  it('NaN: a matrix that cannot be factored gets more damping, which is counted', () =>
    tidy(() => {
      let raised = 0;
      const { inverse } = invertFactor(
        {
          dense: tf.tensor2d([
            [1, 1],
            [1, 1],
          ]),
        },
        tf.scalar(1e-12),
        { lambda: 1e-12, raised: () => raised++ },
      );
      expect(raised).to.equal(1);
      expect([...inverse!.dataSync()].every(Number.isFinite)).to.be.true;
    }));

  it('no weight that is used in an unsupported way: they fall back, and the run says so', () =>
    tidy(() => {
      const model = perceptron();
      const odd = {
        ...model,
        outputs: (p: typeof model.params) => tf.add(model.outputs(p), tf.sum(tf.square(p['a/kernel']!))),
      };
      const { notes, gradients } = precondition({ name: 'kfac' }, odd);
      expect(notes).to.deep.equal([
        "'kfac' has no form for a/kernel: its gradient is divided by the diagonal of its own second moment",
        "'kfac' has no form for a/bias: its gradient is divided by the diagonal of its own second moment",
      ]);
      expect(Object.keys(gradients).sort()).to.deep.equal(Object.keys(model.params).sort());
      // Whatever looks into layers gives every weight an update, those without a form too.
      for (const name of ['ekfac', 'tkfac', 'foof', 'skfac', 'eva', 'smw-ng', 'seng', 'ngd', 'ingd', 'k-bfgs']) {
        const found = precondition({ name }, odd).gradients;
        expect(Object.keys(found).sort(), name).to.deep.equal(Object.keys(model.params).sort());
        expect(
          Object.values(found).every((update) => tf.sum(tf.abs(update)).dataSync()[0]! > 0),
          name,
        ).to.equal(true);
      }
    }));

  it('a batch in shards under SAM', () => {
    const s = subject('mlp');
    const trainer = s.trainer({}, { name: 'sam', shards: 2, base: { name: 'sgd', preconditioner: { name: 'kfac' } } });
    expect(failure(() => s.step(trainer, s.child(3), { tensors: {}, counts: {} }, 0)).hint).to.match(/shards: 1/);
    s.dispose();
    disposeState({ tensors: {}, counts: {} });
  });
});
