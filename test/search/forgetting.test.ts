/** Forgetting inside a search: what the events mean, and what is said when something is wrong. */
import { expect } from 'chai';
import { checkConfig } from '../../src/config/index.js';
import { allExamples, openDataset, splitDataset } from '../../src/data/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { exceptTest } from '../../src/search/labelled-data.js';
import { createSession } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';

function run(search: object, forgetting: object = {}, data: object = {}): SearchEvent[] {
  const config = checkConfig({
    seed: 2,
    space: { name: 'mlp', depth: 2, widths: [8] },
    controller: { name: 'random' },
    data: { subset: { train: 300 }, ...data },
    search: {
      epochs: 2,
      batchSize: 16,
      batchesPerArchitecture: 4,
      rounds: 1,
      samplesPerRound: 2,
      probe: 0,
      optimizer: { name: 'sgd', learningRate: 0.2, schedule: { name: 'constant' } },
      ...search,
    },
    forgetting: { batches: 1, batchSize: 60, ...forgetting },
    derive: { candidates: 1, random: 0 },
    retrain: { epochs: 0 },
  });
  const events: SearchEvent[] = [];
  const session = createSession({ config, space: mlp, controller: random, data: openData(config) }, (event) =>
    events.push(event),
  );
  session.forgetting?.announce();
  while (session.state.phase !== 'derive') advance(session);
  session.dispose();
  return events;
}

const of = <T extends SearchEvent['type']>(
  events: readonly SearchEvent[],
  type: T,
): Extract<SearchEvent, { type: T }>[] =>
  events.filter((event): event is Extract<SearchEvent, { type: T }> => event.type === type);

describe('forgetting inside a search', function () {
  this.timeout(30_000);
  before(() => loadBackend());

  it('evaluates every architecture before, right after, and at the end of the epoch', () => {
    const events = run({ regularizer: { name: 'wpl', alpha: 10 } }, { zeroShot: true });
    const [config] = of(events, 'forgetting-config');
    expect(config).to.include({
      regularizer: 'wpl',
      fisherKind: 'empirical-sample',
      scope: 'all-shared',
      fisherExamples: 128,
    });
    const [before, trained, again, epochs] = [
      of(events, 'zero-shot'),
      of(events, 'architecture-trained'),
      of(events, 'architecture-revisited'),
      of(events, 'forgetting-epoch'),
    ];
    expect(before).to.have.length(trained.length);
    expect(again.map(({ epoch, index, architecture }) => ({ epoch, index, architecture }))).to.deep.equal(
      trained.map(({ epoch, index, architecture }) => ({ epoch, index, architecture })),
    );
    expect(epochs).to.have.length(2);
    for (const { epoch, count, meanDiff } of epochs) {
      const differences = trained
        .filter((one) => one.epoch === epoch)
        .map((one, i) => again.filter((other) => other.epoch === epoch)[i]!.loss2 - one.loss1);
      expect(count).to.equal(differences.length);
      expect(meanDiff).to.be.closeTo(differences.reduce((sum, value) => sum + value, 0) / count, 1e-6);
      // Nothing comes after the last architecture of an epoch.
      expect(differences.at(-1)).to.be.closeTo(0, 1e-6);
    }
    expect(trained[0]).to.include({ sharedWith: 0, penalty: 0 });
    expect(trained[1]!.penalty).to.be.above(0);
    const [tensors] = of(events, 'forgetting-tensors');
    expect(tensors!.tensors.every(({ fisherLog10Histogram }) => fisherLog10Histogram!.length === 16)).to.equal(true);
  });

  it('evaluates the earlier architectures after every training if the matrix is requested', () => {
    const events = run({}, { measure: true, matrix: true });
    const [trained, again, matrices] = [
      of(events, 'architecture-trained'),
      of(events, 'architecture-revisited'),
      of(events, 'forgetting-matrix'),
    ];
    expect(matrices).to.have.length(2);
    for (const { epoch, accuracy } of matrices) {
      const diagonal = trained.filter((one) => one.epoch === epoch).map(({ err1 }) => 1 - err1);
      const end = again.filter((one) => one.epoch === epoch).map(({ err2 }) => 1 - err2);
      expect(accuracy).to.have.length(diagonal.length);
      accuracy.forEach((row, t) => {
        expect(row[t]).to.be.closeTo(diagonal[t]!, 1e-6);
        expect(row.slice(t + 1).every((value) => value === null)).to.equal(true);
      });
      accuracy.at(-1)!.forEach((value, j) => expect(value).to.be.closeTo(end[j]!, 1e-6));
    }
  });

  it('measures nothing by default', () => {
    const types = new Set(run({}).map(({ type }) => type));
    expect(types).not.to.include('architecture-trained');
    expect(types).not.to.include('forgetting-config');
    expect(of(run({}, { measure: true }), 'architecture-trained')).not.to.have.length(0);
  });

  it('warns of explicit steps near their limit, and names the proximal one', () => {
    const warnings = of(
      run({
        epochs: 1,
        optimizer: { name: 'sgd', learningRate: 0.01 },
        regularizer: { name: 'wpl', alpha: 1000, step: 'explicit' },
      }),
      'warning',
    ).map(({ message }) => message);
    expect(warnings.join()).to.match(
      /explicit steps[^]*learning rate x alpha x largest Fisher information is [\d.e+]+[^]*step: proximal/,
    );
  });

  it('reports missing Fisher information, and weights that were never sampled', () => {
    const late = of(run({ epochs: 1, regularizer: { name: 'wpl', start: 5 } }), 'warning').map(
      ({ message }) => message,
    );
    expect(late.join()).to.match(/no Fisher information at all[^]*start/);
    const few = of(run({ epochs: 1, batchesPerArchitecture: 100, regularizer: { name: 'wpl' } }), 'warning').map(
      ({ message }) => message,
    );
    expect(few.join() || 'everything was sampled').to.match(
      /watched tensors were never sampled|everything was sampled/,
    );
  });

  it('refuses test data for Fisher information', () => {
    const digits = openDataset('digits');
    const splits = splitDataset(digits, { seed: 1, fisher: 0.1 });
    expect(exceptTest(splits.fisher!, splits.test)).to.equal(splits.fisher);
    expect(() => exceptTest(allExamples(digits), splits.test)).to.throw(/test data/);
    expect(() => exceptTest({ ...splits.test, name: 'fisher' }, splits.test)).to.throw(/test data/);
  });
});
