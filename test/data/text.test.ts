/** Text as data: tokens, contiguous parts, windows that follow on each other. */
import { expect } from 'chai';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../../src/errors.js';
import { isText, makeCorpus, numbering, prepareText, textBatches, tokenize } from '../../src/data/index.js';
import { withFolder } from '../search/weft.js';

const TEXT = 'to be, or not to be: that is the question.\nwhether ’tis nobler\n';
const corpusOf = (options: Parameters<typeof makeCorpus>[1], text = TEXT.repeat(20)) =>
  makeCorpus({ name: 'x', text, sources: [] }, options);

describe('text', () => {
  it('is read as characters, or as words with ends of lines', () => {
    expect(tokenize('a😀\n', 'char')).to.deep.equal(['a', '😀', '\n']);
    expect(tokenize(' the  cat \n\nsat\n', 'word')).to.deep.equal(['the', 'cat', '<eos>', '<eos>', 'sat', '<eos>']);
  });

  it('is divided into contiguous parts that together make up the text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('char', 'word'),
        fc.constantFrom(0, 0.1, 30),
        fc.constantFrom(0.05, 0.2, 20),
        (level, derive, test) => {
          const { parts, vocabulary } = corpusOf({ level, derive, test, validation: 0.1 });
          const order = ['derive', 'train', 'validation', 'test'] as const;
          const tokens = order.flatMap((name) => [...(parts[name] ?? [])]).map((id) => vocabulary[id]);
          expect(tokens).to.deep.equal(tokenize(TEXT.repeat(20), level));
        },
      ),
    );
  });

  it('has no token in its vocabulary that only occurs in the test part', () => {
    const { parts, vocabulary } = corpusOf({ test: 3 }, `${'abc'.repeat(30)}xyz`);
    expect(vocabulary).to.deep.equal(['<unk>', 'a', 'b', 'c']);
    expect([...parts.test]).to.deep.equal([0, 0, 0]);
  });

  it('keeps the most frequent words, ties by code point', () => {
    const { vocabulary, parts } = corpusOf(
      { level: 'word', vocabulary: 4, test: 1, validation: 1 },
      'b a b c a b\n'.repeat(3),
    );
    expect(vocabulary).to.deep.equal(['<unk>', 'b', 'a', 'c']);
    expect([...numbering(vocabulary)(['a', 'q'])]).to.deep.equal([2, 0]);
    expect(parts.train).to.have.length(19);
  });

  it('is recorded with hashes of files and parts', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'my.txt');
      writeFileSync(path, TEXT.repeat(9));
      expect(isText(path)).to.equal(true);
      const { record, corpus } = prepareText({ source: path, bptt: 5 });
      expect(record).to.include({ kind: 'text', name: 'my', level: 'char' });
      expect(record.inputShape).to.deep.equal([5]);
      expect(record.sources[0]!.sha256).to.equal(createHash('sha256').update(TEXT.repeat(9)).digest('hex'));
      expect(record.splits['train']).to.deep.include({ count: corpus.parts.train.length, unknown: 0 });
      for (const name of ['train', 'valid', 'test']) writeFileSync(join(folder, `${name}.txt`), `${name} `.repeat(20));
      const { parts, vocabulary } = prepareText({ source: folder, level: 'word', bptt: 5 }).corpus;
      expect(vocabulary[parts.train[0]!]).to.equal('train');
      expect(vocabulary[parts.validation[0]!]).to.equal('valid');
      expect(parts.test[0]).to.equal(0);
      await Promise.resolve();
    }));

  it('says what is wrong with a text', () => {
    expect(() => prepareText({ source: 'no-such.txt' })).to.throw(WeftError, /there is no text .*no-such\.txt/);
    expect(() => corpusOf({ validation: 0.9, test: 0.5, derive: 0.2 })).to.throw(
      WeftError,
      /the derive part would take/,
    );
    expect(() =>
      textBatches(new Int32Array(50), { name: 'train', seed: 1, batchSize: 8, length: 10, order: 'streams' }),
    ).to.throw(WeftError, /too few for 8 windows of 10/);
  });
});

describe('batches of text', () => {
  const ids = Int32Array.from({ length: 1000 }, (_, i) => i);
  const options = { name: 'train', seed: 3, batchSize: 4, length: 7 } as const;

  it('are labelled with the tokens that follow', () => {
    for (const order of ['streams', 'shuffled', 'once'] as const) {
      const all = textBatches(ids, { ...options, order });
      for (let step = 0; step < all.stepsPerEpoch; step++) {
        const { inputs, labels } = all.at(2, step);
        expect([...labels]).to.deep.equal([...inputs].map((id) => id + 1));
      }
    }
  });

  it('continue each other in streams, from another start in each epoch', () => {
    const all = textBatches(ids, { ...options, order: 'streams' });
    const starts = new Set<number>();
    for (let epoch = 0; epoch < 20; epoch++) {
      starts.add(all.at(epoch, 0).inputs[0]!);
      for (let step = 1; step < all.stepsPerEpoch; step++) {
        const [before, now] = [all.at(epoch, step - 1), all.at(epoch, step)];
        for (let row = 0; row < 4; row++) expect(now.inputs[row * 7]).to.equal(before.labels[row * 7 + 6]);
      }
    }
    expect(starts.size).to.be.above(3);
    expect(Math.max(...starts)).to.be.below(7);
  });

  it('contain every window once per epoch, in another order each time, when shuffled', () => {
    const all = textBatches(ids, { ...options, order: 'shuffled' });
    const firsts = (epoch: number): number[] =>
      Array.from({ length: all.stepsPerEpoch }, (_, step) =>
        [0, 1, 2, 3].map((row) => all.at(epoch, step).inputs[row * 7]!),
      ).flat();
    expect(new Set(firsts(0)).size).to.equal(all.examplesPerEpoch);
    expect(firsts(0)).not.to.deep.equal(firsts(1));
    expect(firsts(1)).to.deep.equal(firsts(1));
  });

  it('predict every token once in an evaluation, except for a remainder smaller than one per row', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 300 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (size, batchSize, length) => {
          const all = textBatches(ids.subarray(0, size), { name: 'test', seed: 1, batchSize, length, order: 'once' });
          const seen = Array.from({ length: all.stepsPerEpoch }, (_, step) => [...all.at(0, step).labels]).flat();
          expect(new Set(seen).size).to.equal(seen.length);
          expect(seen.length).to.be.above(size - 1 - batchSize);
        },
      ),
    );
  });
});
