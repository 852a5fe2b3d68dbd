/** Strategies whose proposals are filtered by scores. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { darts } from '../../controllers/darts.js';
import { enas } from '../../controllers/enas.js';
import { evolution } from '../../controllers/evolution.js';
import { localSearch } from '../../controllers/local-search.js';
import { predictorGuided } from '../../controllers/predictor-guided.js';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { filterProposals } from '../../src/controller/index.js';
import { configSchema } from '../../src/config/schema.js';
import { type SearchRequest } from '../../src/api/search.js';
import { defineProxy, resumeSearch, runSearch, stream } from '../../src/index.js';
import { type OwnProxy } from '../../src/parts/own.js';
import { checkParts } from '../../src/search/check-parts.js';
import { openData } from '../../src/search/data.js';
import { createSession } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';

const space = mlp.create({ depth: 3, widths: [2, 4, 6, 8] }, { inputShape: [4], classes: 2 });
type Network = ReturnType<typeof space.sample>;
/** The more units, the better. */
const units = (network: Network): number => space.genotype(network).reduce((sum, value) => sum + value, 0);
const score = (networks: readonly Network[]): number[] => networks.map(units);

for (const factory of [random, evolution, localSearch, predictorGuided, enas])
  describe(`filtered proposals of ${factory.name}`, () => {
    before(() => loadBackend('cpu'));
    const create = (draws = 8) => {
      const inner = factory.create({}, { space, seed: 1 });
      return filterProposals(inner, space, { draws, score });
    };

    it('are the best of many, best first, with new ones before evaluated ones', () => {
      const controller = create();
      let proposed: Network[] = [];
      for (let round = 0; round < 3; round++) {
        proposed = controller.propose(4, stream(round, 'filter'));
        expect(proposed).to.have.length(4);
        const plain = factory.create({}, { space, seed: 1 });
        if (round === 0) {
          const all = plain.propose(32, stream(0, 'filter')).map(units);
          expect(units(proposed[0]!)).to.equal(Math.max(...all));
        }
        plain.dispose();
        controller.observe(proposed.map((architecture) => ({ architecture, reward: units(architecture) })));
      }
      controller.dispose();
    });

    it('continue from a snapshot as without interruption', () => {
      const [controller, again] = [create(3), create(3)];
      const first = controller.propose(3, stream(1, 'a'));
      controller.observe(first.map((architecture) => ({ architecture, reward: units(architecture) })));
      const { tensors, state } = controller.snapshot();
      again.restore({ tensors, state: JSON.parse(JSON.stringify(state)) as typeof state });
      const next = (of: typeof controller): string[] =>
        of.propose(3, stream(2, 'b')).map((architecture) => space.encode(architecture));
      expect(next(again)).to.deep.equal(next(controller));
      controller.dispose();
      again.dispose();
    });
  });

describe('a filter by proxies', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  before(() => loadBackend('cpu'));

  it('proposes what its proxies rank first among the strategy’s draws', () => {
    const config = configSchema.parse({
      space: { name: 'mlp', depth: 2, widths: [2, 4, 8] },
      controller: { name: 'random' },
      data: { source: 'digits', subset: { train: 100 } },
      search: { epochs: 1, batchSize: 16, rewardBatchSize: 8, proxyFilter: { proxies: ['parameters'], draws: 6, examples: 8 } }, // prettier-ignore
      retrain: { epochs: 0 },
    });
    const parts = { config, space: mlp, controller: random, data: openData(config) };
    checkParts(parts);
    const session = createSession(parts, () => undefined);
    const plain = random.create({}, { space: session.space, seed: config.seed });
    const drawn = plain.propose(12, stream(1, 'x')).map((one) => session.space.encode(one));
    const proposed = session.controller.propose(2, stream(1, 'x')).map((one) => session.space.encode(one));
    expect(drawn).to.include.members(proposed);
    session.dispose();
    const before = tf.memory().numTensors;
    expect(() => createSession({ ...parts, controller: darts }, () => undefined)).to.throw("'darts' trains a mixture");
    expect(tf.memory().numTensors).to.equal(before);
    expect(() => configSchema.parse({ search: { proxyFilter: { proxies: ['naswott'] } } })).to.throw(/naswot/);
  });

  it('scores a network once, however often it is drawn, and orders as if it had scored all again', () => {
    const searched = (own?: Map<string, OwnProxy>) => {
      const part = own ? { name: 'own' as const, part: 'counted' } : ('parameters' as const);
      const config = configSchema.parse({
        space: { name: 'mlp', depth: 1, widths: [2, 4, 8] },
        data: { source: 'digits', subset: { train: 100 } },
        search: { epochs: 1, batchSize: 16, rewardBatchSize: 8, proxyFilter: { proxies: [part], draws: 6, examples: 8 } }, // prettier-ignore
        retrain: { epochs: 0 },
      });
      const session = createSession({ config, space: mlp, controller: random, data: openData(config), own }, () => undefined); // prettier-ignore
      const proposed = Array.from({ length: 6 }, (_, i) => session.controller.propose(3, stream(i, 'x')));
      session.dispose();
      return { proposed, size: session.space.size() };
    };
    let scored = 0;
    const counted = defineProxy({
      name: 'counted',
      description: 'parameters',
      formula: 'n',
      reference: 'none',
      score(network, { parameters }) {
        scored++;
        return network.parameterNames.reduce((sum, name) => sum + parameters[name]!.size, 0);
      },
    });
    const { proposed, size } = searched(new Map([['counted', counted]]));
    expect(scored).to.be.within(5, Number(size));
    expect(proposed).to.deep.equal(searched().proposed);
  });

  it('works through a whole search, and reports once what its proxies cannot score, even if stopped after each step', async () => {
    const request = (runs: string): SearchRequest => ({
      space: mlp,
      controller: evolution,
      config: {
        backend: 'cpu',
        seed: 2,
        space: { depth: 1, widths: [2, 3] },
        data: { source: tinyTable(join(folder(), 'data.csv')), classWeights: 'balanced' },
        search: { epochs: 2, rounds: 2, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8, proxyFilter: { proxies: ['naswot', 'parameters'], draws: 4, examples: 8 }, warmStart: { pool: 6, examples: 8 } }, // prettier-ignore
        derive: { candidates: 2, random: 0, batchSize: 8 },
        retrain: { epochs: 0, batchSize: 16 },
      },
      runs: join(folder(), runs),
    });
    const events = (run: string): string => readFileSync(join(run, 'events.jsonl'), 'utf8');
    const before = tf.memory().numTensors;
    const whole = await runSearch(request('whole'));
    expect(tf.memory().numTensors).to.equal(before);
    const said = events(whole.run).match(/"warning".*naswot was left out/g);
    expect(said).to.have.length(2);
    let part = await runSearch({ ...request('parts'), shouldStop: () => true });
    while (!part.summary)
      part = await resumeSearch(part.run, { space: mlp, controller: evolution, shouldStop: () => true });
    expect(events(part.run)).to.equal(events(whole.run));
    expect(part.summary.resultHash).to.equal(whole.summary!.resultHash);
  });
});
