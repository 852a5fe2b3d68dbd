import { expect } from 'chai';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { createTail } from '../../src/ui/tail.js';
import { thinned } from '../../src/ui/thinned.js';
import { temporaryFolder } from '../runs/temporary.js';

describe('reading a growing file', function () {
  const folder = temporaryFolder(this);

  it('returns each complete line once, read in chunks, and an incomplete one once it is complete', () => {
    const path = join(folder(), 'lines');
    writeFileSync(path, 'one\ntwo\nthr');
    const tail = createTail();
    expect(tail.read(path, 100).lines).to.deep.equal(['one', 'two']);
    expect(tail.read(path, 100)).to.deep.include({ lines: [], restarted: false, more: false });
    appendFileSync(path, 'ee\nfour\n');
    const first = tail.read(path, 7);
    expect(first).to.deep.include({ lines: ['three'], more: true });
    expect(tail.read(path, 7)).to.deep.include({ lines: ['four'], more: false });
    expect(tail.position).to.equal(tail.size);
  });

  it('reads a line that is longer than a chunk, and skips one that is too long', () => {
    const path = join(folder(), 'lines');
    writeFileSync(path, `${'x'.repeat(1000)}\nshort\n`);
    const tail = createTail();
    expect(tail.read(path, 10).lines[0]).to.have.length(1000);
    writeFileSync(path, `${'y'.repeat((1 << 24) + 5)}\nafter\n`);
    const lines: string[] = [];
    let skipped = 0;
    for (let more = true; more;) {
      const step = tail.read(path, 1 << 19);
      lines.push(...step.lines);
      skipped += step.skipped;
      more = step.more;
    }
    expect(skipped).to.equal(1);
    expect(lines.at(-1)).to.equal('after');
  });

  it('restarts if the file was truncated, even if it has since grown past the old position', () => {
    const path = join(folder(), 'lines');
    writeFileSync(path, 'a1\na2\na3\n');
    const tail = createTail();
    tail.read(path, 100);
    truncateSync(path, 3);
    appendFileSync(path, 'b2\nb3\nb4\n');
    expect(tail.read(path, 100)).to.deep.include({ restarted: true, lines: ['a1', 'b2', 'b3', 'b4'] });
    truncateSync(path, 3);
    expect(tail.read(path, 100)).to.deep.include({ restarted: true, lines: ['a1'] });
  });
});

describe('thinning a series', () => {
  it('keeps all of a short one, and the order, peaks and end of any, in bounded memory', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double(), fc.constant(null)), { maxLength: 300 }),
        fc.integer({ min: 2, max: 20 }),
        (values, room) => {
          const series = thinned<number>(room);
          values.forEach((value, i) => series.add(value, i));
          const kept = series.items();
          expect(kept.length).to.be.at.most(2 * room + 1);
          expect(kept).to.deep.equal([...new Set(kept)].sort((a, b) => a - b));
          if (values.length < room) expect(kept).to.deep.equal(values.map((_, i) => i));
          if (values.length > 0) expect(kept.at(-1)).to.equal(values.length - 1);
          const finite = values.filter((value): value is number => Number.isFinite(value));
          if (finite.length === 0) return;
          const shown = kept.map((i) => values[i]).filter((value): value is number => Number.isFinite(value));
          expect(Math.max(...shown)).to.equal(Math.max(...finite));
          expect(Math.min(...shown)).to.equal(Math.min(...finite));
        },
      ),
    );
  });
});
