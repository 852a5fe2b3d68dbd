/** Pictures in two parts that are nearly the same: copies are found, other pictures are not. */
import { expect } from 'chai';
import { defineDataset } from '../../src/data/dataset.js';
import { countNearlySeen } from '../../src/data/near-duplicates.js';
import { resizePixels } from '../../src/data/pixels.js';
import { prepareData } from '../../src/data/prepare.js';
import { findSeen, splitDataset } from '../../src/data/split.js';
import { stream } from '../../src/tensor/rng.js';

const [SIDE, COUNT] = [24, 40];
/** Pictures of soft random colours, [count, 24, 24, 3]. */
const pictures = (seed: number): Uint8Array => {
  const rng = stream(seed, 'pictures');
  const all = new Uint8Array(COUNT * SIDE * SIDE * 3);
  for (let i = 0; i < COUNT; i++)
    all.set(resizePixels(Uint8Array.from({ length: 75 }, () => rng.int(256)), [5, 5], [SIDE, SIDE]), i * SIDE * SIDE * 3);
  return all;
}; // prettier-ignore

const labels = Int32Array.from({ length: COUNT }, (_, i) => i % 2);
const dataOf = (train: Uint8Array, test: Uint8Array) =>
  defineDataset({
    name: 'copies',
    inputShape: [SIDE, SIDE, 3],
    classes: 2,
    decoder: 'none',
    train: { images: train, labels },
    test: { images: test, labels },
  });
const nearly = (train: Uint8Array, test: Uint8Array) => {
  const splits = splitDataset(dataOf(train, test), { seed: 1, validation: 2 });
  return countNearlySeen(splits, findSeen(splits));
};

describe('near duplicates', () => {
  const rng = stream(9, 'noise');
  const copies: [what: string, change: (value: number) => number][] = [
    ['with noise', (value) => Math.max(0, Math.min(255, value + rng.int(11) - 5))],
    ['lighter', (value) => Math.min(255, Math.round(0.8 * value + 40))],
  ];
  for (const [what, change] of copies)
    it(`${what} are counted in the part that contains them`, () => {
      const { parts, lookedAt } = nearly(pictures(1), pictures(1).map(change));
      expect(lookedAt).to.equal(COUNT);
      expect([parts['train']! + parts['validation']!, parts['validation']]).to.deep.equal([COUNT, 2]);
    });

  it('are neither different nor identical images, nor images of a single colour', () => {
    expect(nearly(pictures(1), pictures(2)).parts).to.deep.equal({ train: 0, validation: 0 });
    expect(nearly(pictures(1), pictures(1)).parts).to.deep.equal({ train: 0, validation: 0 });
    const even = (level: number): Uint8Array => new Uint8Array(COUNT * SIDE * SIDE * 3).fill(level);
    expect(nearly(even(90), even(91)).parts).to.deep.equal({ train: 0, validation: 0 });
  });

  it('are recorded for decoded images, next to identical ones', () => {
    const copy = pictures(1).map((value) => Math.min(255, value + 1));
    copy.set(pictures(1).subarray(0, SIDE * SIDE * 3)); // one is equal
    const { record } = prepareData({ source: dataOf(pictures(1), copy), split: { validation: 2 } }, 1);
    const of = (parts: Readonly<Record<string, number>>): number => parts['train']! + parts['validation']!;
    expect([of(record.testSeenIn!), of(record.testNearlySeenIn!.parts)]).to.deep.equal([1, COUNT - 1]);
  });
});
