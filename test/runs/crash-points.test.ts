/**
 * Before every call that changes the disk, what is there is what a killed process would leave: one whole checkpoint,
 * always.
 */
import { expect } from 'chai';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { listCheckpoints, loadLatestCheckpoint, saveCheckpoint } from '../../src/runs/checkpoint.js';
import { createRun, lockRun, runFiles } from '../../src/runs/run-directory.js';
import { breathe } from '../../src/runs/shutdown.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { temporaryFolder } from './temporary.js';

const SPACE = 'space~123456';
/** Calls of `node:fs` that change what a later process finds. */
const CHANGING = ['openSync', 'writeFileSync', 'mkdirSync', 'renameSync', 'rmSync', 'closeSync'] as const;

/** Does `work` and calls `look` before each change of the disk, outside of which it may change the disk itself. */
function beforeEachChange(work: () => void, look: (call: string) => void): number {
  const originals = Object.fromEntries(CHANGING.map((name) => [name, fs[name]]));
  let points = 0;
  let looking = false;
  const put = (functions: object): void => {
    Object.assign(fs, functions);
    syncBuiltinESMExports();
  };
  put(
    Object.fromEntries(
      CHANGING.map((name) => [
        name,
        (...values: unknown[]): unknown => {
          if (!looking) {
            looking = true;
            points++;
            look(`${name} ${typeof values[0] === 'string' ? values[0] : ''}`);
            looking = false;
          }
          return (originals[name] as (...values: unknown[]) => unknown)(...values);
        },
      ]),
    ),
  );
  try {
    work();
  } finally {
    put(originals);
  }
  return points;
}

describe('a process that is killed while it saves', function () {
  before(() => loadBackend('cpu'));
  const folder = temporaryFolder(this);

  for (const keep of [1, 2]) {
    it(`leaves an intact checkpoint at every instant if ${keep} ${keep === 1 ? 'is' : 'are'} kept`, async () => {
      const { path } = createRun(folder(), { name: 'killed', seed: 1, config: {} });
      const weights = { kernel: tf.tensor([1, 2, 3]) };
      const save = (step: number, events: number): void =>
        void saveCheckpoint(path, SPACE, { step, tensors: { weights }, state: { step, events }, events }, { keep });
      save(1, 10);
      fs.cpSync(path, join(folder(), 'copies', 'first'), { recursive: true }); // Node keeps the functions that are there at its first call
      const seen: string[] = [];
      const copies: string[] = [];
      let damagedAt = Infinity;
      const points = beforeEachChange(
        () => {
          save(1, 10); // again: nothing to do
          save(2, 20);
          save(2, 25); // the same step with another past
          damagedAt = copies.length;
          fs.appendFileSync(join(runFiles(path).checkpoints, '00000002', 'weights.safetensors'), 'x');
          save(2, 30); // over a damaged one
          save(3, 40);
        },
        (call) => {
          seen.push(call);
          const copy = join(folder(), 'copies', String(copies.length));
          fs.cpSync(path, copy, { recursive: true });
          copies.push(copy);
        },
      );
      expect(points).to.be.greaterThan(30);
      expect(seen.some((call) => call.startsWith('renameSync'))).to.equal(true);
      let last = 0;
      let damaged = 0;
      for (const [i, copy] of copies.entries()) {
        (await lockRun(copy)).release();
        await breathe(); // the lock's thread ends
        if (listCheckpoints(copy).every((step) => !isWhole(copy, step))) {
          expect(i, `before ${seen[i]}`).to.be.at.least(damagedAt); // by hand, above
          damaged++;
          continue;
        }
        const { step, events, tensors } = loadLatestCheckpoint(copy, SPACE);
        disposeNamed(tensors['weights']!);
        // Damaged by hand, above: an earlier one serves.
        if (isWhole(copy, listCheckpoints(copy).at(-1)!)) expect(events, `before ${seen[i]}`).to.be.at.least(last);
        last = Math.max(last, events);
        expect(step).to.be.within(1, 3);
      }
      expect(last).to.be.at.least(30);
      // With one checkpoint that was damaged there is none until it is replaced; with two the other one serves.
      if (keep === 2) expect(damaged).to.equal(0);
      expect(listCheckpoints(path)).to.deep.equal(keep === 1 ? [3] : [2, 3]);
      disposeNamed(weights);
    });
  }

  function isWhole(path: string, step: number): boolean {
    const only = join(folder(), 'only');
    fs.rmSync(only, { recursive: true, force: true });
    fs.mkdirSync(join(only, 'checkpoints'), { recursive: true });
    const name = String(step).padStart(8, '0');
    fs.cpSync(join(path, 'checkpoints', name), join(only, 'checkpoints', name), { recursive: true });
    try {
      disposeNamed(loadLatestCheckpoint(only, SPACE).tensors['weights']!);
      return true;
    } catch {
      return false;
    }
  }
});
