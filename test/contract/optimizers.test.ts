/** What every optimizer of the list must do, whatever its update rule. */
import { expect } from 'chai';
import { createTrainer, emptyState, OPTIMIZERS, replaceState, type Trainer } from '../../src/optimizers/index.js';
import {
  advance,
  calmConfigFor,
  configFor,
  copy,
  disposeState,
  type Problem,
  quadratic,
  reread,
  run,
  SETTING,
  stateValues,
  values,
  weights,
} from '../optimizers/problems.js';
import { placesOf } from '../../src/chain/loss.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';

before(() => loadBackend());

for (const { name, cost, formula, reference } of OPTIMIZERS) {
  describe(`optimizer ${name}`, () => {
    const trainer = (): Trainer => createTrainer(configFor(name), SETTING);

    it('says what it is', () => {
      for (const text of [cost, formula, reference]) expect(text).to.be.a('string').and.not.empty;
    });

    it('is deterministic, and borrows its arguments', () => {
      const [first, second] = [0, 1].map(() => {
        const start = weights(7);
        const before = values(start);
        const problem = quadratic();
        const result = trainer().step(problem.evaluate, start, emptyState, problem.context(0));
        expect(values(start)).to.deep.equal(before);
        const after = values(result.parameters);
        disposeNamed(start);
        disposeNamed(result.parameters);
        disposeState(result.state);
        problem.dispose();
        return after;
      });
      expect(first).to.deep.equal(second);
    });

    it('leaves no tensor behind', () => {
      const before = tf.memory().numTensors;
      const problem = quadratic();
      const { parameters, state } = run(trainer(), problem, weights(3), 6);
      disposeNamed(parameters);
      disposeState(state);
      problem.dispose();
      expect(tf.memory().numTensors).to.equal(before);
    });

    it('reduces a quadratic', () => {
      const problem = quadratic();
      const start = weights(5);
      const lossAt = (parameters: NamedTensors): number => {
        const { loss, gradients } = problem.evaluate(parameters, { record: false });
        const value = loss.dataSync()[0]!;
        loss.dispose();
        disposeNamed(gradients);
        return value;
      };
      const initial = lossAt(start);
      const { parameters, state } = run(trainer(), problem, start, 40);
      expect(lossAt(parameters), 'too slow for 40 steps: set its rate in OPTIONS of problems.ts').to.be.below(
        initial / 2,
      );
      disposeNamed(parameters);
      disposeState(state);
      problem.dispose();
    });

    it('records batch statistics once per step, at the undisplaced weights, and counts its gradients', () => {
      const problem = quadratic();
      const subject = trainer();
      const start = weights(9);
      const before = values(start);
      const recorded: unknown[] = [];
      let [evaluations, losses] = [0, 0];
      const counting: Problem['evaluate'] = (parameters, options) => {
        evaluations += options.examples ? placesOf(options.examples).size / problem.batchSize : 1;
        if (options.record) recorded.push(values(parameters));
        return problem.evaluate(parameters, options);
      };
      const { parameters, state, gradientEvaluations } = subject.step(counting, start, emptyState, {
        ...problem.context(0),
        exampleLosses(weightsThere) {
          losses += 1;
          return problem.context(0).exampleLosses!(weightsThere);
        },
      });
      expect(recorded).to.have.length(1);
      // Only the sampled weights of bSAM are evaluated elsewhere first.
      if (name !== 'bsam') expect(recorded).to.deep.equal([before]);
      expect(gradientEvaluations).to.be.closeTo(evaluations + losses / 3, 1e-9);
      disposeNamed(start);
      disposeNamed(parameters);
      disposeState(state);
      problem.dispose();
    });

    it('changes neither inactive parameters nor their state; a parameter that is activated later starts afresh', () => {
      const problem = quadratic();
      const subject = trainer();
      const all = weights(11);
      const [a, b] = [pickNamed(all, ['a/kernel']), pickNamed(all, ['b/kernel'])];
      const aloneState = advance(subject, problem, copy(b), emptyState, 0, 3);
      const firstState = advance(subject, problem, copy(a), emptyState, 0, 3);
      const before = stateValues(firstState.state);
      const later = advance(subject, problem, copy(b), firstState.state, 0, 3);
      expect(values(later.parameters)).to.deep.equal(values(aloneState.parameters));
      const after = stateValues(later.state);
      for (const key of Object.keys(firstState.state.tensors)) expect(after[key], key).to.deep.equal(before[key]);
      expect(later.state.counts).to.include(firstState.state.counts);
      for (const result of [aloneState, firstState, later]) disposeNamed(result.parameters);
      disposeState(aloneState.state);
      disposeState(later.state);
      disposeNamed(all);
      problem.dispose();
    });

    it('leaves a weight with zero gradient and no decay where it is', () => {
      const problem = quadratic();
      const subject = createTrainer(calmConfigFor(name), SETTING);
      const all = weights(13);
      const first = advance(subject, problem, copy(pickNamed(all, ['a/kernel'])), emptyState, 0, 5);
      const flat = pickNamed(all, ['b/kernel']);
      const zero: Problem['evaluate'] = (parameters) => ({
        loss: tf.scalar(0),
        gradients: mapNamed(parameters, tf.zerosLike),
      });
      const result = subject.step(zero, flat, first.state, {
        ...problem.context(5),
        exampleLosses: () => tf.zeros([problem.batchSize]),
      });
      for (const [key, moved] of Object.entries(values(result.parameters)))
        expect(moved, key).to.deep.equal(values(flat)[key]);
      disposeNamed(first.parameters);
      disposeNamed(result.parameters);
      disposeState(replaceState(first.state, result.state));
      disposeNamed(all);
      problem.dispose();
    });

    it('continues bit for bit from a saved state', () => {
      const problem = quadratic();
      const subject = trainer();
      const start = weights(17);
      const half = run(subject, problem, start, 4);
      const copied = { parameters: copy(half.parameters), state: reread(half.state) };
      const direct = advance(subject, problem, half.parameters, half.state, 4, 4);
      const resumed = advance(trainer(), problem, copied.parameters, copied.state, 4, 4);
      expect(values(resumed.parameters)).to.deep.equal(values(direct.parameters));
      expect(stateValues(resumed.state)).to.deep.equal(stateValues(direct.state));
      for (const { parameters, state } of [direct, resumed]) {
        disposeNamed(parameters);
        disposeState(state);
      }
      problem.dispose();
    });
  });
}
