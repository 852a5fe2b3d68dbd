/** Databases that are away, workers of another version, and jobs that no worker survives. */
import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  createProcessPool,
  createQueueExecutor,
  defineJob,
  type JobEvent,
  openQueue,
  openResults,
  serveQueue,
} from '../../src/jobs/index.js';
import { openEngine } from '../../src/jobs/queue/libraries.js';
import { parseLocation } from '../../src/jobs/queue/location.js';
import { WeftError } from '../../src/errors.js';
import { saidLater } from '../said.js';
import { startWeft } from '../search/weft.js';
import { runTypeScript, temporaryFolder } from '../runs/temporary.js';
import { square, waiting, startSubmitter, until } from './executor.js';
import { postgresOf } from './postgres.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const program = here('./child.ts');
const SEARCH = ['--space', 'mlp', '--backend', 'cpu', '--set', 'data.subset.train=200', 'search.epochs=500'];

describe('a PostgreSQL queue', function () {
  this.timeout(180_000);
  const folder = temporaryFolder(this);
  const postgres = postgresOf(this);
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function startWorker(name: string, version?: string): Promise<{ worker: ChildProcess; said: () => string }> {
    const extra = version === undefined ? [] : [version];
    const worker = spawn(
      process.execPath,
      [...runTypeScript, here('./worker.ts'), postgres().url, join(folder(), name), '1', ...extra],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    ends.push(async () => worker.exitCode ?? (worker.kill('SIGKILL'), await once(worker, 'exit')));
    let said = '';
    worker.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(worker.stdout, 'data');
    return { worker, said: () => said };
  }

  it('with jobs of another version than its workers leaves them for the right one, and both sides say so', async () => {
    const { said } = await startWorker('other', '9.9.9/2');
    await until(() => said().includes('serving'));
    const { executor, heard } = await startSubmitter(postgres().url, join(folder(), 'results'));
    ends.push(() => executor.close());
    const result = executor.submit(square(40));
    await until(() =>
      heard.some((words) => /workers of the queue are of weft 9\.9\.9 .*the job waits for one of/.test(words)),
    );
    await until(() => /1 job waits for a worker of weft .* this one is of weft 9\.9\.9/.test(said()));
    expect(said()).not.to.include('job-started');
    await startWorker('right');
    expect((await result).value).to.deep.equal({ square: 1600 });
    expect(said()).not.to.include('job-started');
  });

  it('gets a job back from a worker with other libraries, as if it had not been tried, and informs the submitter', async () => {
    await startWorker('unfit');
    const events: JobEvent[] = [];
    const executor = await createQueueExecutor({
      program,
      queue: postgres().url,
      results: openResults(join(folder(), 'results')),
      workers: 0,
    });
    ends.push(() => executor.close());
    executor.events((event) => events.push(event));
    const job = defineJob({ kind: 'refuse', payload: { code: 'version' }, label: 'elsewhere' });
    executor.submit(job).catch(() => {});
    await until(() => events.some(({ type }) => type === 'job-retried'));
    expect(events.find(({ type }) => type === 'job-retried')).to.include({ attempt: 1, label: 'elsewhere' });
    const queue = await openQueue(postgres().url);
    ends.push(() => queue.close());
    const [back] = await queue.givenBack([job.key]);
    expect(back).to.include({ attempt: 1 });
    expect(back!.error.code).to.equal('version');
    await executor.cancel();
  });

  it('does not count an attempt whose worker was stopped, and ends a job whose workers die', async () => {
    const queue = await openQueue(postgres().url);
    const { boss, sql, close } = await openEngine(parseLocation(postgres().url));
    ends.push(() => queue.close(), close);
    const job = waiting('poison', 1);
    await queue.enqueue([job]);
    for (let stop = 0; stop < 7; stop++) {
      const lease = (await queue.take())!;
      expect(lease).to.include({ attempt: 1 });
      await queue.release(lease, new WeftError('job', 'its worker was stopped'));
    }
    const loseWorker = async (): Promise<void> => {
      await sql(`UPDATE weft.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'`);
      await until(async () => {
        await boss.supervise();
        return (await sql(`SELECT 1 FROM weft.job WHERE state = 'active'`)).length === 0;
      });
      await sql(`UPDATE weft.job SET start_after = now() WHERE state = 'retry'`);
    };
    expect(await queue.take()).to.include({ attempt: 1 });
    await loseWorker();
    await sql(`UPDATE weft.job SET retry_count = 3 WHERE state = 'retry'`); // as if two more had died
    expect(await queue.take()).to.include({ attempt: 5 });
    await loseWorker();
    expect(await queue.take()).to.equal(undefined);
    const { failures } = await queue.status();
    expect(failures.find(({ key }) => key === job.key)).to.include({
      attempts: 5,
      message: 'every worker that took it was lost',
    });
  });

  it('is awaited while it restarts by processes that start then', async () => {
    postgres().stop();
    const heard: string[] = [];
    expect(await saidLater(openQueue(postgres().url))).to.match(/ECONNREFUSED/);
    const ended = openQueue(postgres().url, { patience: 60, signal: AbortSignal.timeout(300) });
    expect(await saidLater(ended)).to.match(/ECONNREFUSED/);
    const opening = openQueue(postgres().url, { patience: 60, onTrouble: (message) => heard.push(message) });
    await until(() => heard.length > 1);
    expect(heard[0]).to.match(/ECONNREFUSED.*; trying again in 0\.25 s, for \d+ s more/);
    expect(heard.join()).not.to.include(postgres().password);
    postgres().start();
    const queue = await opening;
    expect(await queue.status()).to.include({ running: 0 });
    await queue.close();
  });

  it('that is unreachable when a worker stops does not hold it up, and is not a failure', async () => {
    const queue = await openQueue(postgres().url);
    const pool = createProcessPool({ program });
    const heard: string[] = [];
    const service = serveQueue({
      queue,
      pool,
      results: openResults(join(folder(), 'results')),
      slots: 1,
      onTrouble: (message) => heard.push(message),
      onEvent: ({ type }) => type === 'job-progress' && (moving = true),
    });
    let moving = false;
    await queue.enqueue([waiting('long', 1e6)]);
    await until(() => moving);
    postgres().stop();
    try {
      await service.stop();
      await service.ended;
      expect(heard.join('\n')).to.match(/another worker has the job when its heartbeat is missed/);
    } finally {
      postgres().start();
      await pool.close();
      await queue.close();
    }
  });

  it('is left in order by a submitter that receives SIGTERM, even before the database answers', async () => {
    const submit = () =>
      startWeft(
        ['search', ...SEARCH, '--json', '--seeds', '901-902', '--executor', 'queue', '--results', join(folder(), 'r')],
        { env: { WEFT_QUEUE: postgres().url } },
      );
    const first = submit();
    let out = '';
    first.process.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until(() => out.includes('job-queued'));
    await setTimeout(500);
    first.process.kill('SIGTERM');
    const { code, stderr } = await first.finished;
    expect(code, stderr).to.equal(143);
    expect(stderr).to.match(
      /stopped\. The 2 unfinished jobs stay in the queue, and its workers do them\. Run the same command to wait for them/,
    );
    postgres().stop();
    try {
      const second = submit();
      let words = '';
      second.process.stderr!.on('data', (chunk: Buffer) => (words += chunk.toString()));
      await until(() => words.includes('trying again'));
      second.process.kill('SIGINT');
      const finished = await second.finished;
      expect(finished.code, finished.stderr).to.equal(130);
      expect(finished.stderr).to.match(/stopped\. Run the same command to continue/);
    } finally {
      postgres().start();
    }
  });
});

describe('an embedded queue that is left', function () {
  this.timeout(180_000);
  const folder = temporaryFolder(this);

  it('gives up a job that has crashed its process five times', async () => {
    const where = join(folder(), 'queue');
    let queue = await openQueue(where);
    await queue.enqueue([waiting('poison', 1)]);
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(await queue.take()).to.include({ attempt });
      await queue.close(); // and nothing given back
      queue = await openQueue(where);
    }
    expect(await queue.take()).to.equal(undefined);
    const { failures } = await queue.status();
    expect(failures[0]).to.include({ attempts: 5, message: 'every process that had it was lost' });
    await queue.close();
  });

  it('is in order after Ctrl-C, and says how to continue', async () => {
    const where = ['--queue', join(folder(), 'queue'), '--workers', '1', '--results', join(folder(), 'r')];
    const { process: child, finished } = startWeft(['search', ...SEARCH, '--json', '--seeds', '1-2', ...where]);
    let out = '';
    child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until(() => out.includes('job-progress'));
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code, stderr).to.equal(130);
    expect(stderr).to.match(
      /SIGINT received[^]*stopped\. The 2 unfinished jobs stay in the queue\. Run the same command to continue/,
    );
  });
});
