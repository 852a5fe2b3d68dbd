/**
 * What every preconditioner of the list must do in every space, on the way that users take: an optimizer's
 * configuration.
 */
import { expect } from 'chai';
import { type OptimizerState } from '../../src/optimizers/index.js';
import { PRECONDITIONERS } from '../../src/preconditioners/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { disposeState, reread, stateValues, values } from '../optimizers/problems.js';
import { advance, SPACES, subject } from '../preconditioners/subjects.js';

before(() => loadBackend());

/** Options with which a step is quick. */
const QUICK: Readonly<Record<string, object>> = {
  newton: { dimensions: 2 },
  'abs-newton': { dimensions: 2 },
  'hessian-free': { iterations: 2 },
};

for (const { name, ...summary } of PRECONDITIONERS) {
  const config = { name, ...QUICK[name] };

  describe(`preconditioner ${name}`, () => {
    it('says what it is', () => {
      const { triple, state, cost, reference } = summary;
      for (const text of [triple.curvature, triple.representation, triple.solver, state, cost, reference])
        expect(text).to.be.a('string').and.not.empty;
    });

    for (const space of Object.keys(SPACES)) {
      it(`trains only the weights of a child of ${space}, finitely, and leaves no tensor behind`, () => {
        const before = tf.memory().numTensors;
        const s = subject(space);
        const child = s.child(3);
        const start = values(s.store.parameters);
        const state = advance(s, s.trainer(config), child, 0, 2);
        const end = values(s.store.parameters);
        const moved = Object.keys(end).filter((parameter) =>
          end[parameter]!.some((value, i) => value !== start[parameter]![i]),
        );
        expect(moved).to.not.be.empty;
        expect(child.parameterNames).to.include.members(moved);
        for (const parameter of Object.keys(end)) expect(end[parameter]!.every(Number.isFinite), parameter).to.be.true;
        for (const tensor of Object.values(state.tensors))
          expect([...tensor.dataSync()].every(Number.isFinite)).to.be.true;
        s.dispose();
        disposeState(state);
        expect(tf.memory().numTensors).to.equal(before);
      });
    }

    it('continues bit for bit from a saved state, between two refreshes', () => {
      const run = (interrupted: boolean): { weights: unknown; state: unknown } => {
        const s = subject('mlp');
        const child = s.child(3);
        let state: OptimizerState = advance(s, s.trainer(config), child, 0, 2);
        if (interrupted) {
          const copy = reread(state);
          disposeState(state);
          state = copy;
        }
        state = advance(s, s.trainer(config), child, 2, 2, state);
        const result = { weights: values(s.store.parameters), state: stateValues(state) };
        s.dispose();
        disposeState(state);
        return result;
      };
      expect(run(true)).to.deep.equal(run(false));
    });

    it('changes neither inactive parameters nor their state', () => {
      const s = subject('mlp');
      const trainer = s.trainer(config);
      const first = s.child(5);
      const second = Array.from({ length: 50 }, (_, seed) => s.child(seed)).find(({ parameterNames }) =>
        first.parameterNames.some((parameter) => !parameterNames.includes(parameter)),
      )!;
      const early = advance(s, trainer, first, 0, 1);
      const before = { weights: values(s.store.parameters), state: stateValues(early) };
      const late = advance(s, trainer, second, 1, 1, early);
      const after = { weights: values(s.store.parameters), state: stateValues(late) };
      const resting = first.parameterNames.filter((parameter) => !second.parameterNames.includes(parameter));
      for (const parameter of resting) {
        expect(after.weights[parameter], parameter).to.deep.equal(before.weights[parameter]);
        for (const key of Object.keys(before.state).filter((one) => one.endsWith(`/${parameter}`)))
          expect(after.state[key], key).to.deep.equal(before.state[key]);
      }
      const mentioned = Object.entries(early.counts).filter(([key]) =>
        resting.some((parameter) => key.includes(parameter)),
      );
      expect(late.counts).to.include(Object.fromEntries(mentioned));
      s.dispose();
      disposeState(late);
    });

    it('works under SAM', () => {
      const s = subject('mlp');
      const trainer = s.trainer(config, {
        name: 'sam',
        base: { name: 'sgd', learningRate: 0.01, preconditioner: config },
      });
      const start = values(s.store.parameters);
      // Two steps: SOAP's first one only looks.
      const state = advance(s, trainer, s.child(3), 0, 2);
      const end = values(s.store.parameters);
      expect(end).to.not.deep.equal(start);
      for (const [parameter, numbers] of Object.entries(end))
        expect(numbers.every(Number.isFinite), parameter).to.be.true;
      s.dispose();
      disposeState(state);
    });
  });
}
