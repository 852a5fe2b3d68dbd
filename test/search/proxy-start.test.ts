/** Searches that begin with what proxies rank first. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { enas } from '../../controllers/enas.js';
import { evolution } from '../../controllers/evolution.js';
import { mlp } from '../../search-spaces/mlp.js';
import { type ControllerFactory } from '../../src/controller/index.js';
import { configSchema } from '../../src/config/schema.js';
import { sampleDistinct } from '../../src/graph/sample-distinct.js';
import { defineProxy, parameterCount, proxyNamed, runSearch, scoreNetwork, stream } from '../../src/index.js';
import { checkParts } from '../../src/search/check-parts.js';
import { openData } from '../../src/search/data.js';
import { createSession, type SearchParts, type SearchSession } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { firstExamples, withBatch } from '../../src/training/batch.js';
import { temporaryFolder } from '../runs/temporary.js';
import { TINY_CONFIG, tinyTable } from '../runs/tiny-run.js';

const partsOf = (warmStart: object, controller: ControllerFactory = evolution): SearchParts => {
  const config = configSchema.parse({
    space: { name: 'mlp', depth: 2, widths: [4, 6, 8] },
    controller: { name: controller.name },
    data: { source: 'digits', subset: { train: 100 } },
    search: { epochs: 1, batchSize: 16, rewardBatchSize: 8, warmStart },
    retrain: { epochs: 0 },
  });
  return { config, space: mlp, controller, data: openData(config) };
};

describe('a warm start by proxies', function () {
  this.timeout(30_000);
  const folder = temporaryFolder(this);
  before(() => loadBackend('cpu'));

  const opened = (warmStart: object, use: (session: SearchSession) => void): void => {
    const session = createSession(partsOf(warmStart), () => undefined);
    try {
      use(session);
    } finally {
      session.dispose();
    }
  };

  it('proposes a pool in the order of the proxy, then random architectures, without leaving tensors', () => {
    opened({ proxies: ['snip'], pool: 5, examples: 12 }, ({ space, data, controller, config }) => {
      const pool = sampleDistinct(space, 5, stream(config.seed, 'warm-start'));
      const scores = withBatch(data.watched, 0, 0, (whole) => {
        const batch = firstExamples(whole, 12);
        expect(batch.labels.shape).to.deep.equal([12]);
        const found = pool.map(
          ({ architecture }) =>
            scoreNetwork(space, architecture, [proxyNamed('snip')], batch, `${config.seed}/warm-start`)[0]!,
        );
        tf.dispose([batch.inputs, batch.labels]);
        return found;
      });
      const expected = pool
        .map(({ encoding }, i) => ({ encoding, score: scores[i]! }))
        .sort((a, b) => b.score - a.score)
        .map(({ encoding }) => encoding);
      const before = tf.memory().numTensors;
      const proposed = controller.propose(7, stream(1, 'x')).map((one) => space.encode(one));
      expect(proposed.slice(0, 5)).to.deep.equal(expected);
      expect(proposed).to.have.length(7);
      expect(tf.memory().numTensors).to.equal(before);
    });
  });

  it('takes proxies of the user by name, alone or with shipped ones', () => {
    const bySize = defineProxy({
      name: 'small-first',
      description: 'The fewer weights the better.',
      formula: '-n',
      reference: 'none',
      score: ({ nodes }) => -parameterCount(nodes),
    });
    const parts = partsOf({ proxies: [{ name: 'own', part: 'small-first' }], pool: 6, examples: 4 });
    const session = createSession({ ...parts, own: new Map([['small-first', bySize]]) }, () => undefined);
    const sizes = session.controller
      .propose(6, stream(1, 'x'))
      .map((one) => parameterCount(session.space.activate(one)));
    session.dispose();
    expect(sizes).to.deep.equal([...sizes].sort((a, b) => a - b));
    expect(new Set(sizes).size).to.be.above(1);
    expect(() => createSession(parts, () => undefined)).to.throw("the proxy 'small-first' is your own code");
  });

  it('works through a whole search', async () => {
    const { run } = await runSearch({
      space: mlp,
      controller: evolution,
      config: {
        ...TINY_CONFIG,
        data: { source: tinyTable(join(folder(), 'data.csv')) },
        search: { ...TINY_CONFIG.search, warmStart: { proxies: ['jacov', 'parameters'], pool: 4, examples: 8 } },
      },
      runs: join(folder(), 'runs'),
    });
    expect(readFileSync(join(run, 'events.jsonl'), 'utf8')).to.include('"search-finished"');
  });

  it('is refused by name for controllers that start otherwise, unknown proxies, and proxies that rank nothing', () => {
    expect(() => checkParts(partsOf({}, enas))).to.throw("'enas' does not start from particular architectures");
    checkParts(partsOf({}));
    expect(() => partsOf({ proxies: ['naswott'] })).to.throw(/naswot/);
    opened({ proxies: ['naswot'], pool: 20, examples: 8 }, ({ controller }) =>
      expect(() => controller.propose(1, stream(1, 'x'))).to.throw('none of its proxies can rank these networks'),
    );
  });
});
