import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createQueueExecutor,
  createSerialExecutor,
  defineJob,
  type Executor,
  type Job,
  type JobEvent,
  openQueue,
  openResults,
  type QueueOptions,
  submitAll,
} from '../../src/jobs/index.js';
import { queueRetry, queueStatus } from '../../src/cli/commands/queue.js';
import { textPrintedBy } from '../cli/printed.js';
import { saidLater } from '../said.js';
import { temporaryFolder } from '../runs/temporary.js';
import { square, waiting } from './executor.js';
import { postgresOf } from './postgres.js';
import { countingRunners } from './runners.js';

const program = fileURLToPath(new URL('./child.ts', import.meta.url));
const job = (kind: string, payload: Record<string, number | string> = {}): Job =>
  defineJob({ kind, payload, label: kind });

for (const kind of ['folder', 'postgres'] as const) {
  describe(`a queue in ${kind === 'folder' ? 'a folder' : 'PostgreSQL'}`, function () {
    this.timeout(240_000);
    const folder = temporaryFolder(this);
    const postgres = kind === 'postgres' ? postgresOf(this) : undefined;
    const close: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const end of close.splice(0)) await end();
    });
    const where = (): string => postgres?.().url ?? join(folder(), 'queue');
    const start = async (options: Partial<QueueOptions> = {}): Promise<{ executor: Executor; events: JobEvent[] }> => {
      const executor = await createQueueExecutor({
        program,
        queue: where(),
        results: openResults(join(folder(), 'results')),
        workers: 1,
        ...options,
      });
      const events: JobEvent[] = [];
      executor.events((event) => events.push(event));
      close.push(() => executor.close());
      return { executor, events };
    };

    it('gives the bytes of sequential runs, retries killed jobs, reports failures, and keeps known results', async () => {
      const { executor, events } = await start({ workers: 2 });
      const jobs = [1, 2, 3, 4].map(square);
      await submitAll(executor, jobs);
      const serial = createSerialExecutor({
        results: openResults(join(folder(), 'serial')),
        runners: countingRunners().runners,
      });
      await submitAll(serial, jobs);
      for (const { key } of jobs)
        expect(readFileSync(join(folder(), 'results', `${key}.json`), 'utf8')).to.equal(
          readFileSync(join(folder(), 'serial', `${key}.json`), 'utf8'),
        );

      expect((await executor.submit(job('die', { marks: 1 }))).value).to.deep.equal({ died: 1 });
      expect(events.filter(({ type }) => type === 'job-retried')).to.have.lengthOf(1);
      expect(await saidLater(executor.submit(square(13)))).to.equal('thirteen has no square (take another number)');
      await close.pop()!();

      // Another submitter, with a folder of results of its own, gets what the queue knows.
      const again = await start({
        results: openResults(join(folder(), 'elsewhere')),
        workers: kind === 'folder' ? 1 : 0,
      });
      expect((await submitAll(again.executor, jobs)).map(({ value }) => value)).to.deep.equal(
        [1, 4, 9, 16].map((number) => ({ square: number })),
      );
      expect(again.events.map(({ type }) => type)).not.to.contain('job-started');
      await close.pop()!();

      // Dead letters are looked at and sent back.
      const prefix = square(13).key.slice(0, 12);
      const said = await textPrintedBy(() => queueStatus({ queue: where() }));
      expect(said)
        .to.match(/: 0 waiting, 0 running, 5 done, 1 failed, 0 cancelled\n/)
        .and.to.include(`failed ${prefix}  square 13, 1 attempt: thirteen has no square\n`)
        .and.to.include('weft queue retry');
      expect(await saidLater(queueRetry('nothing', { queue: where() }))).to.match(
        /no failed job has a key that begins with 'nothing'/,
      );
      expect(await textPrintedBy(() => queueRetry(prefix, { queue: where() }))).to.equal(
        '1 job is back in the queue\n',
      );
      const queue = await openQueue(where());
      close.push(() => queue.close());
      expect(await queue.status()).to.include({ waiting: 1, failed: 0 });
      await queue.cancel([square(13).key]);
      expect(await queue.status()).to.include({ waiting: 0, cancelled: 1 });
    });

    if (kind === 'postgres')
      it('can be told to forget a running job', async () => {
        const { executor } = await start();
        const cancelled = executor.submit(waiting('long', 1e6));
        await new Promise<void>((moves) => executor.events(({ type }) => type === 'job-progress' && moves()));
        await executor.cancel();
        expect(await saidLater(cancelled)).to.match(/was cancelled/);
        expect((await executor.submit(square(21))).value).to.deep.equal({ square: 441 });
      });
  });
}

describe('an embedded queue', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);

  it('can be used by one process at a time', async () => {
    const where = join(folder(), 'queue');
    const queue = await openQueue(where);
    expect(await saidLater(openQueue(where))).to.match(/the queue \S+ is in use by process \d+ .*--workers/);
    await queue.close();
    expect(existsSync(join(where, 'queue.lock'))).to.equal(false);
    expect(readdirSync(where)).to.deep.equal(['database']);
  });

  it('is no longer used once another process has taken over its folder', async () => {
    const where = join(folder(), 'queue');
    const queue = await openQueue(where);
    expect((await queue.status()).waiting).to.equal(0);
    const lock = join(where, 'queue.lock');
    writeFileSync(lock, readFileSync(lock, 'utf8').replace(/"nonce":"./, '"nonce":"x'));
    expect(await saidLater(queue.status())).to.match(/this process no longer holds the queue \S+: .*taken it over/);
    await queue.close();
    expect(existsSync(lock)).to.equal(true); // the other's
  });
});
