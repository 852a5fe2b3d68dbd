/** Where a supernet stands among rankers that train nothing, for the candidates of a search. */
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { checkConfig } from '../../src/config/index.js';
import { sampleDistinct } from '../../src/graph/sample-distinct.js';
import { costsIn } from '../../src/ranking/index.js';
import { eventLog } from '../../src/report/event-log.js';
import { sharedOrders, trivialRankersSection } from '../../src/report/ranking/trivial-rankers.js';
import { scoreByProxies } from '../../src/search/proxy-scores.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { createSession } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { type SearchSpace } from '../../src/graph/define-space.js';

const space = mlp.create({ depth: 3, widths: [2, 3, 5, 9] }, { inputShape: [8, 8, 1], classes: 10 }) as SearchSpace;
const drawn = sampleDistinct(space, 30, stream(1, 'standing'));
const parameters = drawn.map(({ architecture }) => costsIn(space)(architecture).parameters);

/** Candidates that are as good as `quality` says. */
const logOf = (quality: (place: number) => number, count = drawn.length, more: readonly object[] = []) =>
  eventLog([
    ...drawn.slice(0, count).map(({ encoding: architecture, hash }, index) => ({
      type: 'candidate',
      source: 'random',
      index,
      architecture,
      hash,
      accuracy: quality(index),
      loss: 1,
    })),
    ...more,
  ]);
const chapter = (log: ReturnType<typeof eventLog>): string =>
  (trivialRankersSection({ manifest: {}, config: {}, events: [], space }, log) as { markup: string } | undefined)
    ?.markup ?? '';

describe('where a supernet stands among trivial rankers', function () {
  this.timeout(30_000);

  it('an order that is that of the parameters is explained by them altogether, and one that is not is not', () => {
    const [same] = sharedOrders(
      logOf((i) => parameters[i]! / 1e6),
      space,
    )!;
    expect(same!.name).to.equal('parameters');
    expect(same!.tau.value).to.equal(1);
    expect(same!.explained).to.be.closeTo(1, 1e-12);
    expect(chapter(logOf((i) => parameters[i]! / 1e6))).to.match(/parameters alone explains 100.% of the supernet/);
    const rng = stream(2, 'noise');
    const noise = drawn.map(() => rng.uniform());
    expect(
      sharedOrders(
        logOf((i) => noise[i]!),
        space,
      )![0]!.explained,
    ).to.be.below(0.2);
  });

  it('claims nothing from few or equal candidates, and says that ground truth requires training', () => {
    expect(chapter(logOf((i) => i / 100, 8))).to.match(/Nothing can be claimed: 8 different candidates are too few/);
    expect(chapter(logOf(() => 0.5))).to.match(/Nothing can be claimed: all candidates/);
    expect(chapter(logOf((i) => i / 100))).to.include('weft rank RUN');
    expect(chapter(logOf((i) => i / 100, 1))).to.equal('');
    expect(
      trivialRankersSection(
        { manifest: {}, config: {}, events: [] },
        logOf((i) => i / 100),
      ),
    ).to.equal(undefined);
  });

  it('shows proxies that have scored enough of the candidates, whatever the others', () => {
    const scored = (count: number) => ({
      type: 'proxy-scores',
      proxy: 'naswot',
      examples: 16,
      scores: Object.fromEntries(drawn.slice(0, count).map(({ hash }, i) => [hash, -i])),
    });
    const orders = sharedOrders(
      logOf((i) => i / 100, 30, [scored(20)]),
      space,
    )!;
    expect(orders.map(({ name, count }) => [name, count])).to.deep.equal([
      ['parameters', 30],
      ['multiply-adds', 30],
      ['naswot', 20],
    ]);
    expect(orders[2]!.tau.value).to.equal(-1);
    expect(
      sharedOrders(
        logOf((i) => i / 100, 30, [scored(5)]),
        space,
      )!.map(({ name }) => name),
    ).not.to.include('naswot');
  });

  describe('in a search', () => {
    before(() => loadBackend());

    const scoredIn = (epochs: number, proxies: string[]): SearchEvent[] => {
      const config = checkConfig({
        space: { name: 'mlp', depth: 3, widths: [2, 3, 5, 9] },
        controller: { name: 'random' },
        data: { subset: { train: 200 } },
        search: { epochs, batchSize: 16 },
        derive: { proxies },
        retrain: { epochs: 0 },
      });
      const events: SearchEvent[] = [];
      const session = createSession({ config, space: mlp, controller: random, data: openData(config) }, (event) =>
        events.push(event),
      );
      session.state.candidates.random = drawn.map(({ encoding: architecture, hash }) => ({
        architecture,
        hash,
        accuracy: 0.5,
        loss: 1,
      }));
      const before = tf.memory().numTensors;
      scoreByProxies(session);
      expect(tf.memory().numTensors).to.equal(before);
      session.dispose();
      return events;
    };

    it('some of the candidates are scored once if that takes a small part of it', () => {
      const [event, ...more] = scoredIn(200, ['snip']);
      expect(more).to.deep.equal([]);
      expect(event).to.include({ type: 'proxy-scores', proxy: 'snip' });
      expect(Object.keys((event as { scores: object }).scores)).to.have.length(24);
      expect(scoredIn(200, ['snip'])).to.deep.equal([event]);
    });

    it('none are in a short one, or if turned off', () => {
      expect(scoredIn(2, ['snip'])).to.deep.equal([]);
      expect(scoredIn(200, [])).to.deep.equal([]);
      // Hardly any of these networks has rectifiers, which are all that NASWOT looks at.
      expect(scoredIn(200, ['naswot'])).to.deep.equal([]);
    });
  });
});
