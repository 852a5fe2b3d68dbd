/**
 * Averages of weights inside a search: what is evaluated, compared and derived is the average, and what follows a
 * validation loss hears of it.
 */
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { rewardsOf } from '../../src/search/phases/controller.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { type Phase } from '../../src/search/state.js';
import { trainAlone } from '../../src/search/stand-alone.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { withBatch } from '../../src/training/batch.js';
import { evaluateBatch, evaluateChild, SHARED_EVALUATION } from '../../src/training/evaluate.js';
import { values } from '../optimizers/problems.js';

type Optimizer = NonNullable<NonNullable<SearchConfigInput['search']>['optimizer']>;

const BASE = { name: 'sgd', learningRate: 0.3, schedule: { name: 'constant' } } as const;
/** An average far from the weights. */
const EMA: Optimizer = { name: 'ema', decay: 0.99, warmUp: false, base: BASE };

function begin(
  optimizer: Optimizer,
  retrain: object = { epochs: 0 },
): { session: SearchSession; events: SearchEvent[] } {
  const config = checkConfig({
    seed: 3,
    space: { name: 'mlp', depth: 2, widths: [8] },
    controller: { name: 'random' },
    data: { subset: { train: 300 } },
    search: { epochs: 2, batchSize: 16, rounds: 1, samplesPerRound: 2, probe: 2, optimizer },
    forgetting: { measure: true, batches: 1, batchSize: 40 },
    derive: { candidates: 2, random: 1 },
    retrain,
  });
  const events: SearchEvent[] = [];
  const parts = { config, space: mlp, controller: random, data: openData(config) };
  return { session: createSession(parts, (event) => events.push(event)), events };
}

function advanceTo(session: SearchSession, phase: Phase): void {
  while (session.state.phase !== phase) advance(session);
}

/** Copies of the averages, in a form that children are evaluated with. */
function averagesOf({ supernet: { store, trainer, state } }: SearchSession) {
  return { parameters: trainer.evaluationParameters!(store.parameters, state), statistics: store.statistics };
}

describe('averages of weights in a search', function () {
  this.timeout(60_000);
  before(() => loadBackend());

  it('are the weights by which children are rewarded, compared and derived', () => {
    const before = tf.memory().numTensors;
    const { session, events } = begin(EMA);
    advanceTo(session, 'controller');
    const architectures = [0, 1].map((seed) => session.space.sample(stream(seed, 'averages')));
    const [averages, trained] = [averagesOf(session), session.supernet.store];
    const accuracies = (weights: Parameters<typeof evaluateBatch>[1]): (number | null)[] =>
      withBatch(session.data.reward, 0, 0, (batch) =>
        architectures.map(
          (architecture) => evaluateBatch(session.child(architecture), weights, batch, SHARED_EVALUATION).accuracy,
        ),
      );
    expect(rewardsOf(session, architectures, 0)).to.deep.equal(accuracies(averages));
    expect(accuracies(averages)).not.to.deep.equal(accuracies(trained));
    tf.dispose(Object.values(averages.parameters));

    advanceTo(session, 'derive');
    const last = averagesOf(session);
    advance(session);
    const { architecture, loss } = session.state.candidates.controller[0]!;
    const child = session.child(session.space.decode(architecture));
    const steps = Math.min(session.config.derive.batches, session.data.derive.steps);
    const lossBy = (weights: Parameters<typeof evaluateBatch>[1]): number =>
      evaluateChild(child, weights, session.data.derive, SHARED_EVALUATION, steps).loss;
    expect(loss).to.equal(lossBy(last));
    expect(loss).not.to.equal(lossBy(trained));

    // Forgetting is that of the averages too: the second measurement of an epoch's last architecture finds what the
    // first found.
    const revisited = events.filter((event) => event.type === 'architecture-revisited').at(-1)!;
    const judged = withBatch(session.data.revisited, revisited.epoch, 0, (batch) =>
      evaluateBatch(session.child(session.space.decode(revisited.architecture)), last, batch, SHARED_EVALUATION),
    );
    expect(revisited.loss2).to.be.closeTo(judged.loss, 1e-6);
    tf.dispose(Object.values(last.parameters));
    session.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('of a single step change nothing: the rewards and weights of the base', () => {
    const [plain, averaged] = [BASE, { name: 'ema', decay: 0, warmUp: false, base: BASE } as const].map((optimizer) => {
      const { session, events } = begin(optimizer);
      advanceTo(session, 'done');
      const result = { weights: values(session.supernet.store.parameters), events };
      session.dispose();
      return result;
    });
    expect(averaged).to.deep.equal(plain);
  });

  const SWAD: Optimizer = { name: 'swad', converge: 1, tolerance: 3, base: BASE };

  it('swad receives a validation loss at the end of every epoch of a search', () => {
    const { session } = begin(SWAD);
    advanceTo(session, 'derive');
    const { counts } = session.supernet.state;
    expect(counts['swad/evaluations']).to.equal(2);
    expect(counts['swad/loss/1']).to.be.above(0);
    session.dispose();
  });

  it('swad gives another network than its base: it observes the validation part after every epoch of retraining, and does not train on it', () => {
    const networks = [SWAD, BASE].map((optimizer) => {
      const { session, events } = begin(BASE, { epochs: 3, batchSize: 30, optimizer });
      advanceTo(session, 'done');
      const started = events.find((event) => event.type === 'retrain-started')!;
      const result = {
        weights: values(session.retrained!.store.parameters),
        counts: session.retrained!.state.counts,
        examples: started.examples,
        parts: session.data,
      };
      session.dispose();
      return result;
    });
    const [swad, base] = networks as [(typeof networks)[0], (typeof networks)[0]];
    expect(swad.counts['swad/evaluations']).to.equal(3);
    expect(swad.weights).not.to.deep.equal(base.weights);
    expect(base.examples - swad.examples).to.equal(base.parts.validation.count);
  });

  it('swad observes the validation part when an architecture is trained alone', async () => {
    const { session } = begin(BASE);
    const architecture = session.space.sample(stream(1, 'averages'));
    const config = { ...session.config, retrain: { ...session.config.retrain, epochs: 3 } };
    const counts: Record<string, number>[] = [];
    const trainWith = (optimizer: Optimizer) =>
      trainAlone(
        session.space,
        architecture,
        checkConfig({ ...config, retrain: { ...config.retrain, optimizer } }),
        session.data,
        {
          epochs: 3,
          onStep: ({ snapshot }) => void counts.push({ ...snapshot().counts }),
        },
      );
    await trainWith(SWAD);
    expect(counts.at(-1)!['swad/evaluations']).to.equal(3);
    session.dispose();
  });
});
