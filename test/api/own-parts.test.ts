/**
 * Optimizers, preconditioners and regularizers of the user's own: as values, as files, in a resumed run, and refused
 * where nothing defines them.
 */
import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { derive } from '../../src/cli/commands/derive.js';
import { search } from '../../src/cli/commands/search.js';
import { ownPartsIn, renameOwnParts, checkConfig } from '../../src/config/index.js';
import { AT_REST } from '../../src/forgetting/regularizer.js';
import {
  defineOptimizer,
  definePreconditioner,
  defineRegularizer,
  deriveRun,
  mapNamed,
  type OwnPart,
  optimizers,
  resumeSearch,
  runSearch,
  type SearchConfigInput,
  type SearchRequest,
  tf,
  trainArchitecture,
  z,
} from 'weft-nas';
import { textPrintedBy } from '../cli/printed.js';
import { onlyRun } from '../search/weft.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';

const config: SearchConfigInput = {
  backend: 'cpu',
  space: { depth: 1, widths: [4] },
  search: { epochs: 2, rounds: 0, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  derive: { candidates: 2, random: 0, batchSize: 8 },
  retrain: { epochs: 2, batchSize: 16 },
};
const descent = defineOptimizer({
  name: 'descent',
  options: z.strictObject({ rate: z.number().default(0.05) }),
  create: ({ rate }) => [optimizers.scaleByLearningRate(optimizers.constant(rate))],
});
/** The same as shipped: constant rate, no momentum. */
const SHIPPED = { name: 'sgd', learningRate: 0.05, schedule: { name: 'constant' } } as const;

describe('parts of your own', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  const run = async (more: SearchConfigInput, request: Partial<SearchRequest> = {}): Promise<string> => {
    const source = tinyTable(join(folder(), 'data.csv'));
    const changed = {
      ...config,
      ...more,
      data: { source },
      search: { ...config.search, ...more.search },
      retrain: { ...config.retrain, ...more.retrain },
    };
    const runs = join(folder(), 'runs');
    return (await runSearch({ space: 'mlp', controller: 'random', config: changed, runs, ...request })).run;
  };
  const losses = (directory: string): number[] =>
    readFileSync(join(directory, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; loss: number })
      .filter(({ type }) => ['weights-epoch', 'retrain-epoch'].includes(type))
      .map(({ loss }) => loss);

  it('train like equivalent built-in ones, also as the base of another', async () => {
    const tensors = tf.memory().numTensors;
    const own = { name: 'own', part: 'descent' } as const;
    const pairs = [
      [own, SHIPPED],
      [{ name: 'sam', base: own } as const, { name: 'sam', base: SHIPPED } as const],
    ] as const;
    for (const [mine, theirs] of pairs) {
      const first = await run({ search: { optimizer: mine }, retrain: { optimizer: mine } }, { parts: [descent] });
      const second = await run({ search: { optimizer: theirs }, retrain: { optimizer: theirs } });
      expect(losses(first)).to.deep.equal(losses(second));
    }
    const halved = definePreconditioner({
      name: 'halved',
      options: z.strictObject({ by: z.number().default(2) }),
      create: ({ by }) => ({ name: 'halved', update: (updates) => mapNamed(updates, (update) => tf.div(update, by)) }),
    });
    const preconditioner = { name: 'own', part: 'halved', options: { by: 4 } } as const;
    const first = await run({ retrain: { optimizer: { ...SHIPPED, learningRate: 0.2, preconditioner } } }, { parts: [halved] }); // prettier-ignore
    const second = await run({ retrain: { optimizer: SHIPPED } });
    losses(first).forEach((loss, i) => expect(loss).to.be.closeTo(losses(second)[i]!, 1e-6));
    expect(tf.memory().numTensors).to.equal(tensors);
  });

  it('act on the shared weights as regularizers', async () => {
    let settled = 0;
    const frozen = defineRegularizer({
      name: 'frozen',
      options: z.strictObject({}),
      create: () => ({
        name: 'frozen',
        watched: [],
        startEpoch() {},
        settle({ before }) {
          settled++;
          return mapNamed(before, (weight) => tf.clone(weight));
        },
        remember() {},
        status: () => AT_REST,
        tensors: () => [],
        snapshot: () => ({ tensors: {}, state: null }),
        restore() {},
        dispose() {},
      }),
    });
    const regularizer = { name: 'own', part: 'frozen' } as const;
    const [first, second] = losses(await run({ search: { regularizer } }, { parts: [frozen] }));
    expect(settled).to.be.above(0);
    const [moved, further] = losses(await run({}));
    expect(Math.abs(first! - second!)).to.be.below(Math.abs(moved! - further!));
  });

  it('are required when a run resumes, and named in the error if undefined or of another kind', async () => {
    const optimizer = { name: 'own', part: 'descent' } as const;
    const request = { parts: [descent] as readonly OwnPart[] };
    const both = { search: { optimizer }, retrain: { optimizer } };
    const whole = await run(both, request);
    const stopped = await run(both, { ...request, shouldStop: () => true });
    expect(await saidLater(resumeSearch(stopped))).to.match(/'descent' is your own code, but it is not defined/);
    await resumeSearch(stopped, request);
    expect(losses(stopped)).to.deep.equal(losses(whole));
    expect(await saidLater(deriveRun(whole))).to.match(/it is not defined/);
    expect((await deriveRun(whole, request)).ranking).to.have.length.above(0);
    expect(await saidLater(deriveRun(whole, { ...request, retrainTop: 1 }))).to.match(/cannot use the optimizer/);
    const { ranking } = await deriveRun(whole, request);
    const trained = trainArchitecture(ranking[0]!.architecture, { run: whole, ...request, runs: folder() });
    expect((await trained).summary).to.not.equal(undefined);
    const wrong = { name: 'own', part: 'descent', options: { rat: 1 } } as const;
    expect(await saidLater(run({ search: { optimizer: wrong } }, request))).to.match(
      /options of the optimizer 'descent'/,
    );
    const regularizer = { name: 'own', part: 'descent' } as const;
    expect(await saidLater(run({ search: { regularizer } }, request))).to.match(
      /'descent' has the kind optimizer, but the kind regularizer is needed/,
    );
  });

  it('can be files named on the command line, made absolute, and loaded for a run only if named', async () => {
    const index = pathToFileURL('src/index.ts').href;
    const file = join(folder(), 'descent.mjs');
    writeFileSync(
      file,
      `import { defineOptimizer, optimizers, z } from ${JSON.stringify(index)};
export default defineOptimizer({
  name: 'descent',
  options: z.strictObject({ rate: z.number().default(0.05) }),
  create: ({ rate }) => [optimizers.scaleByLearningRate(optimizers.constant(rate))],
});
`,
    );
    const runs = join(folder(), 'runs');
    const set = [
      `search.optimizer={name: own, part: ${JSON.stringify(file)}, options: {rate: 0.1}}`,
      ...['space.depth=1', 'space.widths=[4]', 'search.epochs=1', 'search.rounds=0', 'search.batchSize=16'],
      ...['derive.candidates=1', 'derive.random=0', 'retrain.epochs=0', 'retrain.batchSize=16'],
    ];
    const data = tinyTable(join(folder(), 'data.csv'));
    await textPrintedBy(() =>
      search({ space: 'mlp', controller: 'random', data, set, runs, backend: 'cpu', json: true }),
    );
    const done = onlyRun(runs);
    const options = { top: 1, results: join(folder(), 'jobs'), json: true };
    expect(await saidLater(textPrintedBy(() => derive(done, options)))).to.match(/names the optimizer .*descent\.mjs/);
    expect(await textPrintedBy(() => derive(done, { ...options, file: [file] }))).to.include('candidate');
    writeFileSync(file, 'export const nothing = 1;\n');
    expect(await saidLater(textPrintedBy(() => derive(done, { ...options, file: [file] })))).to.match(
      /has changed since/,
    );
  });

  it('are found in a configuration wherever they are named', () => {
    const own = (part: string) => ({ name: 'own', part }) as const;
    const checked = checkConfig({
      search: {
        optimizer: { name: 'sam', base: { name: 'sgd', preconditioner: own('p') } },
        regularizer: own('r'),
        warmStart: { proxies: ['snip', own('s')] },
      },
      retrain: { optimizer: { name: 'ema', base: { name: 'sam', base: own('o') } } },
    });
    const found = ownPartsIn(checked);
    expect(found).to.have.deep.members([
      { kind: 'preconditioner', part: 'p' },
      { kind: 'regularizer', part: 'r' },
      { kind: 'proxy', part: 's' },
      { kind: 'optimizer', part: 'o' },
    ]);
    const renamed = ownPartsIn(renameOwnParts(checked, (kind, part) => `${kind}-${part}`));
    expect(renamed.map(({ part }) => part)).to.have.members(found.map(({ kind, part }) => `${kind}-${part}`));
  });
});
