/** Options that disturb each other through shared weights, and choices split between them. */
import { expect } from 'chai';
import fc from 'fast-check';
import { join } from 'node:path';
import { readdirSync, readFileSync } from 'node:fs';
import { random } from '../../controllers/random.js';
import { conflicts } from '../../src/cli/commands/conflicts.js';
import { checkConfig } from '../../src/config/index.js';
import {
  type Operation,
  defineSpace,
  dense,
  flatten,
  measureRunConflicts,
  oneOf,
  runSearch,
  type SearchConfigInput,
  soleInput,
  z,
} from '../../src/index.js';
import { decodeSafetensors } from '../../src/runs/index.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { measureConflicts, minimumCut } from '../../src/search/splitting/index.js';
import { startShared } from '../../src/search/warm-start.js';
import { stream } from '../../src/tensor/rng.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { values } from '../optimizers/problems.js';
import { tinyRun, tinyTable } from '../runs/tiny-run.js';
import { withFolder } from './weft.js';

/** Its input times a number. */
const times = (factor: number): Operation => ({
  kind: 'times',
  config: { factor },
  build: (inputs) => ({ output: soleInput('times', inputs), parameters: {}, forward: ([x]) => tf.mul(x!, factor) }),
});

const OPTIONS = ['a', 'b', 'c', 'd', 'e'] as const;

/**
 * A shared layer behind one of five factors: factors of one sign want the same of it, those of the other the opposite.
 */
function planted(factors: readonly number[]) {
  return defineSpace({
    name: 'planted',
    description: '',
    options: z.strictObject({}),
    choices: () => ({ op: oneOf(OPTIONS), other: oneOf(['x', 'y']) }),
    graph(g, { op, other }, _options, { classes }) {
      const flat = g.apply('flat', flatten(), g.input);
      const x = g.choose(
        'op',
        op,
        Object.fromEntries(OPTIONS.map((name, i) => [name, times(factors[i]!)])) as Record<
          (typeof OPTIONS)[number],
          Operation
        >,
        flat,
      );
      return g.apply('shared', dense({ units: classes }), g.choose('other', other, { x: times(1), y: times(1.1) }, x));
    },
  });
}

describe('splitting choices', () => {
  before(() => loadBackend('cpu'));

  it('finds the cut with the lowest mean affinity', () => {
    const { groups, between, within } = minimumCut([
      [0, 1, 0, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 3],
      [0, 0, 3, 0],
    ]);
    expect(groups).to.deep.equal([
      [0, 1],
      [2, 3],
    ]);
    expect([between, within]).to.deep.equal([0, 2]);
    expect(
      minimumCut([
        [9, -1],
        [-1, 9],
      ]).within,
    ).to.satisfy(Number.isNaN);
    expect(() => minimumCut([[0]])).to.throw(/a choice of 1 options cannot be split/);
    // Any planted halves of any sizes, through any order of the options.
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 2, maxLength: 7 }), fc.nat(), (side, seed) => {
        fc.pre(new Set(side).size === 2);
        const rng = stream(seed, 'cut');
        const noise = side.map(() => side.map(() => 0.2 * rng.uniform()));
        const cut = minimumCut(
          side.map((a, i) => side.map((b, j) => (a === b ? 1 : 0) + noise[Math.min(i, j)]![Math.max(i, j)]!)),
        );
        const groupOf = side.map((_, i) => cut.groups[0].includes(i));
        side.forEach((value, i) => expect(groupOf[i]).to.equal(value === side[0]));
      }),
    );
  });

  it('measures a run, reports its findings, and leaves the run unchanged', () =>
    withFolder(async (folder) => {
      const run = await tinyRun(folder);
      const files = (): string[] => readdirSync(run, { recursive: true }).map(String).sort();
      const before = files();
      const found = await measureRunConflicts(run, { draws: 2 });
      expect(found.length).to.be.greaterThan(0);
      for (const { options, cosine, forgetting, byForgetting } of found) {
        expect(cosine).to.have.length(options.length);
        expect(forgetting.flat().every(Number.isFinite)).to.equal(true);
        expect(byForgetting.groups.flat().sort()).to.deep.equal(options.map((_, i) => i));
      }
      const write = process.stdout.write.bind(process.stdout);
      const said: string[] = [];
      process.stdout.write = (text: string) => said.push(String(text)) > 0;
      try {
        await conflicts(run, { draws: 2, top: 1, json: true });
      } finally {
        process.stdout.write = write;
      }
      expect(said.join('')).to.match(/"type":"conflicts"/);
      expect(files()).to.deep.equal(before);
    }));

  it('continues with a group of options from the shared weights of a search over all', () =>
    withFolder(async (folder) => {
      const source = tinyTable(join(folder, 'data.csv'));
      const space = planted([1, -1, 1.2, -1.2, 0.8]);
      const config = {
        backend: 'cpu',
        data: { source },
        search: { epochs: 1, rounds: 0, probe: 0, batchSize: 16, rewardBatchSize: 8 },
        derive: { candidates: 2, random: 2, batchSize: 8 },
        retrain: { epochs: 0, batchSize: 16 },
      } satisfies SearchConfigInput;
      const { run } = await runSearch({ space, controller: random, config, runs: join(folder, 'all') });
      const events: SearchEvent[] = [];
      const split = (changes: SearchConfigInput) =>
        runSearch({
          space,
          controller: random,
          config: { ...config, ...changes },
          runs: join(folder, 'split'),
          onEvent: (event) => events.push(event),
        });
      await split({ limits: { options: { op: ['a', 'c', 'e'] } }, search: { ...config.search, start: run } });
      const start = events.find((event) => event.type === 'shared-start');
      expect(start).to.include({ taken: 2, fresh: 0 });
      const architectures = events.flatMap((event) =>
        event.type === 'weights-step' || event.type === 'candidate' ? [event.architecture] : [],
      );
      const of = space.create({}, { inputShape: [1, 1, 2], classes: 2 });
      expect(architectures).to.have.length.greaterThan(3);
      for (const encoding of architectures)
        expect(['a', 'c', 'e']).to.include((of.decode(encoding) as { op: string }).op);

      // It begins where the other has ended.
      const checked = checkConfig({ ...config, space: { name: 'planted' }, search: { ...config.search, start: run } });
      const session = createSession({ config: checked, space, controller: random, data: openData(checked) }, () => {});
      startShared(session);
      const { tensors } = decodeSafetensors(readFileSync(join(run, 'supernet.safetensors')), '');
      expect(values(session.supernet.store.parameters)).to.deep.equal(values(tensors));
      tf.dispose(tensors);
      session.dispose();

      const refusal = async (changes: SearchConfigInput): Promise<string> => {
        try {
          await split(changes);
        } catch (error) {
          return (error as Error).message;
        }
        return '';
      };
      expect(await refusal({ limits: { options: { ob: ['a'] } } })).to.match(/'planted' has no choice 'ob'/);
      expect(await refusal({ limits: { options: { op: ['z'] } } })).to.match(/'op' of 'planted' has no option 'z'/);
      expect(await refusal({ search: { ...config.search, start: join(folder, 'none') } })).to.match(
        /search.start: there is no/,
      );
    }));

  it('recovers planted groups of options, by gradients and by forgetting, 20 of 20', () =>
    withFolder((folder) => {
      const before = tf.memory().numTensors;
      const source = tinyTable(join(folder, 'data.csv'));
      for (let seed = 0; seed < 20; seed++) {
        const rng = stream(seed, 'planted');
        const signs = OPTIONS.map((_, i) => (i === 0 ? 1 : i === 1 ? -1 : rng.uniform() < 0.5 ? 1 : -1));
        const order = rng.permutation(OPTIONS.length);
        const factors = Array.from(order, (place) => signs[place]! * (0.7 + 0.6 * rng.uniform()));
        const config = checkConfig({
          backend: 'cpu',
          seed,
          space: { name: 'planted' },
          data: { source },
          search: { epochs: 1, batchSize: 16, rewardBatchSize: 8, optimizer: { name: 'sgd', learningRate: 0.05 } },
          derive: { batchSize: 8 },
          retrain: { epochs: 0, batchSize: 16 },
        } satisfies SearchConfigInput);
        const session: SearchSession = createSession(
          { config, space: planted(factors), controller: random, data: openData(config) },
          () => {},
        );
        const start = values(session.supernet.store.parameters);
        const found = measureConflicts(session, { draws: 4 });
        expect(values(session.supernet.store.parameters)).to.deep.equal(start);
        // The harmless choice comes last.
        expect(found.map(({ decision }) => decision)).to.deep.equal(['op', 'other']);
        const [{ byGradient, byForgetting, cosine, options }] = found as [(typeof found)[number]];
        expect(options).to.deep.equal([...OPTIONS]);
        const wanted = factors.map((factor) => factor > 0 === factors[0]! > 0);
        for (const { groups } of [byGradient, byForgetting])
          expect(
            OPTIONS.map((_, i) => groups[0].includes(i)),
            `${seed}`,
          ).to.deep.equal(wanted);
        cosine.forEach((row, i) => expect(row[i]).to.be.closeTo(1, 1e-5));
        session.dispose();
      }
      expect(tf.memory().numTensors).to.equal(before);
      return Promise.resolve();
    }));
});
