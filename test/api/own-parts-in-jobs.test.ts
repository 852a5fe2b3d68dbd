/**
 * Proxies, optimizers and other parts of the user's own where trainings are jobs: as files in this process and in
 * others, and refused where they are values.
 */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  defineProxy,
  inProcesses,
  inThisProcess,
  runHalving,
  type SearchConfigInput,
  searchSeeds,
  type WithExecutor,
} from 'weft-nas';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';

const SMALL: SearchConfigInput = {
  backend: 'cpu',
  space: { depth: 1, widths: [2, 3, 4] },
  search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  derive: { candidates: 2, random: 0, batchSize: 8 },
  retrain: { epochs: 1, batchSize: 16 },
};

/** Few parameters are good: the other way round than the proxy of that name. */
const SLIM = `import { defineProxy } from ${JSON.stringify(pathToFileURL('src/index.ts').href)};
export default defineProxy({
  name: 'slim',
  description: 'few weights',
  formula: '-n',
  reference: 'none',
  score: (network, { parameters }) => -network.parameterNames.reduce((sum, name) => sum + parameters[name].size, 0),
});
`;
const DESCENT = `import { defineOptimizer, optimizers, z } from ${JSON.stringify(pathToFileURL('src/index.ts').href)};
export default defineOptimizer({
  name: 'descent',
  options: z.strictObject({ rate: z.number().default(0.05) }),
  create: ({ rate }) => [optimizers.scaleByLearningRate(optimizers.constant(rate))],
});
`;

describe('parts of your own in jobs', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  const fileOf = (name: string, text: string): string => {
    const file = join(folder(), name);
    writeFileSync(file, text);
    return file;
  };
  const config = (more: SearchConfigInput): SearchConfigInput => ({
    ...SMALL,
    ...more,
    data: { source: tinyTable(join(folder(), 'data.csv')) },
    search: { ...SMALL.search, ...more.search },
    retrain: { ...SMALL.retrain, ...more.retrain },
  });
  const here = (name: string): WithExecutor => inThisProcess({ results: join(folder(), name) });
  const elsewhere = (name: string): WithExecutor => inProcesses({ results: join(folder(), name), workers: 1 });

  it('proxies: a search as a job starts and filters with those in files, with the same result in another process', async () => {
    const proxies = [{ name: 'own', part: fileOf('slim.mjs', SLIM) } as const];
    const searched = async (withExecutor: WithExecutor, search: SearchConfigInput['search'], runs: string) =>
      (await searchSeeds({
        ...{ seeds: [1], space: 'mlp', controller: 'evolution', config: config({ search }), withExecutor },
        runs: join(folder(), runs),
      }))!.searches[0]!.result;
    for (const search of [
      { warmStart: { proxies, pool: 6, examples: 8 } },
      { proxyFilter: { proxies, draws: 3, examples: 8 } },
    ]) {
      const [kind] = Object.keys(search);
      const one = await searched(here(`${kind}-here`), search, `${kind}-one`);
      const other = await searched(elsewhere(`${kind}-there`), search, `${kind}-other`);
      expect(other).to.deep.equal(one);
    }
  });

  it('proxies: halving selects its candidates with those in files, and with values too, which its trainings do not need', async () => {
    const narrow = async (proxy: string, withExecutor: WithExecutor, parts: Parameters<typeof runHalving>[0] = {}) => {
      const proxies = [{ name: 'own', part: proxy } as const];
      const outcome = await runHalving({
        ...parts,
        ...{ space: 'mlp', candidates: 2, factor: 2, first: 1, withExecutor, out: join(folder(), 'halved') },
        config: config({ search: { warmStart: { proxies, pool: 6, examples: 8 } } }),
      });
      return outcome!.rungs;
    };
    const file = await narrow(fileOf('slim.mjs', SLIM), here('file'));
    for (const { architecture } of file[0]!.ranking) expect(architecture).to.match(/^mlp~\w+:2\//);
    const slim = defineProxy({
      name: 'slim',
      description: 'few weights',
      formula: '-n',
      reference: 'none',
      score: (network, { parameters }) =>
        -network.parameterNames.reduce((sum, name) => sum + parameters[name]!.size, 0),
    });
    expect(await narrow('slim', here('value'), { parts: [slim] })).to.deep.equal(file);
    expect(await narrow(fileOf('slim.mjs', SLIM), elsewhere('there'))).to.deep.equal(file);
  });

  it('optimizers: stand-alone trainings use those in files, with the result of equivalent built-in ones', async () => {
    const halved = async (
      optimizer: NonNullable<SearchConfigInput['retrain']>['optimizer'],
      withExecutor: WithExecutor,
      search: SearchConfigInput['search'] = {},
      first = 1,
    ) =>
      (await runHalving({
        ...{ space: 'mlp', candidates: 3, factor: 3, first, withExecutor, out: join(folder(), 'trained') },
        config: config({ retrain: { optimizer }, search: { reward: 'log-loss', ...search } }),
      }))!.rungs;
    const own = { name: 'own', part: fileOf('descent.mjs', DESCENT), options: { rate: 0.1 } } as const;
    const mine = await halved(own, here('own'));
    expect(mine).to.deep.equal(
      await halved({ name: 'sgd', learningRate: 0.1, schedule: { name: 'constant' } }, here('shipped')),
    );
    expect(await halved(own, elsewhere('there'))).to.deep.equal(mine);
    // Their options are hyper-parameters like any other.
    const rates = { 'retrain.optimizer.options.rate': [1e-6, 0.3] };
    const [first] = await halved(own, here('searched'), { hyperparameters: rates }, 8);
    const found = first!.ranking.map(({ hyperparameters }) => hyperparameters!['retrain.optimizer.options.rate']);
    expect(found[0]).to.equal(0.3);
    expect(found.at(-1)).to.equal(1e-6);
  });

  it('are refused if a job would need a value that exists only in the program', async () => {
    const proxies = [{ name: 'own', part: 'slim' } as const];
    const asked = searchSeeds({
      ...{ seeds: [1], space: 'mlp', controller: 'evolution', withExecutor: here('refused') },
      config: config({ search: { warmStart: { proxies, pool: 6, examples: 8 } } }),
    });
    expect(await saidLater(asked)).to.match(/jobs cannot use the proxy 'slim', which is a value of your program/);
  });
});
