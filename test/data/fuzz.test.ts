/** Whatever happens to a file, reading it gives a sound data set or says what is wrong with it. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBySharp } from '../../src/data/decode-sharp.js';
import { openDataset } from '../../src/data/open.js';
import { sha256 } from '../../src/data/source.js';
import { WeftError } from '../../src/errors.js';
import { cifar, folderWith, jpg, png, removeFolders, tinyMnist } from './files.js';

const cases: [what: string, files: Record<string, Uint8Array>, mutated: string, runs: number][] = [
  ['IDX images', tinyMnist(), 'train-images-idx3-ubyte', 300],
  ['IDX labels', tinyMnist(), 't10k-labels-idx1-ubyte', 300],
  [
    'gzipped IDX images',
    { ...tinyMnist(), 'train-images-idx3-ubyte': gzipSync(tinyMnist()['train-images-idx3-ubyte']!) },
    'train-images-idx3-ubyte',
    300,
  ],
  ['CIFAR-10', { 'data_batch_1.bin': cifar([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9]) }, 'data_batch_1.bin', 100],
  ['CSV', { 'table.csv': Buffer.from('x,"y",label\n1,2.5,"a ""b"""\n3,-4e1,c\n5,6,c\n') }, 'table.csv', 500],
  [
    'PNG',
    { 'a/1.png': png(6, 5, (y, x) => [y * 40, x * 50, 9, 99]), 'b/1.png': png(6, 5, () => [1, 1, 1]) },
    'a/1.png',
    300,
  ],
  [
    'JPEG',
    { 'a/1.jpg': jpg(16, 12, (y, x) => [y * 16, x * 16, 9]), 'b/1.png': png(16, 12, () => [1, 1, 1]) },
    'a/1.jpg',
    300,
  ],
];

/** Some bytes replaced, a piece doubled or left out, the end cut off. */
const mutation = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const place = fc.nat(bytes.length - 1);
  return fc.oneof(
    fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }).map((changes) => {
      const copy = Uint8Array.from(bytes);
      for (const [index, byte] of changes) copy[index] = byte;
      return copy;
    }),
    place.map((end) => bytes.slice(0, end)),
    fc.tuple(place, place).map(([from, to]) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])),
  );
};

describe('mutated data files', () => {
  after(removeFolders);

  for (const [what, files, mutated, runs] of cases)
    it(`of ${what} give a data set or a WeftError`, () => {
      const folder = folderWith(files);
      let sound = 0;
      fc.assert(
        fc.property(mutation(files[mutated]!), (bytes) => {
          writeFileSync(join(folder, mutated), bytes);
          try {
            // JPEGs that sharp decodes stand below, many to a process.
            const { train, inputShape, classes, encoding } = openDataset(
              folder,
              what === 'JPEG' ? { decoder: 'javascript' } : {},
            );
            const [height, width, channels] = inputShape;
            expect(train.images.length).to.equal(train.count * height * width * channels);
            // A gap in a table is NaN, and counted.
            const gaps = encoding?.some(({ missing = 0 }) => missing > 0) ?? false;
            expect(train.images.every((value) => Number.isFinite(value) || (gaps && Number.isNaN(value)))).to.equal(
              true,
            );
            expect(train.labels.every((label) => label >= 0 && label < classes)).to.equal(true);
            sound++;
          } catch (error) {
            if (!(error instanceof WeftError)) throw error;
            expect([error.code, error.message.includes(folder)]).to.deep.equal(['data', true]);
          }
        }),
        { numRuns: runs },
      );
      expect(sound, 'mutations that did no harm').to.be.below(runs);
      rmSync(join(folder, mutated));
      expect(() => openDataset(folder)).to.throw(WeftError);
    });

  it('of JPEG give images of the requested size from sharp, or reasons, without losing others in the batch', () => {
    const [bytes] = fc.sample(fc.constant(jpg(16, 12, (y, x) => [y * 16, x * 16, 9])), 1);
    const mutated = fc.sample(mutation(bytes!), { numRuns: 200, seed: 1 });
    const folder = folderWith(Object.fromEntries(mutated.map((content, i) => [`${i}.jpg`, content])));
    const answers = decodeBySharp(
      mutated.map((content, i) => ({
        path: join(folder, `${i}.jpg`),
        form: 'jpeg',
        sha256: sha256(content),
        size: [8, 8],
      })),
    )!;
    const images = answers.filter((answer) => !('reason' in answer));
    expect(images.length).to.be.within(1, 199);
    for (const image of images) expect(image).to.include({ width: 8, height: 8 });
    for (const answer of answers) if ('reason' in answer) expect(answer.reason).to.not.equal('');
  });
});
