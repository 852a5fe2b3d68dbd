/** Speed of a queue: without work, with 24 workers, and with two processes on two cores. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobProgram } from '../../src/api/executors.js';
import { loadParts } from '../../src/api/parts.js';
import { configSchema } from '../../src/config/schema.js';
import {
  createLocalExecutor,
  createQueueExecutor,
  type ProcessPool,
  defineJob,
  openQueue,
  openResults,
  serveQueue,
  submitAll,
  trainingJob,
} from '../../src/jobs/index.js';
import { sampleDistinct } from '../../src/ranking/index.js';
import { stopwatch } from '../../src/runs/index.js';
import { optionsOf } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { type Postgres, startPostgres } from '../../test/jobs/postgres.js';
import { type Tally } from '../endurance.js';

/** Returns immediately. */
const idle: ProcessPool = {
  perform: () => Promise.resolve({ nothing: 1 }),
  pids: () => [],
  close: () => Promise.resolve(),
};
/** Number of jobs for measuring the overhead per job. */
const SINGLE = 300;
const JOBS_A_SECOND = 200;
const OVERHEAD_MS = 20;
const SHARE = 0.6;

/** Seconds of the clock, and of the processor in this process, that so many jobs without work take. */
async function serve(
  where: string,
  folder: string,
  count: number,
  slots: number,
  database: () => number = () => 0,
): Promise<{ seconds: number; processor: number; database: number }> {
  const queue = await openQueue(where, { connections: slots });
  const jobs = Array.from({ length: count }, (_, i) =>
    defineJob({ kind: 'nothing', payload: { i, slots }, label: `nothing ${i}` }),
  );
  for (let start = 0; start < count; start += 500) await queue.enqueue(jobs.slice(start, start + 500));
  const watch = stopwatch();
  const before = process.cpuUsage();
  const databaseBefore = database();
  await serveQueue({
    queue,
    pool: idle,
    results: { ...openResults(folder), save: () => {}, folder: () => folder },
    slots,
    untilEmpty: true,
  }).ended;
  const seconds = watch.elapsed();
  const { user, system } = process.cpuUsage(before);
  const used = database() - databaseBefore;
  const { completed } = await queue.status();
  await queue.close();
  if (completed < count) throw new Error(`${completed} of ${count} jobs were done`);
  return { seconds, processor: (user + system) / 1e6, database: used };
}

/** Processor seconds of the database for one renewal or report. */
async function heartbeats(postgres: Postgres, count: number): Promise<number> {
  const queue = await openQueue(postgres.url);
  await queue.enqueue([defineJob({ kind: 'nothing', payload: { held: true }, label: 'held' })]);
  const lease = (await queue.take())!;
  const before = postgres.processorSeconds();
  for (let i = 0; i < count / 2; i++) {
    await queue.renew(lease);
    await queue.report({ worker: 'one', key: lease.job.key, label: 'held', done: i, total: count });
  }
  const used = postgres.processorSeconds() - before;
  await queue.close();
  return used / count;
}

export async function throughput(count: number): Promise<Tally | undefined> {
  const postgres = await startPostgres();
  if (!postgres) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'weft-speed-'));
  try {
    const ms = (total: number): number => +((1000 * total) / SINGLE).toFixed(2);
    const shared = await serve(postgres.url, folder, SINGLE, 1);
    const embedded = await serve(join(folder, 'queue'), folder, SINGLE, 1);
    const many = await serve(postgres.url, folder, count, 24, postgres.processorSeconds);
    const rate = count / many.seconds;
    const beat = await heartbeats(postgres, count);
    // 1,000 workers with jobs of 60 s: 1000 / 60 jobs a second; each renews every 5 s and reports every 10 s.
    const busy = (1000 / 60) * (many.database / count) + (1000 / 5 + 1000 / 10) * beat;
    const passed = rate >= JOBS_A_SECOND && Math.max(ms(shared.seconds), ms(embedded.seconds)) <= OVERHEAD_MS;
    return {
      passed,
      counts: {
        'overhead of a job, PostgreSQL, ms': ms(shared.seconds),
        'of that processor time of the worker, ms': ms(shared.processor),
        'overhead of a job, embedded, ms': ms(embedded.seconds),
        'of that processor time, ms': ms(embedded.processor),
        'jobs per second with 24 workers': Math.round(rate),
        'processor time of the database for a job, ms': +((1000 * many.database) / count).toFixed(2),
        'and for a heartbeat, ms': +(1000 * beat).toFixed(2),
        'processors of the database that 1,000 workers with jobs of 60 s need, on paper': +busy.toFixed(3),
        'load of the machine meanwhile': loadavg()[0]!.toFixed(1),
        processors: cpus().length,
      },
    };
  } finally {
    postgres.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Stand-alone trainings on the digits, one thread each: one at a time, then two at a time, to the same bytes. */
export async function speedup(count: number): Promise<Tally> {
  const backend = await loadBackend();
  const config = configSchema.parse({
    space: { name: 'macro-cnn', layers: 3, filters: 8, reductions: 1 },
    retrain: { epochs: 12 },
  });
  const parts = await loadParts(config);
  const space = parts.space.create(optionsOf(config.space), parts.data.task);
  const jobs = sampleDistinct(space, count, stream(1, 'speedup')).map(({ encoding }) =>
    trainingJob(parts, encoding, { backend, threads: 1 }),
  );
  const folder = mkdtempSync(join(tmpdir(), 'weft-speedup-'));
  try {
    const times: Record<string, number> = {};
    for (const [name, workers] of [
      ['serial', 1],
      ['local', 2],
      ['queue', 2],
    ] as const) {
      const results = openResults(join(folder, name));
      const watch = stopwatch();
      const executor =
        name === 'queue'
          ? await createQueueExecutor({ queue: join(folder, 'folder'), results, workers, program: jobProgram })
          : createLocalExecutor({ results, workers, program: jobProgram });
      await submitAll(executor, jobs);
      times[name] = watch.elapsed();
      await executor.close();
    }
    const different = jobs.filter(
      ({ key }) =>
        new Set(Object.keys(times).map((name) => readFileSync(join(folder, name, `${key}.json`), 'utf8'))).size > 1,
    ).length;
    const share = (name: string): number => +(times[name]! / times['serial']!).toFixed(3);
    return {
      passed: share('local') <= SHARE && share('queue') <= SHARE && different === 0,
      counts: {
        trainings: new Set(jobs.map(({ key }) => key)).size,
        'serial, s': +times['serial']!.toFixed(1),
        'two processes, s': +times['local']!.toFixed(1),
        'two workers of an embedded queue, s': +times['queue']!.toFixed(1),
        'two processes / serial': share('local'),
        'queue / serial': share('queue'),
        'results with other bytes': different,
        'load of the machine meanwhile': loadavg()[0]!.toFixed(1),
        processors: cpus().length,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
