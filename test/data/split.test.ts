import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { classCounts, defineDataset, type Dataset } from '../../src/data/dataset.js';
import { readDigits } from '../../src/data/digits.js';
import {
  assertDisjoint,
  findSeen,
  mergeSplits,
  recordSplit,
  recordSplits,
  splitDataset,
  type Split,
} from '../../src/data/split.js';
import { quotas } from '../../src/data/stratify.js';
import { addLabelNoise, takeSubset } from '../../src/data/subset.js';
import { expectError } from './files.js';

/** Example i is the single number i; `perClass[c]` examples of class c, interleaved. */
function numbered(perClass: readonly number[], testPart = false): Dataset {
  const labels: number[] = [];
  for (let round = 0; labels.length < perClass.reduce((a, b) => a + b, 0); round++)
    perClass.forEach((count, c) => round < count && labels.push(c));
  const part = { images: Float32Array.from(labels, (_, i) => i), labels: Int32Array.from(labels) };
  return defineDataset({
    name: 'numbered',
    inputShape: [1, 1, 1],
    classes: perClass.length,
    train: part,
    test: testPart ? part : undefined,
  });
}

const parts = (splits: object): Split[] => Object.values(splits) as Split[];

describe('quotas', () => {
  it('are those of the largest remainder', () => {
    expect([...quotas([178, 182, 177, 183, 181, 182, 181, 179, 174, 180], 360)]).to.deep.equal([
      36, 37, 35, 37, 36, 36, 36, 36, 35, 36,
    ]);
    expect([...quotas([1, 1, 1], 2)]).to.deep.equal([1, 1, 0]);
    expect([...quotas([5, 0], 3)]).to.deep.equal([3, 0]);
  });

  it('sum to the total and stay within one of the exact share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 2, maxLength: 9 }).filter((counts) => counts.some((n) => n > 0)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, fraction) => {
          const all = counts.reduce((a, b) => a + b, 0);
          const total = Math.round(fraction * all);
          const result = [...quotas(counts, total)];
          expect(result.reduce((a, b) => a + b, 0)).to.equal(total);
          result.forEach((quota, c) => {
            expect(Math.abs(quota - (total * counts[c]!) / all)).to.be.below(1);
            expect(quota).to.be.at.most(counts[c]!);
          });
        },
      ),
    );
  });
});

describe('splitDataset', () => {
  it('divides the digits as requested, stratified by class', () => {
    const { train, validation, derive, fisher, test } = splitDataset(readDigits(), {
      seed: 1,
      validation: 0.2,
      derive: 100,
      fisher: 0.1,
    });
    expect([train, validation, derive!, fisher!, test].map((split) => split.indices.length)).to.deep.equal([
      906, 287, 100, 144, 360,
    ]);
    expect(
      Math.max(...classCounts(validation.labels, 10)) - Math.min(...classCounts(validation.labels, 10)),
    ).to.be.at.most(3);
    expect([...test.labels]).to.deep.equal([...readDigits().test!.labels]);
  });

  it('gives disjoint parts that cover everything, for any shares', () => {
    const share = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 15, max: 30 }), { minLength: 2, maxLength: 4 }),
        share,
        share,
        share,
        fc.nat(),
        (counts, validation, derive, fisher, seed) => {
          fc.pre(validation + derive + fisher < 20);
          const dataset = numbered(counts);
          const splits = splitDataset(dataset, { seed, test: 5, validation, derive, fisher });
          const all = parts(splits).flatMap((split) => [...split.indices]);
          expect(all.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: dataset.train.count }, (_, i) => i));
          for (const split of parts(splits)) {
            expect([...split.indices]).to.deep.equal([...split.indices].sort((a, b) => a - b));
            expect([...split.labels]).to.deep.equal([...split.indices].map((index) => dataset.train.labels[index]));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('depends on the seed and on nothing else', () => {
    const record = (seed: number): unknown => recordSplits(splitDataset(readDigits(), { seed }));
    expect(record(3)).to.deep.equal(record(3));
    expect(record(3)).to.not.deep.equal(record(4));
  });

  it('takes the test part first, so that the other parts do not move it', () => {
    const test = (validation: number): number[] => [
      ...splitDataset(numbered([20, 20]), { seed: 2, validation }).test.indices,
    ];
    expect(test(0.1)).to.deep.equal(test(0.4));
    expect(test(0.1)).to.have.length(8);
  });

  it('gives training the requested number, or all the rest', () => {
    expect(splitDataset(numbered([50, 50], true), { seed: 1 }).train.indices).to.have.length(90);
    expect(splitDataset(numbered([50, 50], true), { seed: 1, train: 30 }).train.indices).to.have.length(30);
  });

  it('refuses impossible splits', () => {
    const dataset = numbered([10, 3], true);
    expectError(
      'data',
      () => splitDataset(dataset, { seed: 1, validation: 0.5, derive: 8 }),
      /8 examples for derive, but only 6 of 13/,
    );
    expectError(
      'config',
      () => splitDataset(dataset, { seed: 1, validation: 0 }),
      /validation: 0 is not a possible share/,
    );
    expectError('config', () => splitDataset(dataset, { seed: 1, validation: 2.5 }), /2\.5 is not a possible share/);
    expectError('config', () => splitDataset(dataset, { seed: 1, fisher: 0.01 }), /fisher/);
    expectError('data', () => splitDataset(dataset, { seed: 1, train: 1 }), /training split has no example of class 1/);
  });

  it('notices an example in two parts', () => {
    const { train, validation } = splitDataset(numbered([20, 20], true), { seed: 1 });
    const stolen = { ...validation, indices: Uint32Array.of(train.indices[7]!) };
    expectError(
      'data',
      () => assertDisjoint({ train, validation: stolen }),
      `example ${train.indices[7]} is in train and in validation`,
    );
  });
});

describe('mergeSplits', () => {
  it('joins parts in order, each example with the label of its split', () => {
    const dataset = numbered([20, 20], true);
    const { train, validation, test } = splitDataset(dataset, { seed: 1 });
    const { split: noisy } = addLabelNoise(train, { rate: 1, seed: 1 });
    const merged = mergeSplits('train', [noisy, validation]);
    expect([...merged.indices]).to.deep.equal(Array.from({ length: 40 }, (_, i) => i));
    merged.indices.forEach((index, i) =>
      expect(merged.labels[i] === dataset.train.labels[index]).to.equal(validation.indices.includes(index)),
    );
    expectError(
      'data',
      () => mergeSplits('train', [train, { ...test, examples: { ...test.examples } }]),
      /different files/,
    );
  });
});

describe('recordSplit', () => {
  const { train } = splitDataset(numbered([6, 6], true), { seed: 5, validation: 4 });

  it('hashes indices and content as documented', () => {
    const content = Buffer.alloc(train.indices.length * 8);
    train.indices.forEach((index, i) => {
      content.writeFloatLE(index, i * 8);
      content.writeInt32LE(train.labels[i]!, i * 8 + 4);
    });
    const indices = Buffer.alloc(train.indices.length * 4);
    train.indices.forEach((index, i) => indices.writeUInt32LE(index, i * 4));
    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(recordSplit(train)).to.deep.equal({
      count: 8,
      perClass: [4, 4],
      indices: hash(indices),
      content: hash(content),
    });
  });

  it('detects a changed label or pixel', () => {
    const noisy = { ...train, labels: train.labels.map((label, i) => (i === 0 ? 1 - label : label)) };
    expect(recordSplit(noisy).indices).to.equal(recordSplit(train).indices);
    expect(recordSplit(noisy).content).to.not.equal(recordSplit(train).content);
    const images = Float32Array.from(train.examples.images);
    images[train.indices[3]!]! += 1;
    expect(recordSplit({ ...train, examples: { ...train.examples, images } }).content).to.not.equal(
      recordSplit(train).content,
    );
  });
});

describe('takeSubset', () => {
  it('keeps classes in proportion, or takes as many of each', () => {
    const dataset = numbered([30, 60], true);
    const { train, test } = takeSubset(dataset, { seed: 1, train: 0.5, test: { perClass: 4 } });
    expect([...classCounts(train.labels, 2)]).to.deep.equal([15, 30]);
    expect([...classCounts(test!.labels, 2)]).to.deep.equal([4, 4]);
    train.images.forEach((value, i) => expect(train.labels[i]).to.equal(dataset.train.labels[value]));
    expect(takeSubset(dataset, { seed: 1, train: 10 }).test).to.equal(dataset.test);
  });

  it('keeps bytes as bytes and follows the seed', () => {
    const images = (seed: number): unknown => takeSubset(readDigits(), { seed, train: 100 }).train.images;
    expect(images(1)).to.be.instanceOf(Uint8Array);
    expect(images(1)).to.deep.equal(images(1));
    expect(images(1)).to.not.deep.equal(images(2));
  });

  it('refuses more examples than there are, or less than one of each class', () => {
    const dataset = numbered([3, 60]);
    expectError(
      'data',
      () => takeSubset(dataset, { seed: 1, train: { perClass: 4 } }),
      /4 examples of class 0, which has 3/,
    );
    expectError('data', () => takeSubset(dataset, { seed: 1, train: { perClass: 1.5 } }), /1\.5 examples of class 0/);
    expectError('data', () => takeSubset(dataset, { seed: 1, train: 3 }), /0 examples of class 0/);
    expectError('config', () => takeSubset(dataset, { seed: 1, train: 64 }), /64 is not a possible share of 63/);
  });
});

describe('addLabelNoise', () => {
  const { train } = splitDataset(readDigits(), { seed: 1 });

  it('changes exactly the requested share, always to another class, and reports which', () => {
    const { split, changed } = addLabelNoise(train, { rate: 0.3, seed: 1 });
    expect(changed).to.have.length(Math.round(0.3 * train.labels.length));
    const different = [...split.labels].flatMap((label, i) => (label === train.labels[i] ? [] : [i]));
    expect(different).to.deep.equal([...changed]);
    expect(recordSplit(addLabelNoise(train, { rate: 0.3, seed: 1 }).split)).to.deep.equal(recordSplit(split));
    expect(recordSplit(addLabelNoise(train, { rate: 0.3, seed: 2 }).split)).to.not.deep.equal(recordSplit(split));
  });

  it('is spread evenly over the other classes', () => {
    const { split } = addLabelNoise(train, { rate: 1, seed: 1 });
    const steps = new Array<number>(10).fill(0);
    split.labels.forEach((label, i) => steps[(label - train.labels[i]! + 10) % 10]!++);
    expect(steps[0]).to.equal(0);
    for (const count of steps.slice(1)) expect(count).to.be.within(100, 190); // 143.7 expected, sd 11
  });

  it('leaves everything else alone', () => {
    const before = recordSplit(train);
    const { split } = addLabelNoise(train, { rate: 0.5, seed: 1 });
    expect(recordSplit(train)).to.deep.equal(before);
    expect(split.indices).to.equal(train.indices);
    expect(recordSplit(addLabelNoise(train, { rate: 0, seed: 1 }).split)).to.deep.equal(before);
    expectError('config', () => addLabelNoise(train, { rate: 30, seed: 1 }), /label noise is 30/);
  });
});

describe('a test part that was used in training', () => {
  it('is distinguished from a new one by the content of the examples', () => {
    const same = splitDataset(numbered([10, 10], true), { validation: 0.2, seed: 1 });
    const count = (found: boolean[] | undefined): number => found!.filter(Boolean).length;
    const seen = findSeen(same);
    expect([count(seen['train']), count(seen['validation'])]).to.deep.equal([16, 4]);
    const apart = splitDataset(numbered([10, 10]), { validation: 0.2, test: 0.2, seed: 1 });
    expect(Object.values(findSeen(apart)).flat().some(Boolean)).to.equal(false);
  });
});
