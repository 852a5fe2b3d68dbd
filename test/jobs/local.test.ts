import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import {
  createProcessPool,
  createLocalExecutor,
  createSerialExecutor,
  defineJob,
  type Job,
  type JobEvent,
  type LocalOptions,
  openResults,
  submitAll,
} from '../../src/jobs/index.js';
import { saidLater } from '../said.js';
import { temporaryFolder } from '../runs/temporary.js';
import { square, waiting } from './executor.js';
import { countingRunners } from './runners.js';

const program = fileURLToPath(new URL('./child.ts', import.meta.url));
const job = (kind: string, payload: Record<string, number | string> = {}): Job =>
  defineJob({ kind, payload, label: kind });

describe('jobs in child processes', function () {
  const folder = temporaryFolder(this);
  const close: (() => Promise<void>)[] = [];
  afterEach(() => Promise.all(close.splice(0).map((end) => end())));
  const start = (options: Partial<LocalOptions> = {}) => {
    const executor = createLocalExecutor({
      program,
      results: openResults(join(folder(), 'local')),
      workers: 2,
      ...options,
    });
    const events: JobEvent[] = [];
    executor.events((event) => events.push(event));
    close.push(() => executor.close());
    return { executor, events };
  };

  it('give the same bytes as one after another in one process', async () => {
    const jobs = [1, 2, 3, 4, 5].map(square);
    await submitAll(start().executor, jobs);
    const serial = createSerialExecutor({
      results: openResults(join(folder(), 'serial')),
      runners: countingRunners().runners,
    });
    await submitAll(serial, jobs);
    const contents = (name: string): string[] =>
      jobs.map(({ key }) => readFileSync(join(folder(), name, `${key}.json`), 'utf8'));
    expect(contents('local')).to.deep.equal(contents('serial'));
    expect(readdirSync(join(folder(), 'local')).filter((name) => name.endsWith('.json'))).to.have.lengthOf(5);
  });

  it('are restarted if their process is killed, and given up after three attempts', async () => {
    const { executor, events } = start({ workers: 1 });
    expect((await executor.submit(job('die', { marks: 2 }))).value).to.deep.equal({ died: 2 });
    expect(
      events.filter(({ type }) => type === 'job-retried').map((event) => (event as { reason: string }).reason),
    ).to.deep.equal(Array(2).fill('its process was ended by SIGKILL'));
    expect(await saidLater(executor.submit(job('die', { marks: 3 })))).to.match(/ended by SIGKILL, in 3 attempts/);
    expect((await executor.submit(square(5))).value).to.deep.equal({ square: 25 });
  });

  it('are restarted if their process neither computes nor answers', async () => {
    const { executor, events } = start({ workers: 1, attempts: 2, watchdog: { patience: 1, busyPatience: 60 } });
    const slow = executor.submit(job('compute', { milliseconds: 2500 }));
    expect(await saidLater(executor.submit(job('hang')))).to.match(/made no progress, in 2 attempts/);
    await slow;
    expect(
      events
        .filter(({ type }) => type === 'job-retried')
        .map(({ type: _, ...event }) => (event as { label: string }).label),
    ).to.deep.equal(['hang']);
  });

  it('that fail by themselves are reported with their own error, and not restarted', async () => {
    const { executor, events } = start({ workers: 1 });
    expect(await saidLater(executor.submit(square(13)))).to.equal('thirteen has no square (take another number)');
    expect(await saidLater(executor.submit(job('crash')))).to.match(/undefined is not a function/);
    expect(events.map(({ type }) => type)).not.to.contain('job-retried');
  });

  it('have the requested number of threads, and no passwords', async () => {
    process.env['WEFT_QUEUE'] = 'postgres://user:secret@host/weft';
    try {
      const { executor } = start({ workers: 1 });
      for (const threads of [1, 3]) {
        expect((await executor.submit(job('compute', { milliseconds: 1, threads }))).value).to.deep.equal({
          threads: String(threads),
          secret: null,
        });
      }
    } finally {
      delete process.env['WEFT_QUEUE'];
    }
  });

  it('can be cancelled, and leave no process behind', async () => {
    const pool = createProcessPool({ program });
    const abort = new AbortController();
    await new Promise<void>((moves) => {
      pool
        .perform({ job: waiting('a', 1e6), folder: folder(), files: [], progress: () => moves() }, abort.signal)
        .catch(() => {});
    });
    const pids = pool.pids();
    expect(pids).to.have.lengthOf(1);
    abort.abort();
    await pool.close();
    for (const pid of pids) expect(() => process.kill(pid, 0)).to.throw(/ESRCH/);

    const { executor } = start({ workers: 1 });
    const cancelled = executor.submit(waiting('b', 1e6));
    await setTimeout(10);
    await executor.cancel();
    expect(await saidLater(cancelled)).to.match(/was cancelled/);
    expect((await executor.submit(square(2))).value).to.deep.equal({ square: 4 });
  });

  it('are run by processes that are replaced before they grow old', async () => {
    const pool = createProcessPool({ program, recycleAfter: 2 });
    const seen = new Set<number>();
    for (let number = 0; number < 5; number++) {
      await pool.perform({ job: square(number), folder: folder(), files: [], progress: () => {} });
      for (const pid of pool.pids()) seen.add(pid);
    }
    expect(seen.size).to.be.within(2, 4);
    await pool.close();
  });
});
