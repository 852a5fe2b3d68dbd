/** A disk that fills while a search writes its results: what is missing is said, and made again by a resume. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { resumeSearch, runSearch, WeftError } from '../../src/index.js';
import { readSums, readSummary } from '../../src/runs/index.js';
import { resultsOf } from '../../src/search/finished.js';
import { temporaryFolder, whileOnSmallDisk } from '../runs/temporary.js';
import { TINY_CONFIG, tinyTable } from '../runs/tiny-run.js';
import { onlyRun } from './weft.js';

const PAGE = 4096;
/** Pages that are left before the results are written: from none to more than they need. */
const LEFT = [0, 1, 2, 3, 5, 8, 13, 30, 100];

/** Fills the disk up to so many pages; returns what makes room again. */
function fill(disk: string, left: number): () => void {
  const ballast = join(disk, 'ballast');
  for (let size = 1 << 20; size >= PAGE; size /= 2)
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // that much does not fit any more
    }
  const { length } = readFileSync(ballast);
  truncateSync(ballast, Math.max(0, PAGE * (Math.floor(length / PAGE) - left)));
  return () => rmSync(ballast, { force: true });
}

describe('a disk that is full at the end of a search', function () {
  this.timeout(240_000);
  const folder = temporaryFolder(this);
  const searchIn = (runs: string, onTested = (): void => undefined): ReturnType<typeof runSearch> =>
    runSearch({
      space: mlp,
      controller: random,
      config: { ...TINY_CONFIG, seed: 3, data: { source: tinyTable(join(folder(), 'data.csv')) } },
      runs,
      on: { tested: onTested },
    });

  it('is named, and a resume makes what is missing, with the same weights', async function () {
    const whole = (await searchIn(join(folder(), 'whole'))).run;
    const same = ['model.safetensors', 'model.json'];
    let refused = 0;
    const mounted = await whileOnSmallDisk(folder(), 2048, async (disk) => {
      for (const left of LEFT) {
        const runs = join(disk, `runs-${left}`);
        let free = (): void => undefined;
        const error: unknown = await searchIn(runs, () => (free = fill(disk, left))).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error !== undefined) {
          refused++;
          expect(error, String(error)).to.be.instanceOf(WeftError);
          expect((error as WeftError).code).to.equal('disk');
          expect((error as WeftError).message).to.match(/the disk is full/);
        }
        free();
        const run = onlyRun(runs);
        await resumeSearch(run);
        for (const name of same)
          expect(
            readFileSync(join(run, name)).equals(readFileSync(join(whole, name))),
            `${name}, ${left} pages`,
          ).to.equal(true);
        expect(resultsOf(run)!.missing).to.deep.equal([]);
        expect([...readSums(run)!.keys()]).to.have.members([...readSums(whole)!.keys()]);
        const { test, derived, weights } = readSummary(run)!;
        const wanted = readSummary(whole)!;
        expect({ test, derived, weights }).to.deep.equal({
          test: wanted.test,
          derived: wanted.derived,
          weights: wanted.weights,
        });
        expect(readFileSync(join(run, 'report.html'), 'utf8').trimEnd().endsWith('</html>')).to.equal(true);
        expect(readdirSync(run).filter((name) => name.includes('.tmp') || name.startsWith('.'))).to.deep.equal([]);
        expect(existsSync(join(run, 'summary.json'))).to.equal(true);
        rmSync(runs, { recursive: true });
      }
    });
    if (!mounted) return this.skip(); // no file system can be mounted here
    expect(refused).to.be.above(3);
  });
});
