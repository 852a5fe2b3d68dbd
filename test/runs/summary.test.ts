import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { WeftError } from '../../src/errors.js';
import { runFiles } from '../../src/runs/run-directory.js';
import { readSummary, type RunResults, writeSummary } from '../../src/runs/summary.js';
import { temporaryFolder } from './temporary.js';

const results: RunResults = {
  baseline: { random: [0.25, 0.5] },
  test: { loss: 0.125, accuracy: 0.75 },
  weights: 'ab'.repeat(32),
  derived: { parameters: 1234, architecture: 'mlp~123456:a.b' },
  seed: 7,
  controller: 'enas',
  space: 'mlp',
};

describe('the summary', function () {
  const folder = temporaryFolder(this);

  it('has its fields in a fixed order, the measured ones last', () => {
    const summary = writeSummary(folder(), results, { elapsedSeconds: 1.5, peakMemoryMB: 100 });
    const text = readFileSync(runFiles(folder()).summary, 'utf8');
    expect(Object.keys(JSON.parse(text) as object)).to.deep.equal([
      'space',
      'controller',
      'seed',
      'derived',
      'test',
      'baseline',
      'weights',
      'resultHash',
      'elapsedSeconds',
      'peakMemoryMB',
    ]);
    expect(readSummary(folder())).to.deep.equal(summary).and.to.deep.include(results);
  });

  it('is the same to the byte for the same results, up to what was measured', () => {
    const write = (given: RunResults, elapsedSeconds: number): string => {
      writeSummary(folder(), given, { elapsedSeconds, peakMemoryMB: elapsedSeconds });
      return readFileSync(runFiles(folder()).summary, 'utf8').split('"elapsedSeconds"')[0]!;
    };
    const reversed = Object.fromEntries(Object.entries(results).reverse()) as unknown as RunResults;
    expect(write(reversed, 2)).to.equal(write(results, 1));
    expect(write({ ...results, weights: 'cd'.repeat(32) }, 1)).to.not.equal(write(results, 1));
  });

  it('hashes every result', () => {
    const hash = (given: RunResults): string =>
      writeSummary(folder(), given, { elapsedSeconds: 0, peakMemoryMB: 0 }).resultHash;
    const variants = [
      results,
      { ...results, seed: 8 },
      { ...results, test: { loss: 0.125, accuracy: 0.76 } },
      { ...results, weights: 'x' },
      { ...results, more: 1 },
    ];
    expect(new Set(variants.map(hash)).size).to.equal(variants.length);
  });

  it('is absent before the end, and damage is noticed', () => {
    expect(readSummary(folder())).to.equal(undefined);
    writeSummary(folder(), results, { elapsedSeconds: 1, peakMemoryMB: 1 });
    const path = runFiles(folder()).summary;
    for (const text of ['', '[]', readFileSync(path, 'utf8').replace('0.75', '0.95')]) {
      writeFileSync(path, text);
      expect(() => readSummary(folder()))
        .to.throw(WeftError, /summary.json is damaged/)
        .with.property('code', 'run');
    }
  });

  it('refuses results that are not finite, and keeps the old file', () => {
    writeSummary(folder(), results, { elapsedSeconds: 1, peakMemoryMB: 1 });
    expect(() =>
      writeSummary(folder(), { ...results, test: { loss: NaN } }, { elapsedSeconds: 1, peakMemoryMB: 1 }),
    ).to.throw(WeftError, /'loss' is NaN/);
    expect(readSummary(folder())).to.deep.include(results);
  });
});
