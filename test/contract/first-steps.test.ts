/**
 * The first steps of every method follow from the gradients and not from how they are rounded, whatever its statistics
 * begin with.
 */
import { expect } from 'chai';
import { type OptimizerState, OPTIMIZERS } from '../../src/optimizers/index.js';
import { PRECONDITIONERS } from '../../src/preconditioners/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { configFor, disposeState, values } from '../optimizers/problems.js';
import { subject } from '../preconditioners/subjects.js';

/** Relative changes of the weights, of the size of some roundings; and how much of a step may change with them. */
const [NOISE, BOUND, STEPS, EXAMPLES] = [1e-6, 0.03, 3, 12];

const PRECONDITIONER_OPTIONS: Readonly<Record<string, object>> = {
  // Its basis is arbitrary where its factors are zero, in its authors' code too: small pieces have no such place.
  soap: { blockSize: 2 },
  // Its matrix is indefinite: beyond every negative curvature it has no pole.
  newton: { damping: 10 },
};

/** The steps from start weights with such changes, on a new batch each, as one list of numbers. */
function movements(config: object, noise: number): number[][] {
  const s = subject('mlp', EXAMPLES);
  const child = s.child(3);
  const rng = stream('first-steps');
  for (const name of child.parameterNames) {
    const before = s.store.parameters[name]!;
    const changed = before.dataSync().map((value) => value * (1 + noise * rng.normal()));
    s.store.assign({ [name]: tf.tensor(changed, before.shape) });
  }
  const trainer = s.trainer({}, config);
  const steps: number[][] = [];
  let state: OptimizerState | undefined;
  for (let step = 0; step < STEPS; step++) {
    const draw = stream('first-steps', step);
    const before = values(s.store.parameters);
    const batch = { ...s.batch, inputs: tf.tensor(s.batch.inputs.dataSync().map(draw.normal), s.batch.inputs.shape) };
    ({ state } = s.step(trainer, child, state ?? { tensors: {}, counts: {} }, step, batch));
    batch.inputs.dispose();
    const after = values(s.store.parameters);
    steps.push(child.parameterNames.flatMap((name) => after[name]!.map((value, i) => value - before[name]![i]!)));
  }
  s.dispose();
  disposeState(state!);
  return steps;
}

const length = (list: readonly number[]): number => Math.hypot(...list);

describe('the first steps are not rounding errors', () => {
  before(() => loadBackend());

  for (const [label, config] of [
    ...OPTIMIZERS.map(({ name }) => [name, configFor(name)] as const),
    ...PRECONDITIONERS.map(({ name }) => {
      const preconditioner = { name, ...PRECONDITIONER_OPTIONS[name] };
      return [`preconditioner ${name}`, { name: 'sgd', learningRate: 0.01, preconditioner }] as const;
    }),
  ]) {
    it(label, () => {
      const [plain, changed] = [movements(config, 0), movements(config, NOISE)];
      plain.forEach((step, t) => {
        const gap = length(step.map((value, i) => value - changed[t]![i]!));
        expect(gap, `step ${t + 1}`).to.be.at.most(BOUND * length(step));
      });
    });
  }
});
