/** The other verbs from code, on one run whose data is in memory. */
import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AshaRequest,
  compareRunsByForgetting,
  defineStudy,
  deriveRun,
  exportRun,
  type HalvingRequest,
  infoRow,
  inProcesses,
  inThisProcess,
  measureRunSharpness,
  type MemoryData,
  rankRun,
  reportForgetting,
  reportSeeds,
  runHalving,
  runSearch,
  runStudy,
  type SearchConfigInput,
  searchSeeds,
  serveUi,
  tf,
  z,
} from 'weft-nas';
import { WeftError } from '../../src/errors.js';
import { type Executor, type JobEvent } from '../../src/jobs/index.js';
import { tinyTable } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';

const inputs = Array.from({ length: 80 }, (_, i) => [((37 * i) % 101) / 101, ((53 * i) % 97) / 97]);
const data: MemoryData = {
  name: 'points',
  train: { inputs, labels: inputs.map(([x, y]) => (y! > x! ? 'above' : 'below')) },
};
const config: SearchConfigInput = {
  backend: 'cpu',
  space: { depth: 1, widths: [2, 3] },
  search: { epochs: 2, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  forgetting: { measure: true },
  derive: { candidates: 2, random: 0, batchSize: 8 },
  retrain: { epochs: 1, batchSize: 16 },
};
const parts = { space: 'mlp', controller: 'random', config, data };

describe('verbs from code', function () {
  this.timeout(60_000);
  let folder = '';
  let run = '';
  let tensors = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weft-verbs-'));
    ({ run } = await runSearch({ ...parts, runs: join(folder, 'runs') }));
    tensors = tf.memory().numTensors;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => expect(tf.memory().numTensors).to.equal(tensors));

  it('derive: the candidates in their order, those that meet conditions, the best trained', async () => {
    const heard: number[] = [];
    const options = { data, candidates: 6, withExecutor: inThisProcess({ results: join(folder, 'jobs') }) };
    const { ranking, measure, retrained } = await deriveRun(run, {
      ...options,
      retrainTop: 1,
      onProgress: (done) => heard.push(done),
    });
    expect(heard).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(measure).to.equal('accuracy');
    const scores = ranking.map(({ accuracy }) => accuracy);
    expect(scores).to.deep.equal([...scores].sort((a, b) => b! - a!));
    expect(retrained).to.have.length(1);
    expect(retrained![0]!.summary.derived.architecture).to.equal(ranking[0]!.architecture);
    expect(await saidLater(deriveRun(run, { ...options, pick: 'parameters<3' }))).to.match(/none of \d+ candidates/);
    expect(await saidLater(deriveRun(run))).to.match(/in the memory of a program/);
  });

  it('rank: compares the order by shared weights with that by trainings, which run only once', async () => {
    const states: string[] = [];
    const options = {
      data,
      architectures: 3,
      withExecutor: inThisProcess({
        results: join(folder, 'jobs'),
        onJob: (event) => event.type === 'job-finished' && states.push(event.known ? 'known' : 'done'),
      }),
    };
    const first = await rankRun(run, options);
    expect(first!.record.architectures).to.have.length(3);
    expect(existsSync(first!.file) && existsSync(first!.report)).to.equal(true);
    const again = await rankRun(run, options);
    expect(again!.analysis.verdict).to.equal(first!.analysis.verdict);
    expect(states.slice(3)).to.deep.equal(['known', 'known', 'known']);
    expect(await saidLater(rankRun(run, { data, architectures: 2 }))).to.match(/too few to compare orders/);
    const stopped = await rankRun(run, {
      data,
      architectures: 3,
      seeds: [77],
      withExecutor: inThisProcess({ results: join(folder, 'jobs'), signal: AbortSignal.abort() }),
    });
    expect(stopped).to.equal(undefined);
  });

  it('halve: in this process on data in memory as in others on a file; other processes refuse data in memory', async () => {
    const request = { ...parts, candidates: 4, factor: 2, first: 1 };
    const here = await runHalving({
      ...request,
      runs: join(folder, 'halved'),
      withExecutor: inThisProcess({ results: join(folder, 'jobs') }),
    });
    expect(here!.rungs.map(({ candidates, epochs }) => [candidates, epochs])).to.deep.equal([
      [4, 1],
      [2, 2],
      [1, 4],
    ]);
    expect(here!.winner).to.equal(here!.rungs[2]!.ranking[0]!.architecture);
    const small = await runHalving({
      ...request,
      config: {
        ...request.config,
        search: { ...request.config.search, warmStart: { proxies: ['synflow'], pool: 3, examples: 4 } },
      },
      out: join(folder, 'warm'),
      withExecutor: inThisProcess({ results: join(folder, 'jobs') }),
    });
    expect(small!.rungs[0]!.candidates).to.equal(3);
    const { data: _, ...named } = request;
    const withExecutor = inProcesses({ results: join(folder, 'jobs'), workers: 1 });
    const source = tinyTable(join(folder, 'table.csv'));
    const there = await runHalving({
      ...named,
      config: { ...config, data: { source } },
      ...{ candidates: 2, out: join(folder, 'there'), withExecutor },
    });
    expect(there!.file).to.equal(join(folder, 'there', 'halving.json'));
    const elsewhere = inProcesses({ results: join(folder, 'other-jobs'), workers: 1 });
    const refused = runHalving({ ...request, candidates: 2, out: join(folder, 'none'), withExecutor: elsewhere });
    expect(await saidLater(refused)).to.match(/in the memory of a program/);
    expect(existsSync(join(folder, 'none'))).to.equal(false);
  });

  it('asynchronous halving: continues from its record, and refuses settings that promote no candidate', async () => {
    const place = join(folder, 'asha');
    const heard: string[] = [];
    const halve = (asynchronous: AshaRequest, rest: HalvingRequest = {}) =>
      runHalving({
        ...parts,
        ...{ candidates: 4, factor: 2, first: 1, out: place, asynchronous },
        withExecutor: inThisProcess({ results: join(folder, 'asha-jobs') }),
        onTrained: ({ candidate, rung }) => heard.push(`${candidate} ${rung}`),
        ...rest,
      });
    const whole = await halve({ longest: 4, order: 'curve', stopBelow: 0.05 });
    const [file, record] = ['halving.json', 'asha.jsonl'].map((name) => join(place, name)) as [string, string];
    const [written, recorded] = [readFileSync(file, 'utf8'), readFileSync(record, 'utf8')];
    expect(whole!.winner).to.equal(whole!.rungs.at(-1)!.ranking[0]!.architecture);
    expect(recorded.trim().split('\n')).to.have.length(1 + heard.length);
    // Killed while the fourth result was written.
    const lines = recorded.split('\n');
    writeFileSync(record, `${lines.slice(0, 4).join('\n')}\n${lines[4]!.slice(0, 20)}`);
    const before = [...heard];
    heard.length = 0;
    expect(await halve({ longest: 4, order: 'curve', stopBelow: 0.05 })).to.deep.equal(whole);
    expect(heard).to.deep.equal(before);
    expect([readFileSync(file, 'utf8'), readFileSync(record, 'utf8')]).to.deep.equal([written, recorded]);
    expect(await saidLater(halve({ longest: 2 }))).to.match(
      /asha.jsonl is the record of a search with other candidates/,
    );
    const signal = AbortSignal.abort();
    const stopped = halve({ longest: 4 }, { out: `${place}-2`, withExecutor: inThisProcess({ signal }) });
    expect(await stopped).to.equal(undefined);
    expect(await saidLater(halve({ longest: 1 }, { out: `${place}-3` }))).to.match(/no candidate can be promoted/);
    expect(await saidLater(halve({ stopBelow: 2 }, { out: `${place}-3` }))).to.match(/probability of 2/);
    expect(await saidLater(halve({}, { out: `${place}-3`, rounds: 2 }))).to.match(/waits for no rung/);
    expect(existsSync(`${place}-3`)).to.equal(false);
  });

  it('asynchronous halving: a failed job ranks last in its rung, and a cancelled one ends the work', async () => {
    const halve = (out: string, fate: 'failed' | 'cancelled') =>
      runHalving({
        ...parts,
        ...{ candidates: 4, factor: 2, first: 1, out: join(folder, out), asynchronous: { longest: 2, parallel: 2 } },
        withExecutor: (jobs, use) =>
          inThisProcess({ results: join(folder, 'asha-jobs') })(jobs, (executor) => use(without(executor, fate))),
      });
    const done = await halve('asha-failed', 'failed');
    const first = done!.rungs[0]!.ranking;
    expect(first).to.have.length(4);
    expect(first.map(({ score }) => score === -Infinity)).to.deep.equal([false, false, false, true]);
    const written = readFileSync(join(folder, 'asha-failed', 'asha.jsonl'), 'utf8');
    expect(written).to.match(/"score":null,"curve":\[\],"failure":"a tooth is missing"/);
    expect(await saidLater(halve('asha-cancelled', 'cancelled'))).to.match(/a tooth is missing/);
  });

  it('seeds, sharpness, forgetting: each leaves its page', async () => {
    const seeds = await searchSeeds({ ...parts, seeds: [1, 2], results: join(folder, 'seeds') });
    expect(seeds!.searches.map(({ seed }) => seed)).to.deep.equal([1, 2]);
    expect(existsSync(seeds!.common!.report)).to.equal(true);
    expect((await reportSeeds([run], { out: join(folder, 'one.html') })).seeds).to.equal(1);
    const { files } = await exportRun(run);
    expect(files).to.include.keys('model.json', 'README.md');
    const { found, report } = await measureRunSharpness(run, { data, examples: 8, ends: 1, products: 4 });
    expect(found).to.include({ examples: 8, rho: 0.05 });
    expect(existsSync(report)).to.equal(true);
    const shared = await measureRunSharpness(run, { data, examples: 8, ends: 1, products: 4, supernet: true });
    expect(shared.file).to.match(/sharpness-supernet\.json$/);
    const { analysis } = await reportForgetting(run);
    expect(analysis.verdict).to.be.a('string');
    const out = join(folder, 'compared');
    expect(await saidLater(compareRunsByForgetting([run], { out }))).to.match(/nothing to compare/);
  });

  it('studies of your own, and the page over runs', async () => {
    const study = defineStudy({
      name: 'own',
      summary: 'Counts.',
      reference: 'none',
      minutes: 0,
      options: z.strictObject({ to: z.int().default(3) }),
      run: ({ to }) => ({ verdict: 'It counts.', rows: [infoRow('n', 'numbers', to)], sections: [] }),
    });
    const finished = await runStudy(study, { options: { to: 4 }, runs: folder, backend: 'cpu' });
    expect(finished!.rows[0]!.measured).to.equal(4);
    expect(finished!.files[0]).to.equal(join(folder, 'study-own', 'report.html'));
    expect(await saidLater(runStudy(study, { options: { too: 4 }, runs: folder }))).to.match(/no option 'too'/);
    const ui = await serveUi(join(folder, 'runs'));
    expect((await fetch(ui.url)).status).to.equal(200);
    await ui.close();
  });
});

/** An executor whose second job comes to nothing. */
function without(executor: Executor, fate: 'failed' | 'cancelled'): Executor {
  const listeners: ((event: JobEvent) => void)[] = [];
  let jobs = 0;
  return {
    ...executor,
    events(listen) {
      listeners.push(listen);
      return executor.events(listen);
    },
    submit(job) {
      if (++jobs !== 2) return executor.submit(job);
      const { key, label } = job;
      for (const listen of listeners)
        listen(
          fate === 'failed'
            ? { type: 'job-failed', key, label, message: 'a tooth is missing' }
            : { type: 'job-cancelled', key, label },
        );
      return Promise.reject(new WeftError('job', 'a tooth is missing'));
    },
  };
}
