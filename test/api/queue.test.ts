/** Queues, workers and runs without the command line: what they give are values, and a signal stops them. */
import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeRun,
  inQueue,
  inThisProcess,
  listRuns,
  queueState,
  retryJobs,
  runHalving,
  runWorker,
  stream,
  trainSeeds,
} from 'weft-nas';
import { partsOf } from '../../src/api/parts.js';
import { readQueueStatus, writeQueueStatus } from '../../src/jobs/queue/status-file.js';
import { sealJson } from '../../src/runs/index.js';
import { optionsOf } from '../../src/search/session.js';
import { temporaryFolder } from '../runs/temporary.js';
import { saidLater } from '../said.js';

const CONFIG = {
  backend: 'cpu',
  space: { name: 'mlp', depth: 2, widths: [8, 16] },
  data: { subset: { train: 100 } },
  retrain: { epochs: 1, batchSize: 32 },
} as const;

describe('a queue from code', function () {
  this.timeout(240_000);
  const folder = temporaryFolder(this);

  it('runs jobs, reports its status, and a worker serves it until a signal or the end of its jobs', async () => {
    const place = folder();
    const [queue, runs, results] = ['queue', 'runs', 'jobs'].map((name) => join(place, name)) as [
      string,
      string,
      string,
    ];
    expect(await saidLater(queueState({ queue }))).to.match(/there is no queue in/);
    expect(await saidLater(runWorker({ queue, files: ['none.ts'] }))).to.match(/there is no file none.ts/);

    const types: string[] = [];
    const withExecutor = inQueue({ queue, results, workers: 1, onJob: ({ type }) => types.push(type) });
    const { config, space, data } = await partsOf({ config: CONFIG });
    const created = space.create(optionsOf(config.space), data.task);
    const architecture = created.encode(created.sample(stream(1, 'architecture')));
    const done = await trainSeeds(architecture, { config: CONFIG, seeds: [3], runs, results, withExecutor });
    expect(done?.trainings).to.have.length(1);
    expect(types).to.include.members(['job-queued', 'job-finished']);
    expect(await queueState({ queue })).to.deep.include({ completed: 1, waiting: 0, failed: 0, past: false });
    expect(await saidLater(retryJobs({ queue, key: 'abc' }))).to.match(
      /no failed job has a key that begins with 'abc'/,
    );

    const stopping = new AbortController();
    const served: string[] = [];
    await runWorker({
      ...{ queue, results, slots: 1, signal: stopping.signal },
      onStart(shown) {
        served.push(shown);
        setTimeout(() => stopping.abort(), 200);
      },
    });
    expect(served).to.deep.equal([queue]);

    const [run] = await listRuns(runs);
    expect(run).to.include({ state: 'finished', seed: 3 });
    expect(run!.summary!.test).to.have.property('accuracy');
    expect(await describeRun(run!.run)).to.deep.equal(run);
    expect(await listRuns(join(place, 'nowhere'))).to.deep.equal([]);
  });

  it('reports its last written status if it cannot be opened, and never that of an unrelated file', async () => {
    const queue = folder();
    mkdirSync(join(queue, 'database'));
    writeFileSync(join(queue, 'database', 'PG_VERSION'), 'none');
    const count = { waiting: 1, running: 0, completed: 2, failed: 0, cancelled: 0 };
    const standing = { queue, ...count, workers: [], failures: [], others: [] };
    writeQueueStatus(queue, standing);
    expect(await queueState({ queue })).to.deep.equal({ ...standing, past: true });
    const written = readFileSync(join(queue, 'standing.json'), 'utf8');
    for (const other of ['x', '{}', written.replace('2', '3'), sealJson({ ...standing, workers: ['x'] })]) {
      writeFileSync(join(queue, 'standing.json'), other);
      expect(readQueueStatus(queue), other).to.equal(undefined);
    }
    expect(await saidLater(queueState({ queue }))).to.match(/cannot be opened/);
  });

  it('promotes candidates asynchronously, by the same results as in this process', async () => {
    const place = folder();
    const request = { config: CONFIG, candidates: 4, factor: 2, first: 1, asynchronous: { longest: 2 } };
    const withExecutor = inQueue({ queue: join(place, 'queue'), results: join(place, 'jobs'), workers: 1 });
    const there = await runHalving({ ...request, out: join(place, 'there'), withExecutor });
    const here = await runHalving({
      ...request,
      out: join(place, 'here'),
      withExecutor: inThisProcess({ results: join(place, 'others') }),
    });
    expect(there!.rungs.map(({ epochs }) => epochs)).to.deep.equal([1, 2]);
    expect(readFileSync(there!.file, 'utf8')).to.equal(readFileSync(here!.file, 'utf8'));
  });
});
