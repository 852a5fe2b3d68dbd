/** Workers that were frozen and come too late, jobs that vanish from the queue, and more failures than are listed. */
import { expect } from 'chai';
import { join } from 'node:path';
import { openQueue } from '../../src/jobs/index.js';
import { uuidOf } from '../../src/jobs/job.js';
import { type Engine, openEngine } from '../../src/jobs/queue/libraries.js';
import { parseLocation } from '../../src/jobs/queue/location.js';
import { JOB_VERSION } from '../../src/jobs/version.js';
import { WeftError } from '../../src/errors.js';
import { temporaryFolder } from '../runs/temporary.js';
import { square, startSubmitter, until } from './executor.js';
import { postgresOf } from './postgres.js';

const NAME = `jobs/${JOB_VERSION}`;

describe('a PostgreSQL queue', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const postgres = postgresOf(this);
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  async function open() {
    const queue = await openQueue(postgres().url);
    const engine = await openEngine(parseLocation(postgres().url));
    ends.push(() => queue.close(), engine.close);
    return { queue, ...engine };
  }
  async function loseWorker({ boss, sql }: Pick<Engine, 'boss' | 'sql'>): Promise<void> {
    await sql(`UPDATE weft.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'`);
    await until(async () => {
      await boss.supervise();
      return (await sql(`SELECT 1 FROM weft.job WHERE state = 'active'`)).length === 0;
    });
    await sql(`UPDATE weft.job SET start_after = now() WHERE state = 'retry'`);
  }

  for (const final of [true, false])
    it(`ignores ${final ? 'a failure' : 'a job handed back'} by a worker whose job another one has meanwhile`, async () => {
      const { queue, ...engine } = await open();
      const job = square(final ? 51 : 52);
      await queue.enqueue([job]);
      const frozen = (await queue.take())!;
      await loseWorker(engine);
      const current = (await queue.take())!;
      expect(current).to.include({ attempt: 2 });
      await queue.fail(frozen, new WeftError('run', 'this process no longer holds the run'), { final });
      expect(await queue.settled([job.key])).to.deep.equal([]);
      expect(await queue.renew(current)).to.equal(true);
      await queue.complete(current, 'done');
      expect((await queue.settled([job.key]))[0]).to.include({ state: 'completed', result: 'done' });
    });

  it('returns every failed job, however many there are', async () => {
    const { queue, sql } = await open();
    const jobs = Array.from({ length: 1203 }, (_, i) => square(1000 + i));
    for (let start = 0; start < jobs.length; start += 500) await queue.enqueue(jobs.slice(start, start + 500));
    const failAll = () => sql(`UPDATE weft.job SET state = 'failed' WHERE name = $1`, [NAME]);
    await failAll();
    for (const { key } of [jobs[0]!, jobs.at(-1)!]) expect(await queue.retry(key)).to.equal(1);
    await failAll();
    const { failed } = await queue.status();
    expect(await queue.retry()).to.equal(failed);
    expect(await queue.status()).to.include({ failed: 0, waiting: failed });
    await queue.cancel(jobs.map(({ key }) => key));
  });

  it('receives a job again that was deleted from it while its submitter waits', async () => {
    const { queue, sql } = await open();
    const { executor, heard } = await startSubmitter(postgres().url, join(folder(), 'results'));
    ends.push(() => executor.close());
    const job = square(60);
    const waits = executor.submit(job);
    await until(async () => (await queue.present([job.key])).size > 0);
    await sql('DELETE FROM weft.job WHERE id = $1', [uuidOf(job.key)]);
    await until(async () => (await queue.present([job.key])).size > 0);
    expect(heard).to.deep.equal(['1 job is no longer in the queue: submitted again']);
    await executor.cancel();
    await waits.catch(() => {});
  });
});
