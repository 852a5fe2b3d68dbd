/** Studies whose trainings are done by an executor: the same rows as one after another in this process. */
import { expect } from 'chai';
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { study as command } from '../../src/cli/commands/study.js';
import { createSerialExecutor, openResults } from '../../src/jobs/index.js';
import { loadStudy } from '../../src/api/registry.js';
import { runStudy as runOwn } from '../../src/api/index.js';
import { referTo } from '../../src/jobs/files.js';
import {
  defineStudy,
  infoRow,
  type Parts,
  performOn,
  runStudy,
  studyRunners,
  unitJob,
} from '../../src/studies/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { ROOT } from '../built.js';
import { textPrintedBy } from '../cli/printed.js';
import { said, saidLater } from '../said.js';
import { temporaryFolder } from '../runs/temporary.js';

const parts: Parts = {
  space: () => Promise.reject(new Error('unused')),
  controller: () => Promise.reject(new Error('unused')),
};
const options = { seeds: 2, alphas: [1], first: { steps: 100 }, second: { steps: 100 } };

const RATES = { learningRate: 0.1, steps: 1 };

describe('the parts of a study', function () {
  this.timeout(240_000);
  const folder = temporaryFolder(this);
  before(() => loadBackend());

  it('give the same results wherever they are run, are run once, and continue after an interruption', async () => {
    const study = await loadStudy('two-model');
    const here = await runStudy(study, { options, folder: join(folder(), 'here'), parts });
    const results = openResults(join(folder(), 'jobs'));
    const executor = createSerialExecutor({ results, runners: studyRunners(parts, loadStudy) });
    const begun: string[] = [];
    executor.events((event) => event.type === 'job-started' && begun.push(event.label));
    const there = (out: string) =>
      runStudy(study, { options, folder: join(folder(), out), parts, perform: performOn(executor, study) });
    expect((await there('there')).rows).to.deep.equal(here.rows);
    expect(begun).to.deep.equal(['two-model: proto-10: seed 1', 'two-model: proto-10: seed 2']);
    await there('again');
    expect(begun).to.have.lengthOf(2);
    for (const file of ['rows.json', 'curves.csv'])
      expect(readFileSync(join(folder(), 'there', file), 'utf8')).to.equal(
        readFileSync(join(folder(), 'here', file), 'utf8'),
      );
    await executor.close();
  });

  it('are named by their settings, and refuse other data and unknown parts', async () => {
    const request = {
      unit: 'two-models',
      payload: { data: 'digits', content: 'another', seed: 1, network: {}, first: RATES, second: RATES, arms: [] },
      label: 'x',
    };
    const job = unitJob({ name: 'two-model' }, request);
    expect(unitJob({ name: 'two-model' }, { ...request, local: { path: '/elsewhere' }, label: 'y' }).key).to.equal(
      job.key,
    );
    expect(unitJob({ name: 'two-model' }, { ...request, payload: { ...request.payload, seed: 2 } }).key).not.to.equal(
      job.key,
    );
    const perform = (payload: object) =>
      studyRunners(parts, loadStudy)['study']!(payload as never, {
        folder: folder(),
        files: [],
        progress: () => {},
        shouldStop: () => false,
      });
    expect(await saidLater(perform(job.payload))).to.match(/data 'digits' of this worker differs from that of the job/);
    const told = (fields: object) => perform({ ...job.payload, payload: { ...request.payload, ...fields } });
    for (const [fields, why] of [
      [{ more: 1 }, /Unrecognized key/],
      [{ seed: -1 }, /seed of the payload of a unit 'two-models' is not valid/],
      [{ first: { ...RATES, steps: 1e99 } }, /first\.steps/],
      [{ arms: [{ name: 'x', regularizer: { name: 'constructor' } }] }, /arms\.0\.regularizer/],
    ] as const)
      expect(await saidLater(told(fields))).to.match(why);
    expect(await saidLater(perform({ ...job.payload, local: { content: 'digits' } }))).to.match(
      /local .* must not replace what the result depends on/,
    );
    expect(await saidLater(perform({ ...job.payload, unit: 'constructor' }))).to.match(/has no part 'constructor'/);
    const study = await loadStudy('stable-minima');
    expect(said(() => performOn(undefined as never, study))).to.match(
      /'stable-minima' has no parts that other processes could do/,
    );
  });

  it('are run by processes if the command line says so', async () => {
    const set = ['seeds=2', 'alphas=[1]', 'first.steps=50', 'second.steps=50'];
    const run = (out: string, where: object = {}): Promise<string> =>
      textPrintedBy(() =>
        command('two-model', { seed: 1, set, out: join(folder(), out), runs: folder(), json: true, ...where }),
      );
    await run('one');
    expect(await run('two', { executor: 'local', workers: 2, results: join(folder(), 'jobs') })).to.match(
      /"type":"job-finished"[^\n]*seed 2/,
    );
    expect(readFileSync(join(folder(), 'two', 'rows.json'), 'utf8')).to.equal(
      readFileSync(join(folder(), 'one', 'rows.json'), 'utf8'),
    );
    expect(
      await saidLater(
        command('stable-minima', { seed: 1, runs: folder(), executor: 'local', results: join(folder(), 'jobs') }),
      ),
    ).to.match(/has no parts/);
  });

  it('are done one after another here, also if several are asked for at once, and none after a failure', async () => {
    const begun: number[] = [];
    let [running, most] = [0, 0];
    const study = defineStudy({
      name: 'own',
      summary: 'squares',
      reference: 'none',
      minutes: 1,
      options: z.strictObject({ failing: z.int().default(0) }),
      units: {
        square: async ({ x, failing }) => {
          begun.push(Number(x));
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 5));
          running--;
          if (x === failing) throw new Error(`${String(x)} cannot be squared`);
          return { square: Number(x) ** 2 };
        },
      },
      async run({ failing }, { perform }) {
        const asked = [2, 3, 4].map((x) => perform([{ unit: 'square', payload: { x, failing }, label: String(x) }]));
        const results = (await Promise.all(asked)).flat();
        const rows = results.map(({ square }, i) => infoRow(String(i), 'square', Number(square)));
        return { verdict: 'done.', rows, sections: [] };
      },
    });
    const { rows } = await runStudy(study, { folder: join(folder(), 'at-once'), parts });
    expect(rows.map(({ measured }) => measured)).to.deep.equal([4, 9, 16]);
    expect(most).to.equal(1);
    begun.length = 0;
    const failed = await runStudy(study, { options: { failing: 3 }, folder: join(folder(), 'failing'), parts }).catch(
      (error: unknown) => error,
    );
    expect(failed).to.be.an('error').with.property('message', "the study 'own' fails: 3 cannot be squared");
    expect(begun).to.deep.equal([2, 3]);
  });

  it('of a user’s study are run only by processes that were given its file', async () => {
    const file = join(folder(), 'own-study.ts');
    mkdirSync(join(folder(), 'node_modules'));
    symlinkSync(ROOT, join(folder(), 'node_modules', 'weft-nas'), 'junction');
    writeFileSync(file, OWN);
    const run = (out: string, where: object = {}): Promise<string> =>
      textPrintedBy(() => command(file, { seed: 1, out: join(folder(), out), runs: folder(), json: true, ...where }));
    await run('own-one');
    const results = join(folder(), 'own-jobs');
    expect(await run('own-two', { executor: 'local', workers: 1, results })).to.match(/"type":"job-finished"/);
    expect(readFileSync(join(folder(), 'own-two', 'rows.json'), 'utf8')).to.equal(
      readFileSync(join(folder(), 'own-one', 'rows.json'), 'utf8'),
    );

    const study = await loadStudy(file);
    const { payload } = unitJob(study, { unit: 'square', payload: { x: 3 }, label: 'x' }, 1, referTo(file));
    const perform = (files: string[]) =>
      studyRunners(parts, loadStudy)['study']!(payload, {
        folder: folder(),
        files,
        progress: () => {},
        shouldStop: () => false,
      });
    expect(await perform([file])).to.deep.equal({ square: 9 });
    expect(await saidLater(perform([]))).to.match(/needs the file own-study\.ts .* which this worker does not have/);
    appendFileSync(file, '// changed\n');
    expect(await saidLater(perform([file]))).to.match(/does not have/);
    expect(
      await saidLater(
        runOwn(study, { runs: folder(), backend: 'cpu', withExecutor: () => Promise.reject(new Error('unused')) }),
      ),
    ).to.match(/the study 'own', which is a value of your program/);
  });
});

const OWN = `
import { defineStudy, infoRow, z } from 'weft-nas';
export default defineStudy({
  name: 'own', summary: 'squares', reference: 'none', minutes: 1, options: z.strictObject({}),
  units: { square: async ({ x }) => ({ square: Number(x) ** 2 }) },
  async run(_options, { perform }) {
    const results = await perform([2, 3].map((x) => ({ unit: 'square', payload: { x }, label: String(x) })));
    return { verdict: 'done.', rows: results.map(({ square }, i) => infoRow(String(i), 'square', Number(square))), sections: [] };
  },
});
`;
