/**
 * Compiled training steps: every optimizer and preconditioner, in every space, with the bits of the steps that run as
 * they are.
 */
import { expect } from 'chai';
import { compiledTrainer } from '../../src/chain/compiled.js';
import { createTrainer, emptyState, type OptimizerConfigInput, OPTIMIZERS } from '../../src/optimizers/index.js';
import { PRECONDITIONERS, preconditionerSchema } from '../../src/preconditioners/index.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { type CompileMode } from '../../src/tensor/plan/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { trainStep } from '../../src/training/train-step.js';
import { disposeState, values } from '../optimizers/problems.js';
import { examples, SPACES } from './space-table.js';

const CONFIGS: readonly OptimizerConfigInput[] = [
  ...OPTIMIZERS.map(({ name }) => ({ name }) as OptimizerConfigInput),
  ...PRECONDITIONERS.map(({ name }) => {
    // A refresh in every other step, so that refreshes are compiled as well.
    const often = preconditionerSchema.safeParse({ name, interval: 2 });
    // Its tensors grow until it has this many pairs.
    const own = name === 'l-bfgs' ? { name, history: 2 } : { name };
    return { name: 'momentum', preconditioner: often.success ? often.data : own } as OptimizerConfigInput;
  }),
];

/** Optimizers that read values in every step or every refresh, or whose tensors grow. */
const EAGER = new Set(['m-fac', 'newton', 'abs-newton', 'hessian-free', 'curveball']);

/** With WEFT_WHOLE=1: all of them in every space, by replays and by sessions. */
const isWhole = process.env['WEFT_WHOLE'] === '1';

/** Long runs, as sessions; the others are short, and replayed. */
const LONG = new Set(['momentum', 'adam', 'sam', 'kfac']);
/** Second derivatives, as sessions where there is max pooling that keeps the size or changes it. */
const SECOND = new Set(['adahessian in macro-cnn', 'adahessian in conv-1d']);

for (const { factory, tiny, task } of SPACES) {
  const space = factory.create(tiny, task);
  describe(`compiled steps in ${factory.name}`, () => {
    before(() => loadBackend('native'));
    const all = catalogue(space.supernet);
    const child = createChild(space, space.sample(stream(3, factory.name)));

    /** Weights, state and losses after training in this way. */
    function trained(config: OptimizerConfigInput, mode: CompileMode, steps: number) {
      const store = createParameterStore(all, 1);
      const trainer = createTrainer(config, {
        stepsPerEpoch: 4,
        totalSteps: steps,
        examples: 6,
        roleOf: (parameter) => all.parameters.get(parameter)?.role,
      });
      const compiled = compiledTrainer(trainer, { mode });
      let state = emptyState;
      const reports = [];
      for (let step = 0; step < steps; step++) {
        const { x: inputs, labels } = examples(task, 6);
        const { state: next, ...report } = trainStep({
          child,
          store,
          trainer,
          compiled,
          state,
          batch: { inputs, labels },
          mode: { training: true, normalization: 'batch', seed: `train/${step}` },
          step,
          due: 100,
        });
        state = next;
        reports.push(report);
        tf.dispose([inputs, labels]);
      }
      const result = { weights: values(store.parameters), state: values(state.tensors), counts: state.counts, reports };
      compiled.dispose();
      store.dispose();
      disposeState(state);
      return { result, runs: compiled.runs };
    }

    for (const config of CONFIGS) {
      const name = ('preconditioner' in config && config.preconditioner?.name) || config.name;
      const isLong = LONG.has(name) || SECOND.has(`${name} in ${factory.name}`);
      // The whole catalogue where a step costs least, and what is used most everywhere.
      if (!isLong && !isWhole && factory.name !== 'mlp') continue;
      for (const mode of isWhole ? (['replay', 'session'] as const) : ([isLong ? 'session' : 'replay'] as const))
        it(`${name} by ${mode} gives the bits of the uncompiled steps`, () => {
          const steps = mode === 'session' ? 18 : 12;
          const before = tf.memory().numTensors;
          const plain = trained(config, 'off', steps);
          const compiled = trained(config, mode, steps);
          expect(compiled.result).to.deep.equal(plain.result);
          expect(tf.memory().numTensors).to.equal(before);
          if (!EAGER.has(name) && name !== 'lawa') expect(compiled.runs[mode], name).to.be.greaterThan(2);
        });
    }
  });
}
