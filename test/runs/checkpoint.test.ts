import { expect } from 'chai';
import fc from 'fast-check';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../../src/errors.js';
import { type Checkpoint, listCheckpoints, loadLatestCheckpoint, saveCheckpoint } from '../../src/runs/checkpoint.js';
import { type JournalEvent } from '../../src/runs/journal.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { onSmallDisk, temporaryFolder } from './temporary.js';

const SPACE = 'macro-cnn~37cffb';

describe('checkpoints', function () {
  const folder = temporaryFolder(this);
  before(() => loadBackend('cpu'));
  beforeEach(() => mkdirSync(join(folder(), 'checkpoints')));

  /** Saves a checkpoint that tells its step in every part. */
  function save(
    step: number,
    { path = folder(), size = 3, ...rule }: { path?: string; size?: number; keep?: number } = {},
  ): void {
    const tensors = {
      weights: { 'z/kernel': tf.fill([size], step), 'a/bias': tf.scalar(-step) },
      optimizer: { 'adam/m/z/kernel': tf.fill([2, 2], step / 3) },
    };
    try {
      saveCheckpoint(
        path,
        SPACE,
        { step, tensors, state: { cursor: step, baseline: 0.1 * step }, events: 10 * step },
        rule,
      );
    } finally {
      Object.values(tensors).forEach(disposeNamed);
    }
  }

  function expectStep({ step, tensors, state, events }: Checkpoint, wanted: number): void {
    expect({ step, state, events }).to.deep.equal({
      step: wanted,
      state: { cursor: wanted, baseline: 0.1 * wanted },
      events: 10 * wanted,
    });
    expect(Object.keys(tensors['weights']!)).to.deep.equal(['z/kernel', 'a/bias']); // as saved, not sorted
    expect([...tensors['weights']!['z/kernel']!.dataSync()]).to.deep.equal(Array(3).fill(wanted));
    expect([...tensors['optimizer']!['adam/m/z/kernel']!.dataSync()]).to.deep.equal(
      Array(4).fill(Math.fround(wanted / 3)),
    );
    Object.values(tensors).forEach(disposeNamed);
  }

  it('return what was saved, newest first, and leave no tensor behind', () => {
    const before = tf.memory().numTensors;
    save(9);
    save(100_000_000);
    save(10);
    expect(listCheckpoints(folder())).to.deep.equal([10, 100_000_000]);
    expectStep(loadLatestCheckpoint(folder(), SPACE), 100_000_000);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('are the same bytes for the same content, and can be written again', () => {
    save(4);
    const contents = (): string[] =>
      readdirSync(join(folder(), 'checkpoints', '00000004')).map((name) =>
        readFileSync(join(folder(), 'checkpoints', '00000004', name), 'latin1'),
      );
    const first = contents();
    expect(first).to.have.lengthOf(3);
    save(4);
    expect(contents()).to.deep.equal(first);
    expect(readdirSync(join(folder(), 'checkpoints'))).to.deep.equal(['00000004']);
  });

  it('are removed by the rule: all but the last two, or the number that is asked for', () => {
    for (let step = 0; step <= 10; step++) save(step);
    expect(listCheckpoints(folder())).to.deep.equal([9, 10]);
    save(11, { keep: 1 });
    expect(listCheckpoints(folder())).to.deep.equal([11]);
    save(12, { keep: 0 });
    expect(listCheckpoints(folder())).to.deep.equal([12]); // never the last
  });

  it('fall back to the previous one with a warning, whatever is damaged', () => {
    const before = tf.memory().numTensors;
    const parts = ['state.json', 'weights.safetensors', 'optimizer.safetensors'];
    fc.assert(
      fc.property(
        fc.constantFrom(...parts),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.constantFrom('flip', 'cut', 'remove'),
        fc.integer({ min: 1, max: 255 }),
        (name, where, how, mask) => {
          save(3);
          save(6);
          const path = join(folder(), 'checkpoints', '00000006', name);
          const bytes = readFileSync(path);
          const at = Math.floor(where * bytes.length);
          if (how === 'flip') writeFileSync(path, bytes.fill(bytes[at]! ^ mask, at, at + 1));
          if (how === 'cut') truncateSync(path, at);
          if (how === 'remove') rmSync(path);
          const warnings: JournalEvent[] = [];
          expectStep(loadLatestCheckpoint(folder(), SPACE, { warn: (event) => warnings.push(event) }), 3);
          expect(warnings).to.have.lengthOf(1);
          expect(warnings[0]!.type).to.equal('warning');
          expect(warnings[0]!['message']).to.contain(path);
        },
      ),
      { numRuns: 50 },
    );
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('say what to do if none is intact', () => {
    expect(() => loadLatestCheckpoint(folder(), SPACE))
      .to.throw(WeftError, /no complete checkpoint/)
      .with.property('code', 'checkpoint');
    save(1);
    rmSync(join(folder(), 'checkpoints', '00000001', 'state.json'));
    expect(() => loadLatestCheckpoint(folder(), SPACE)).to.throw(WeftError, /no complete checkpoint/);
    expect(() => listCheckpoints(join(folder(), 'none')))
      .to.throw(WeftError, /cannot read/)
      .with.property('code', 'run');
  });

  it('are refused in another space or version, with nothing loaded', () => {
    save(2);
    const before = tf.memory().numTensors;
    expect(() => loadLatestCheckpoint(folder(), 'macro-cnn~000000'))
      .to.throw(WeftError, /of the search space macro-cnn~37cffb, not macro-cnn~000000/)
      .with.property('code', 'checkpoint');
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('refuse numbers that JSON cannot hold', () => {
    expect(() => saveCheckpoint(folder(), SPACE, { step: 1, tensors: {}, state: { baseline: NaN }, events: 0 }))
      .to.throw(WeftError, /'baseline' is NaN/)
      .with.property('code', 'numeric');
    expect(readdirSync(join(folder(), 'checkpoints'))).to.deep.equal([]);
  });

  it('survive a full disk: the previous one is kept', function () {
    const mounted = onSmallDisk(folder(), 128, (disk) => {
      mkdirSync(join(disk, 'checkpoints'));
      save(1, { path: disk });
      expect(() => save(2, { path: disk, size: 50_000 }))
        .to.throw(WeftError, /the disk is full/)
        .with.property('code', 'disk');
      expect(readdirSync(join(disk, 'checkpoints'))).to.deep.equal(['00000001']);
      expectStep(loadLatestCheckpoint(disk, SPACE), 1);
    });
    if (!mounted) this.skip();
  });
});
