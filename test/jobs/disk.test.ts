/** Results on a disk that is full: a named error, nothing half-written, and the same bytes once there is room. */
import { expect } from 'chai';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createLocalExecutor,
  createQueueExecutor,
  createSerialExecutor,
  type Executor,
  type JobEvent,
  openQueue,
  openResults,
} from '../../src/jobs/index.js';
import { saidLater } from '../said.js';
import { temporaryFolder, whileOnSmallDisk } from '../runs/temporary.js';
import { square } from './executor.js';
import { countingRunners } from './runners.js';

const program = fileURLToPath(new URL('./child.ts', import.meta.url));

describe('a result on a full disk', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);

  /** Fills what is left; returns what makes room again. */
  function fill(disk: string): () => void {
    const ballast = join(disk, 'ballast');
    for (let size = 1 << 20; size >= 512; size /= 2) {
      try {
        writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
      } catch {
        // that much does not fit any more
      }
    }
    return () => rmSync(ballast);
  }
  const written = (disk: string): string[] =>
    readdirSync(disk).filter((name) => name.endsWith('.json') || name.startsWith('.'));
  const right = async (): Promise<string> => {
    const executor = createSerialExecutor({
      results: openResults(join(folder(), 'right')),
      runners: countingRunners().runners,
    });
    await executor.submit(square(3));
    return readFileSync(join(folder(), 'right', `${square(3).key}.json`), 'utf8');
  };
  async function refusedThenDone(disk: string, executor: Executor, refused: RegExp): Promise<void> {
    const makeRoom = fill(disk);
    expect(await saidLater(executor.submit(square(3)))).to.match(refused);
    expect(written(disk)).to.deep.equal([]);
    makeRoom();
    expect((await executor.submit(square(3))).value).to.deep.equal({ square: 9 });
    expect(readFileSync(join(disk, `${square(3).key}.json`), 'utf8')).to.equal(await right());
  }

  it('is an error of the job, and the same command continues', async function () {
    const mounted = await whileOnSmallDisk(folder(), 64, async (disk) => {
      const local = createLocalExecutor({ program, results: openResults(disk), workers: 1 });
      await refusedThenDone(disk, local, /cannot write .*: the disk is full \(free some space and try again/);
      await local.close();
    });
    if (!mounted) this.skip(); // no file system can be mounted here
  });

  it('of a worker is retried, and after five attempts becomes a dead letter, which can be requeued', async function () {
    const mounted = await whileOnSmallDisk(folder(), 64, async (disk) => {
      const where = join(folder(), 'queue');
      const executor = await createQueueExecutor({
        program,
        queue: where,
        results: openResults(disk),
        workers: 1,
        waits: { disk: 0 },
      });
      const events: JobEvent[] = [];
      executor.events((event) => events.push(event));
      await refusedThenDone(disk, executor, /cannot write .*: the disk is full/);
      await executor.close();
      expect(
        events.filter(({ type }) => type === 'job-retried').map((event) => (event as { reason: string }).reason),
      ).to.satisfy(
        (reasons: string[]) => reasons.length === 5 && reasons.every((reason) => reason.includes('the disk is full')),
      );
      const queue = await openQueue(where);
      expect(await queue.status()).to.include({ completed: 1, failed: 0, waiting: 0 });
      await queue.close();
    });
    if (!mounted) this.skip();
  });
});
