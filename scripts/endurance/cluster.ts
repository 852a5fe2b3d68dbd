/**
 * Workers of a PostgreSQL queue: killed at random, cut off from the network, their database restarted; no result is
 * lost, none is doubled.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createQueueExecutor, type Job, openResults, resultText, submitAll } from '../../src/jobs/index.js';
import { stopwatch } from '../../src/runs/index.js';
import { stream } from '../../src/tensor/rng.js';
import { waiting } from '../../test/jobs/executor.js';
import { startPostgres } from '../../test/jobs/postgres.js';
import { type Tally } from '../endurance.js';

const WORKER = fileURLToPath(new URL('../../test/jobs/worker.ts', import.meta.url));
const AGAIN_WITHIN_SECONDS = 30;
const NETWORK = { name: 'weft-cut', here: '10.231.77.1', there: '10.231.77.2' };

interface Worker {
  readonly process: ChildProcess;
  /** Keys of the jobs it has begun. */
  readonly begun: string[];
  output: string;
}

export async function cluster(count: number): Promise<Tally | undefined> {
  const network = openNetwork();
  const postgres = await startPostgres(network ? [NETWORK.here] : []);
  if (!postgres) {
    network?.close();
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'weft-cluster-'));
  const workers = new Set<Worker>();
  const start = async (name: string, inside = false): Promise<Worker> => {
    const url = inside ? postgres.url.replace('127.0.0.1', NETWORK.here) : postgres.url;
    const command = [
      process.execPath,
      '--import',
      'tsx',
      '--conditions=@weft-nas/source',
      WORKER,
      url,
      join(folder, name),
      '1',
    ];
    const [program, ...args] = inside ? ['ip', 'netns', 'exec', NETWORK.name, ...command] : command;
    const worker: Worker = {
      process: spawn(program!, args, { stdio: ['ignore', 'pipe', 'ignore'] }),
      begun: [],
      output: '',
    };
    workers.add(worker);
    worker.process.stdout!.on('data', (chunk: Buffer) => {
      worker.output += chunk.toString();
      for (const [, key] of chunk.toString().matchAll(/"job-started","key":"(\w+)"/g)) worker.begun.push(key!);
    });
    while (!worker.output.includes('serving')) await once(worker.process.stdout!, 'data');
    return worker;
  };
  const end = async (worker: Worker): Promise<void> => {
    workers.delete(worker);
    if (worker.process.exitCode !== null || worker.process.signalCode !== null) return;
    worker.process.kill('SIGKILL');
    await once(worker.process, 'exit');
  };
  const results = openResults(join(folder, 'submitter'));
  const executor = await createQueueExecutor({ queue: postgres.url, results, workers: 0, program: WORKER });
  const counts: Record<string, number | string> = {};
  let lost = 0;
  let doubled = 0;
  const check = (jobs: readonly Job[]): void => {
    for (const job of jobs) {
      const right = resultText({ key: job.key, kind: job.kind, value: { name: job.payload['name']! } });
      const copies = readdirSync(folder).flatMap((name) => fileIn(join(folder, name, `${job.key}.json`)) ?? []);
      if (results.find(job.key) === undefined) lost++;
      if (new Set([...copies, right]).size > 1) doubled++;
    }
  };
  /** Seconds until another worker has begun what this one was doing. */
  const until = async (other: Worker, key: string, watch = stopwatch()): Promise<number> => {
    while (!other.begun.includes(key) && watch.elapsed() < 120) await sleep(50);
    return watch.elapsed();
  };
  try {
    // One is killed over a long job, another waits.
    const first = await start('first');
    const long = waiting('long', 20_000);
    const longDone = executor.submit(long);
    while (first.begun.length === 0) await sleep(50);
    let second = await start('second');
    await end(first);
    const again = await until(second, long.key);
    counts['a killed worker’s job runs again after, s'] = +again.toFixed(1);
    await executor.cancel(long.key);
    await longDone.catch(() => {});

    let cut = 'skipped, because network namespaces cannot be made here';
    let cutSeconds = 0;
    if (network) {
      await end(second);
      const inside = await start('inside', true);
      const job = waiting('cut off', 2_000);
      const done = executor.submit(job);
      while (inside.begun.length === 0) await sleep(50);
      network.cut();
      const watch = stopwatch();
      second = await start('second again');
      cutSeconds = await until(second, job.key, watch);
      await done;
      network.restore();
      const after = [1, 2, 3].map((i) => waiting(`after the cut ${i}`, 5));
      await end(second);
      await submitAll(executor, after);
      check([job, ...after]);
      cut = `its job runs elsewhere after ${cutSeconds.toFixed(1)} s, and it serves again`;
      await end(inside);
    }
    counts['a worker cut off from the network'] = cut;

    // Random deaths of two workers over many short jobs, and one of the database.
    const rng = stream(1, 'cluster');
    const jobs = Array.from({ length: count }, (_, i) => waiting(`short ${i}`, 150));
    let crew = [await start('a'), await start('b')];
    const all = submitAll(executor, jobs);
    let kills = 0;
    let finished = false;
    const wait = all.then(() => (finished = true));
    for (let round = 0; !finished && round < 12; round++) {
      await Promise.race([wait, sleep(500 + 1500 * rng.uniform())]);
      if (finished) break;
      if (round === 1) {
        postgres.stop();
        postgres.start();
        counts['restarts of the database'] = 1;
        continue;
      }
      const victim = rng.pick(crew);
      await end(victim);
      kills++;
      crew = [...crew.filter((worker) => worker !== victim), await start(rng.pick(['a', 'b', 'c', 'd']))];
    }
    await wait;
    check(jobs);
    Object.assign(counts, {
      'random kills of workers': kills,
      jobs: jobs.length,
      'results lost': lost,
      'results doubled with other bytes': doubled,
    });
    return {
      passed: lost + doubled === 0 && again <= AGAIN_WITHIN_SECONDS && cutSeconds <= AGAIN_WITHIN_SECONDS,
      counts,
    };
  } finally {
    await Promise.all([...workers].map(end));
    await executor.close();
    postgres.remove();
    network?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function fileIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A network namespace with one cable to this one; undefined where none can be made. */
function openNetwork(): { cut(): void; restore(): void; close(): void } | undefined {
  const ip = (...args: string[]): boolean => spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
  const close = (): void => {
    ip('link', 'del', 'weft-here');
    ip('netns', 'del', NETWORK.name);
  };
  close();
  const made =
    ip('netns', 'add', NETWORK.name) &&
    ip('link', 'add', 'weft-here', 'type', 'veth', 'peer', 'name', 'weft-there') &&
    ip('link', 'set', 'weft-there', 'netns', NETWORK.name) &&
    ip('addr', 'add', `${NETWORK.here}/30`, 'dev', 'weft-here') &&
    ip('link', 'set', 'weft-here', 'up') &&
    ip('-n', NETWORK.name, 'addr', 'add', `${NETWORK.there}/30`, 'dev', 'weft-there') &&
    ip('-n', NETWORK.name, 'link', 'set', 'weft-there', 'up');
  if (!made) {
    close();
    return undefined;
  }
  return {
    cut: () => void ip('link', 'set', 'weft-here', 'down'),
    restore: () => void ip('link', 'set', 'weft-here', 'up'),
    close,
  };
}
