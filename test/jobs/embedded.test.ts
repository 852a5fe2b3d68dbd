/** The database of an embedded queue: on a disk that does not take it, and where it was never whole. */
import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openQueue } from '../../src/jobs/index.js';
import { openDatabase } from '../../src/jobs/queue/embedded.js';
import { saidLater } from '../said.js';
import { weft } from '../search/weft.js';
import { temporaryFolder, whileOnSmallDisk } from '../runs/temporary.js';
import { square } from './executor.js';

describe('the database of an embedded queue', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const location = (path: string) => ({ kind: 'folder', path, shown: path }) as const;

  it('that does not fit on the disk gives a disk error, without advice to delete anything', async function () {
    const mounted = await whileOnSmallDisk(folder(), 4096, async (disk) => {
      // In a process of its own, because the engine leaves its files open.
      const { code, stderr } = await weft(['worker', '--queue', join(disk, 'queue'), '--results', join(folder(), 'r')]);
      expect(code).to.equal(1);
      expect(stderr).to.match(/weft: cannot write \S+database: the disk is full\n  free some space and try again/);
      expect(stderr).not.to.match(/undefined|delete|move/);
    });
    if (!mounted) this.skip(); // no file system can be mounted here
  });

  /** Rejects with an error without words, as the engine does. */
  const failing = (fields: object): Promise<never> => Promise.reject(Object.assign(new Error(), fields));

  it('explains an error for which the engine gives only a number', async () => {
    for (const [errno, why] of [
      [2, /permission denied \(choose/],
      [69, /read-only/],
      [19, /quota/],
      [51, /the disk is full/],
    ] as const) {
      const said = await saidLater(openDatabase(location(folder()), () => failing({ name: 'ErrnoError', errno })));
      expect(said)
        .to.match(why)
        .and.not.match(/delete|move|undefined/);
    }
    const damaged = openDatabase(location(folder()), () => failing({ name: 'ExitStatus', status: 1 }));
    expect(await saidLater(damaged)).to.match(
      /cannot be opened: the database engine ended with ExitStatus 1 \(if it is damaged, move/,
    );
  });

  it('is recreated if it was never complete, and kept otherwise', async () => {
    const path = mkdtempSync(join(folder(), 'queue-'));
    const half = (database: string): Promise<never> => {
      mkdirSync(database, { recursive: true });
      writeFileSync(join(database, 'half'), '');
      return Promise.reject(new Error('killed'));
    };
    await saidLater(openDatabase(location(path), half));
    const queue = await openQueue(path);
    await queue.enqueue([square(1)]);
    await queue.close();
    expect(readdirSync(path)).to.deep.equal(['database']);
    await saidLater(openDatabase(location(path), half));
    const again = await openQueue(path);
    expect(await again.status()).to.include({ waiting: 1 });
    await again.close();
  });
});
