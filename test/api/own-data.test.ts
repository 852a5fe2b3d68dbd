/** Data sets that are code: a value, or a file that is loaded only where the user has named it. */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  defineData,
  evaluateRun,
  inProcesses,
  inThisProcess,
  resumeSearch,
  runHalving,
  runSearch,
  type SearchConfigInput,
  trainArchitecture,
} from 'weft-nas';
import { temporaryFolder } from '../runs/temporary.js';
import { saidLater } from '../said.js';

const config: SearchConfigInput = {
  backend: 'cpu',
  space: { depth: 1, widths: [4] },
  search: { epochs: 1, rounds: 0, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  derive: { candidates: 2, random: 0, batchSize: 8 },
  retrain: { epochs: 1, batchSize: 16 },
};
const parts = { space: 'mlp', controller: 'random' };
const CODE = `({
  name: 'points',
  load() {
    const inputs = Array.from({ length: 80 }, (_, i) => [((37 * i) % 101) / 101, ((53 * i) % 97) / 97]);
    return { name: 'points', train: { inputs, labels: inputs.map(([x, y]) => (y > x ? 'above' : 'below')) } };
  },
})`;

describe('a data set of your own', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  const file = (name = 'points.mjs'): string => {
    const path = join(folder(), name);
    const index = JSON.stringify(pathToFileURL('src/index.ts').href);
    writeFileSync(path, `import { defineData } from ${index};\nexport default defineData(${CODE});\n`);
    return path;
  };

  it('gives the same run as a file and as a value', async () => {
    const runs = join(folder(), 'runs');
    const source = file();
    const named = await runSearch({ ...parts, config: { ...config, data: { source } }, runs });
    const inputs = Array.from({ length: 80 }, (_, i) => [((37 * i) % 101) / 101, ((53 * i) % 97) / 97]);
    const labels = inputs.map(([x, y]) => (y! > x! ? 'above' : 'below'));
    const value = defineData({ name: 'points', load: async () => ({ name: 'points', train: { inputs, labels } }) });
    const given = await runSearch({ ...parts, config, data: value, runs });
    expect(given.summary!.test).to.deep.equal(named.summary!.test);
    expect(await evaluateRun(named.run, { file: [source] })).to.include({ own: true, count: 16 });
    expect(await evaluateRun(given.run, { data: source })).to.include({ own: true });
  });

  it('is loaded for a run only if the file is named, and must not have changed', async () => {
    const runs = join(folder(), 'runs');
    const source = file();
    const request = { ...parts, config: { ...config, data: { source } }, runs };
    const stopped = await runSearch({ ...request, shouldStop: () => true });
    expect(await saidLater(resumeSearch(stopped.run))).to.match(
      /names the data set .*points\.mjs\. This is a file with code/,
    );
    const resumed = await resumeSearch(stopped.run, { file: [source] });
    const architecture = resumed.summary!.derived.architecture;
    expect(await saidLater(trainArchitecture(architecture, { run: stopped.run, runs }))).to.match(/a file with code/);
    const alone = await trainArchitecture(architecture, { run: stopped.run, runs, trust: true });
    expect(alone.summary!.derived.architecture).to.equal(architecture);
    writeFileSync(source, 'export const nothing = 1;\n');
    expect(await saidLater(evaluateRun(stopped.run, { file: [source] }))).to.match(/has changed since/);
    const empty = join(folder(), 'empty.mjs');
    writeFileSync(empty, 'export const nothing = 1;\n');
    expect(await saidLater(runSearch({ ...parts, config: { data: { source: empty } } }))).to.match(
      /exports no data sets/,
    );
  });

  it('as a file, works in jobs of this and other processes, with the same bytes', async () => {
    const source = file();
    const request = { ...parts, config: { ...config, data: { source } }, candidates: 2, factor: 2, first: 1 };
    const results = join(folder(), 'jobs');
    const here = await runHalving({ ...request, runs: folder(), withExecutor: inThisProcess({ results }) });
    expect(here!.rungs).to.have.length(2);
    const withExecutor = inProcesses({ results: join(folder(), 'others'), workers: 1 });
    const there = await runHalving({ ...request, out: join(folder(), 'there'), withExecutor });
    expect(there!.rungs).to.deep.equal(here!.rungs);
  });
});
