/** How fast a queue is: without work, with 24 workers, and with two processes on two cores. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobProgram } from '../../src/cli/executor.js';
import { loadParts } from '../../src/cli/commands/search.js';
import { configSchema } from '../../src/config/schema.js';
import { createLocalExecutor, createQueueExecutor, type Crew, defineJob, openQueue, openResults, serveQueue, submitAll, trainingJob } from '../../src/jobs/index.js';
import { stopwatch } from '../../src/runs/index.js';
import { optionsOf } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { startPostgres } from '../../test/jobs/postgres.js';
import { type Tally } from '../endurance.js';

/** Does nothing, at once. */
const idle: Crew = { perform: () => Promise.resolve({ nothing: 1 }), pids: () => [], close: () => Promise.resolve() };
const JOBS_A_SECOND = 200;
const OVERHEAD_MS = 20;
const SHARE = 0.6;

async function serve(where: string, folder: string, count: number, slots: number): Promise<number> {
  const queue = await openQueue(where, { connections: slots });
  const jobs = Array.from({ length: count }, (_, i) => defineJob({ kind: 'nothing', payload: { i, slots }, label: `nothing ${i}` }));
  for (let start = 0; start < count; start += 500) await queue.enqueue(jobs.slice(start, start + 500));
  const watch = stopwatch();
  await serveQueue({ queue, crew: idle, results: { ...openResults(folder), save: () => {}, folder: () => folder }, slots, untilEmpty: true }).ended;
  const seconds = watch.elapsed();
  const { completed } = await queue.standing();
  await queue.close();
  if (completed < count) throw new Error(`${completed} of ${count} jobs were done`);
  return seconds;
}

export async function throughput(count: number): Promise<Tally | undefined> {
  const postgres = await startPostgres();
  if (!postgres) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'weft-speed-'));
  try {
    const one = (await serve(postgres.url, folder, 300, 1)) / 300;
    const embedded = (await serve(join(folder, 'queue'), folder, 300, 1)) / 300;
    const rate = count / (await serve(postgres.url, folder, count, 24));
    const busy = 1000 / 60 / rate;
    const passed = rate >= JOBS_A_SECOND && Math.max(one, embedded) * 1000 <= OVERHEAD_MS;
    return {
      passed,
      counts: {
        'overhead of a job, PostgreSQL, ms': +(1000 * one).toFixed(2), 'overhead of a job, embedded, ms': +(1000 * embedded).toFixed(2),
        'jobs a second with 24 workers': Math.round(rate), 'share of that which 1,000 workers with jobs of 60 s need': +busy.toFixed(3),
        'load of the machine meanwhile': loadavg()[0]!.toFixed(1), processors: cpus().length,
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
  const config = configSchema.parse({ space: { name: 'macro-cnn', layers: 4, filters: 16, reductions: 1 }, retrain: { epochs: 10 } });
  const parts = await loadParts(config);
  const space = parts.space.create(optionsOf(config.space), parts.data.task);
  const rng = stream(1, 'speedup');
  const jobs = Array.from({ length: count }, () => trainingJob(parts, space.encode(space.sample(rng)), { backend, threads: 1 }));
  const folder = mkdtempSync(join(tmpdir(), 'weft-speedup-'));
  try {
    const times: Record<string, number> = {};
    for (const [name, workers] of [['serial', 1], ['local', 2], ['queue', 2]] as const) {
      const results = openResults(join(folder, name));
      const watch = stopwatch();
      const executor = name === 'queue' ? await createQueueExecutor({ queue: join(folder, 'folder'), results, workers, program: jobProgram }) : createLocalExecutor({ results, workers, program: jobProgram });
      await submitAll(executor, jobs);
      times[name] = watch.elapsed();
      await executor.close();
    }
    const different = jobs.filter(({ key }) => new Set(Object.keys(times).map((name) => readFileSync(join(folder, name, `${key}.json`), 'utf8'))).size > 1).length;
    const share = (name: string): number => +(times[name]! / times['serial']!).toFixed(3);
    return {
      passed: share('local') <= SHARE && share('queue') <= SHARE && different === 0,
      counts: {
        trainings: new Set(jobs.map(({ key }) => key)).size, 'serial, s': +times['serial']!.toFixed(1), 'two processes, s': +times['local']!.toFixed(1), 'two workers of an embedded queue, s': +times['queue']!.toFixed(1),
        'two processes / serial': share('local'), 'queue / serial': share('queue'), 'results with other bytes': different, 'load of the machine meanwhile': loadavg()[0]!.toFixed(1), processors: cpus().length,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
