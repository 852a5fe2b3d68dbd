/** Weights that a run begins from are part of it: by their content, wherever they lie. */
import { copyFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { loadParts } from '../../src/api/parts.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { resumeSearch, runSearch } from '../../src/index.js';
import { createSerialExecutor, openResults, runRunners, searchJob, standAloneJob } from '../../src/jobs/index.js';
import { openRun, runFiles } from '../../src/runs/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';

describe('a file of weights to start from', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  const home = process.cwd();
  before(() => loadBackend('cpu'));
  afterEach(() => process.chdir(home));

  const config = async (): Promise<SearchConfigInput> => {
    const [first, second] = [await tinyRun(folder()), await tinyRun(folder(), { seed: 4 })];
    for (const [name, run] of [
      ['here', first],
      ['other', second],
    ] as const)
      copyFileSync(join(run, 'model.safetensors'), join(folder(), name));
    const { data, ...rest } = checkConfig(openRun(first).config);
    return { ...rest, data: { ...data, source: join(folder(), 'data.csv') } };
  };

  for (const phase of ['search', 'retrain'] as const)
    it(`of ${phase} is found from any folder, and refused if it has changed since the run began`, async () => {
      const own = await config();
      const { numTensors } = tf.memory();
      process.chdir(folder());
      const begun = await runSearch({
        space: mlp,
        controller: random,
        config: { ...own, [phase]: { ...own[phase], start: 'here' } },
        runs: 'cut',
        shouldStop: () => true,
      });
      process.chdir(home);
      const { checkpoints } = runFiles(begun.run);
      // As if it was killed before its first checkpoint: the shared weights are to be taken over again.
      if (phase === 'search')
        for (const name of readdirSync(checkpoints)) rmSync(join(checkpoints, name), { recursive: true });
      expect(openRun(begun.run).config).to.have.nested.property(`${phase}.start`, join(folder(), 'here'));
      renameSync(join(folder(), 'here'), join(folder(), 'kept'));
      const resumed = () => resumeSearch(begun.run, { space: mlp, controller: random });
      expect(await saidLater(resumed())).to.match(new RegExp(`${phase}\\.start: there is no`));
      copyFileSync(join(folder(), 'other'), join(folder(), 'here'));
      expect(await saidLater(resumed())).to.match(
        new RegExp(`here, which ${phase}\\.start names, has changed since the run began`),
      );
      copyFileSync(join(folder(), 'kept'), join(folder(), 'here'));
      expect((await resumed()).summary).to.not.equal(undefined);
      expect(tf.memory().numTensors).to.equal(numTensors);
    });

  it('is part of the name of a job by its content, and is compared before the job is run', async () => {
    const own = await config();
    const partsFrom = (name: string) =>
      loadParts(checkConfig({ ...own, retrain: { ...own.retrain, start: join(folder(), name) } }));
    const parts = await partsFrom('here');
    const job = searchJob(parts);
    copyFileSync(join(folder(), 'here'), join(folder(), 'again'));
    expect(searchJob(await partsFrom('again')).key).to.equal(job.key);
    expect(searchJob(await partsFrom('other')).key).to.not.equal(job.key);
    const alone = 'mlp~2d6320:2/1/relu-true';
    expect(standAloneJob(await partsFrom('other'), alone, 1).key).to.equal(standAloneJob(parts, alone, 1).key);
    const results = openResults(join(folder(), 'jobs'));
    const executor = createSerialExecutor({ results, runners: runRunners(loadParts) });
    copyFileSync(join(folder(), 'other'), join(folder(), 'here'));
    expect(await saidLater(executor.submit(job))).to.match(
      /file of retrain\.start of this worker differs from that of the job/,
    );
    copyFileSync(join(folder(), 'again'), join(folder(), 'here'));
    await executor.submit(job);
    await executor.close();
  });
});
