/** What a chain promises its links: their order, one batch for all gradients, and what each of them may ask for. */
import { expect } from 'chai';
import {
  chain,
  clipByGlobalNorm,
  constant,
  createTrainer,
  ema,
  emptyState,
  type Evaluate,
  type Link,
  replaceState,
  sam,
  scaleByLearningRate,
  trace,
  type Trainer,
  withLink,
} from '../../src/optimizers/index.js';
import { createPreconditioner } from '../../src/preconditioners/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { tf, tidy, type Scalar } from '../../src/tensor/tf.js';
import { advance, subject } from '../preconditioners/subjects.js';
import { disposeState, SETTING, stateValues, values } from './problems.js';

/** h w²/2 with h = 3. */
const CURVATURE = 3;
const parabola: Evaluate = (parameters) =>
  tidy(() => ({
    loss: tf.mul(CURVATURE / 2, tf.sum(tf.square(parameters['w']!))) as Scalar,
    gradients: mapNamed(parameters, (w) => tf.mul(CURVATURE, w)),
  }));

/** The weight after one step from `from`, and what the step says. */
function stepFrom(from: number, trainer: Trainer, evaluate: Evaluate = parabola) {
  const before = tf.memory().numTensors;
  const start = { w: tf.tensor1d([from]) };
  const { parameters, state, ...rest } = trainer.step(evaluate, start, emptyState, { step: 0 });
  const averages = trainer.evaluationParameters?.(parameters, state);
  const result = { ...rest, w: parameters['w']!.dataSync()[0]!, average: averages?.['w']!.dataSync()[0] };
  for (const tensors of [start, parameters, averages ?? {}]) disposeNamed(tensors);
  disposeState(state);
  expect(tf.memory().numTensors, 'tensors left').to.equal(before);
  return result;
}

const descent = scaleByLearningRate(constant(0.1));

describe('a chain of links', () => {
  before(() => loadBackend());

  it('equals the corresponding configuration: the same bytes and state keys', () => {
    const runs = [
      () =>
        createTrainer(
          {
            name: 'ema',
            base: {
              name: 'sam',
              base: {
                name: 'momentum',
                learningRate: 0.05,
                schedule: { name: 'constant' },
                clipNorm: 0.5,
                preconditioner: { name: 'kfac' },
              },
            },
          },
          SETTING,
        ),
      () =>
        chain(
          sam(),
          createPreconditioner({ name: 'kfac' }, SETTING),
          clipByGlobalNorm(0.5),
          trace(),
          scaleByLearningRate(constant(0.05)),
          ema(),
        ),
    ].map((create) => {
      const s = subject('mlp', 12);
      const trainer = create();
      const state = advance(s, trainer, s.child(3), 0, 3);
      const result = { weights: values(s.store.parameters), state: stateValues(state), links: trainer.links.length };
      s.dispose();
      disposeState(state);
      return result;
    });
    expect(runs[0]).to.deep.equal(runs[1]);
    expect(runs[0]!.links).to.equal(6);
    for (const link of ['kfac', 'trace', 'ema'])
      expect(Object.keys(runs[0]!.state).some((key) => key.startsWith(`${link}/`))).to.equal(true);
  });

  it('passes the updates through the links in order', () => {
    const double: Link = { name: 'double', update: (updates) => mapNamed(updates, (update) => tf.mul(2, update)) };
    // The gradient at 2 is 6.
    expect(stepFrom(2, chain(double, clipByGlobalNorm(1), descent)).w).to.be.closeTo(1.9, 1e-6);
    expect(stepFrom(2, chain(clipByGlobalNorm(1), double, descent)).w).to.be.closeTo(1.8, 1e-6);
  });

  it('can apply momentum before a preconditioner, whose updates are then slots of another link', () => {
    const s = subject('mlp', 12);
    const before = tf.memory().numTensors;
    const trainer = chain(
      trace(),
      createPreconditioner({ name: 'kfac' }, SETTING),
      scaleByLearningRate(constant(0.01)),
    );
    const child = s.child(3);
    const start = values(s.store.parameters);
    let state = advance(s, trainer, child, 0, 2);
    state = advance(s, trainer, child, 2, 2, state);
    const end = values(s.store.parameters);
    expect(end).not.to.deep.equal(start);
    for (const list of Object.values(end)) expect(list.every(Number.isFinite)).to.equal(true);
    disposeState(state);
    expect(tf.memory().numTensors).to.equal(before);
    s.dispose();
  });

  it('adds a penalty’s gradient wherever one is taken, and its Hessian to every product', () => {
    const penalty: Link = {
      name: 'pull',
      penalty: ({ w }) => ({ w: tf.mul(2, tf.sub(w!, 1)) }), // of (w - 1)²
    };
    const seen: Record<string, number> = {};
    const look: Link = {
      name: 'look',
      gradientEvaluations: 3,
      update(gradients, { gradientsAt, hessianTimes }) {
        const one = { w: tf.tensor1d([1]) };
        seen['here'] = gradients['w']!.dataSync()[0]!;
        seen['there'] = gradientsAt(one)['w']!.dataSync()[0]!;
        seen['product'] = hessianTimes(one)['w']!.dataSync()[0]!;
        return gradients;
      },
    };
    const exact = chain(penalty, look, descent);
    const start = { w: tf.tensor1d([2]) };
    const { parameters, state, notes } = exact.step(parabola, start, emptyState, {
      step: 0,
      hessianVectorProduct: (_, { w }) => ({ product: { w: tf.mul(CURVATURE, w!) }, reasons: [] }),
    });
    expect(seen).to.deep.equal({ here: 6 + 2, there: 9 + 4, product: 3 + 2 });
    expect(notes).to.deep.equal([]);
    for (const tensors of [start, parameters]) disposeNamed(tensors);
    disposeState(state);
  });

  it('settles weights before they enter an average, wherever the settling link is added', () => {
    const halve: Link = { name: 'halve', settle: ({ after }) => mapNamed(after, (w) => tf.div(w, 2)) };
    const average = ema({ decay: 0, warmUp: false });
    for (const trainer of [chain(descent, halve, average), withLink(chain(descent, average), halve)]) {
      expect(trainer.links.map(({ name }) => name)).to.deep.equal(['learning-rate', 'halve', 'ema']);
      const { w, average: evaluated } = stepFrom(2, trainer);
      expect(w).to.be.closeTo((2 - 0.6) / 2, 1e-6);
      expect(evaluated).to.equal(w);
    }
    const namesOf = (trainer: Trainer): string[] => trainer.links.map(({ name }) => name);
    expect(namesOf(withLink(chain(average), halve))).to.deep.equal(['halve', 'ema']);
    expect(namesOf(withLink(chain(descent), halve))).to.deep.equal(['learning-rate', 'halve']);
  });

  it('moves weights further, reports and takes notes as a link asks', () => {
    const extra: Link = {
      name: 'extra',
      update(updates, { moveBy, report, note, learningRate, handOn }) {
        moveBy({ w: tf.tensor1d([10]) });
        handOn({ w: tf.tensor1d([4]) });
        report({ rate: learningRate });
        note('once');
        note('once');
        return updates;
      },
    };
    const over: Link = {
      name: 'over',
      update: (updates, { diagonal }) => mapNamed(updates, (update, name) => tf.div(update, diagonal![name]!)),
    };
    const { w, metrics, notes } = stepFrom(2, chain(extra, over, descent));
    expect(w).to.be.closeTo(2 - 0.1 * (6 / 4) + 10, 1e-5);
    expect(metrics).to.deep.equal({ learningRate: 0.1, rate: 0.1 });
    expect(notes).to.deep.equal(['once']);
  });

  it('counts the gradients that every link takes: those of a preconditioner under SAM too', () => {
    const s = subject('mlp', 12);
    const trainer = chain(sam(), createPreconditioner({ name: 'kfac' }, SETTING), descent);
    const { gradientEvaluations, state } = s.step(trainer, s.child(3), emptyState, 0);
    // The second gradient of SAM, and a pass for sampled labels at a third of a gradient.
    expect(gradientEvaluations).to.be.closeTo(2 + 1 / 3, 1e-9);
    s.dispose();
    disposeState(state);
  });

  it('changes nothing if a step throws', () => {
    const failing: Link = {
      name: 'failing',
      update(updates, { slots }) {
        slots.set('kept', 'w', tf.scalar(1));
        throw new Error(`no update of ${Object.keys(updates).join()}`);
      },
    };
    const start: NamedTensors = { w: tf.tensor1d([2]) };
    const before = tf.memory().numTensors;
    expect(() => chain(failing, descent).step(parabola, start, emptyState, { step: 0 })).to.throw('no update of w');
    expect(tf.memory().numTensors).to.equal(before);
    disposeNamed(start);
  });

  it('refuses two links with one name, two averages, and parts of a batch after another link', () => {
    expect(() => chain(trace(), trace(), descent)).to.throw("two links of one chain are named 'trace'");
    expect(() => chain(descent, ema(), { ...ema(), name: 'other' })).to.throw('already averages its weights');
    expect(() => chain(trace(), sam({ shards: 2 }), descent)).to.throw("'sam' takes parts of the batch after 'trace'");
  });

  it('passes a validation loss to every observer', () => {
    const listener = (name: string): Link => ({
      name,
      observe: (loss, _names, slots) => slots.setNumber('loss', loss),
    });
    const trainer = chain(descent, listener('a'), listener('b'));
    const state = replaceState(emptyState, trainer.observe!(0.5, emptyState));
    expect(state.counts).to.deep.equal({ 'a/loss': 0.5, 'b/loss': 0.5 });
    expect(chain(descent).observe).to.equal(undefined);
  });
});
