import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Controller,
  type ControllerFactory,
  loadBackend,
  multiplyAddCount,
  parameterCount,
  stream,
  tf,
} from 'weft-nas';
import { enas } from '../../controllers/enas.js';
import { evolution } from '../../controllers/evolution.js';
import { fairnas } from '../../controllers/fairnas.js';
import { localSearch } from '../../controllers/local-search.js';
import { policyGradient } from '../../controllers/policy-gradient.js';
import { random } from '../../controllers/random.js';
import { spos } from '../../controllers/spos.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { checkConfig } from '../../src/config/index.js';
import { latencyOf, latencyTableOf, measureLatency } from '../../src/search/latency.js';
import { type Limits, limitSpace } from '../../src/search/limits.js';
import { said } from '../said.js';

const limits = (some: Partial<Limits>): Limits => checkConfig({ limits: some }).limits;
const task = { inputShape: [8, 8, 1], classes: 3 };
const whole = macroCnn.create({ layers: 3, filters: 4, retrainFilters: 8 }, task);

describe('limits on the network that is found', () => {
  before(() => loadBackend());

  const strategies: [ControllerFactory, object][] = [
    [random, {}],
    [enas, { lstmSize: 8 }],
    [evolution, { population: 10 }],
    [localSearch, {}],
    [spos, { parents: 4 }],
    [fairnas, { parents: 4 }],
    [policyGradient, {}],
  ];
  for (const [factory, options] of strategies) {
    it(`hold for all that ${factory.name} draws, trains and chooses from`, () => {
      const space = limitSpace(whole, limits({ parameters: 1800, multiplyAdds: 40_000 }), {}, 1);
      const final = whole.forRetraining();
      const controller: Controller = factory.create(options, { space: space, seed: 1 });
      for (let round = 0; round < 6; round++) {
        const proposed = controller.propose(6, stream(1, 'p', round));
        for (const architecture of [
          ...proposed,
          ...controller.sample(4, stream(1, 's', round)),
          ...controller.derive(4, stream(1, 'd', round)),
        ]) {
          const nodes = final.activate(architecture as never);
          expect(parameterCount(nodes)).to.be.at.most(1800);
          expect(multiplyAddCount(nodes)).to.be.at.most(40_000);
        }
        // The larger the better, so that the limit is pressed against.
        controller.observe(
          proposed.map((architecture) => ({
            architecture,
            reward: parameterCount(final.activate(architecture as never)),
          })),
        );
      }
      controller.dispose();
    });
  }

  it('are effective: most architectures exceed these', () => {
    const space = limitSpace(whole, limits({ parameters: 1800 }), {}, 1);
    const allowed = Array.from({ length: 200 }, (_, i) => whole.sample(stream(i, 'x'))).filter((architecture) =>
      space.satisfies(architecture),
    ).length;
    expect(allowed).to.be.within(5, 120);
    const beyond = Array.from({ length: 50 }, (_, i) => whole.sample(stream(i, 'x'))).find(
      (architecture) => !space.satisfies(architecture),
    )!;
    expect(said(() => space.validate(beyond))).to.match(/violates the constraint 'at most 1800 parameters'/);
    expect(
      space.decode(
        whole.encode(
          Array.from({ length: 50 }, (_, i) => whole.sample(stream(i, 'x'))).find((one) => space.satisfies(one))!,
        ),
      ),
    ).to.be.an('object');
  });

  it('leave the space unchanged if none is set', () => expect(limitSpace(whole, limits({}), {}, 1)).to.equal(whole));

  it('that no architecture meets are refused, with the smallest values seen', () => {
    expect(said(() => limitSpace(whole, limits({ parameters: 100 }), {}, 1))).to.match(
      /none of 2000 random architectures of 'macro-cnn' is within the limits: the smallest values found are \d+ parameters where 100 are allowed/,
    );
    expect(
      said(() =>
        limitSpace(whole, limits({ latencyMs: 1e-9 }), { latencies: measureLatency(whole.forRetraining(), 1) }, 1),
      ),
    ).to.match(/ms latency where 1e-9 are allowed/);
  });

  describe('latency', () => {
    it('is the sum of a child’s operations by a table, which a run keeps', () => {
      const folder = mkdtempSync(join(tmpdir(), 'weft-latency-'));
      try {
        const before = tf.memory().numTensors;
        const table = latencyTableOf(folder, () => measureLatency(whole, 4));
        expect(tf.memory().numTensors).to.equal(before);
        const { formatVersion, sha256, ...kept } = JSON.parse(
          readFileSync(join(folder, 'latency.json'), 'utf8'),
        ) as Record<string, unknown>;
        expect(kept).to.deep.equal(table);
        expect(formatVersion).to.equal(2);
        expect(sha256).to.match(/^[0-9a-f]{64}$/);
        expect(
          latencyTableOf(folder, () => {
            throw new Error('measured twice');
          }),
        ).to.deep.equal(table);
        for (const ms of Object.values(table.milliseconds)) expect(ms).to.be.above(0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('counts each operation once and a join of n as n - 1', () => {
      const table = measureLatency(whole, 1);
      const even = {
        batchSize: 1,
        milliseconds: Object.fromEntries(
          Object.keys(table.milliseconds).map((key) => [key, key.startsWith('join') ? 100 : 1]),
        ),
      };
      const skips = (...flags: boolean[]) =>
        whole.activate({
          layers: [
            { op: 'conv3', skip: [] },
            { op: 'max3', skip: [false] },
            { op: 'conv3', skip: flags },
          ],
        });
      const operations = (nodes: ReturnType<typeof skips>): number =>
        nodes.filter(({ kind }) => kind === 'operation').length;
      expect(latencyOf(skips(false, false), even)).to.equal(operations(skips(false, false)));
      expect(latencyOf(skips(true, true), even)).to.equal(operations(skips(true, true)) + 200);
    });

    it('refuses a batch that does not fit into memory before anything is allocated', () => {
      for (const batchSize of [1e12, Number.MAX_SAFE_INTEGER]) {
        const { numTensors } = tf.memory();
        expect(said(() => measureLatency(whole, batchSize))).to.match(
          /a batch of \d+ examples .* does not fit .*set limits\.latencyBatchSize to at most \d+/,
        );
        expect(tf.memory().numTensors).to.equal(numTensors);
      }
    });

    it('says so when the table is of another space', () => {
      expect(
        said(() => latencyOf(whole.activate(whole.sample(stream(1, 'x'))), { batchSize: 1, milliseconds: {} })),
      ).to.match(/the latency table has no/);
    });
  });
});
