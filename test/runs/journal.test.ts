import { expect } from 'chai';
import fc from 'fast-check';
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../../src/errors.js';
import { type JournalEvent, openJournal, readEvents, tailEvents } from '../../src/runs/journal.js';
import { onSmallDisk, temporaryFolder } from './temporary.js';

describe('the journal', function () {
  const folder = temporaryFolder(this);
  const path = (): string => join(folder(), 'events.jsonl');
  const read = (): JournalEvent[] => [...readEvents(path())];

  it('returns what was appended, in full and from the end, whatever the length of lines', () => {
    const event = fc.record({
      type: fc.string(),
      text: fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 20 }),
        fc.integer({ min: 0, max: 90_000 }).map((length) => 'ü'.repeat(length)),
      ),
      n: fc.integer(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.nat(15), (events, count) => {
        rmSync(path(), { force: true });
        const journal = openJournal(path());
        for (const each of events) journal.append(each);
        expect(journal.sync()).to.equal(statSync(path()).size);
        expect(statSync(path()).mode & 0o111, 'is no program').to.equal(0);
        journal.close();
        expect(read()).to.deep.equal(events);
        expect(tailEvents(path(), count)).to.deep.equal(events.slice(Math.max(0, events.length - count)));
      }),
      { numRuns: 60 },
    );
  });

  it('is truncated to a position, so that repeated work is not recorded twice', () => {
    const journal = openJournal(path());
    journal.append({ type: 'step', step: 0 });
    const position = journal.sync();
    journal.append({ type: 'step', step: 1 });
    journal.close();
    const resumed = openJournal(path(), { position });
    resumed.append({ type: 'step', step: 1, again: true });
    resumed.close();
    expect(read()).to.deep.equal([
      { type: 'step', step: 0 },
      { type: 'step', step: 1, again: true },
    ]);
    openJournal(path(), { position: 0 }).close();
    expect(read()).to.deep.equal([]);
  });

  it('reads past a torn last line and overwrites it, wherever it is torn', () => {
    const journal = openJournal(path());
    for (let step = 0; step < 3; step++) journal.append({ type: 'größe', step });
    journal.close();
    const whole = readFileSync(path());
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let length = lastLine; length < whole.length; length++) {
      writeFileSync(path(), whole.subarray(0, length));
      expect(read()).to.have.lengthOf(2);
      expect(tailEvents(path(), 9)).to.have.lengthOf(2);
      const resumed = openJournal(path());
      resumed.append({ type: 'next' });
      resumed.close();
      expect(read().at(-1)).to.deep.equal({ type: 'next' });
      expect(read()).to.have.lengthOf(3);
    }
  });

  it('refuses a position that it does not have', () => {
    const journal = openJournal(path());
    journal.append({ type: 'a' });
    const position = journal.sync();
    journal.close();
    for (const wrong of [position - 1, position + 1]) {
      expect(() => openJournal(path(), { position: wrong }))
        .to.throw(WeftError, `no line ends at byte ${wrong}`)
        .with.property('code', 'run');
    }
    truncateSync(path(), position - 3);
    expect(() => openJournal(path(), { position })).to.throw(WeftError, /does not match the checkpoint/);
  });

  it('names a line that is not an event', () => {
    writeFileSync(path(), '{"type":"a"}\n{"type":\n');
    expect(() => [...readEvents(path())]).to.throw(WeftError, /events.jsonl, line 2, is not an event/);
    expect(() => tailEvents(path(), 2)).to.throw(WeftError, /events.jsonl is not an event/);
    expect(() => [...readEvents(join(folder(), 'none'))]).to.throw(WeftError, /cannot read .*none/);
  });

  it('stays bounded: full detail first, then half as much with each doubling', () => {
    const journal = openJournal(path(), { detail: { step: 100 } });
    for (let step = 0; step < 6400; step++) journal.append({ type: 'step', step });
    journal.append({ type: 'other', step: 6399 });
    journal.close();
    const steps = [...readEvents(path())].filter(({ type }) => type === 'step').map(({ step }) => step as number);
    expect(steps.slice(0, 100)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
    for (let from = 100; from < 6400; from *= 2)
      expect(
        steps.filter((step) => step >= from && step < 2 * from),
        `from ${from}`,
      ).to.have.lengthOf(50);
    expect([...readEvents(path())].at(-1)!.type).to.equal('other');
  });

  it('keeps only complete lines on a full disk, and continues when there is space again', function () {
    const mounted = onSmallDisk(folder(), 16, (disk) => {
      const small = join(disk, 'events.jsonl');
      const journal = openJournal(small);
      journal.append({ type: 'first' });
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(8000));
      expect(() => journal.append({ type: 'large', text: 'x'.repeat(20_000) }))
        .to.throw(WeftError, /the disk is full/)
        .with.property('code', 'disk');
      rmSync(join(disk, 'ballast'));
      journal.append({ type: 'second' });
      journal.close();
      expect([...readEvents(small)].map(({ type }) => type)).to.deep.equal(['first', 'second']);
    });
    if (!mounted) this.skip();
  });

  it('reads a file that is still being written', () => {
    const journal = openJournal(path());
    journal.append({ type: 'a' });
    const events = readEvents(path());
    expect(events.next().value).to.include({ type: 'a' });
    appendFileSync(path(), '{"type":"b');
    expect(events.next().done).to.equal(true);
    journal.close();
  });
});
