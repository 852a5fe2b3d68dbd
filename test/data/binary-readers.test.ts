import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { readCifarFolder } from '../../src/data/cifar10.js';
import { parseIdx, readIdxFolder } from '../../src/data/idx.js';
import { sha256 } from '../../src/data/source.js';
import { cifar, expectError, folderWith, idx, removeFolders, sharedData, tinyMnist } from './files.js';

const tenLabels = [3, 1, 0, 2, 4, 5, 6, 7, 8, 9];

describe('IDX files', () => {
  after(removeFolders);

  it('give images and labels, gzipped or not, under either spelling of their names', () => {
    const files = tinyMnist();
    const plain = readIdxFolder(folderWith(files), 'tiny');
    const zipped = readIdxFolder(
      folderWith(
        Object.fromEntries(
          Object.entries(files).map(([name, bytes]) => [`${name.replace('-idx', '.idx')}.gz`, gzipSync(bytes)]),
        ),
      ),
      'tiny',
    );
    for (const { train, test, inputShape, classes } of [plain, zipped]) {
      expect(inputShape).to.deep.equal([2, 3, 1]);
      expect(classes).to.equal(2);
      expect([...train.images]).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect([...train.labels]).to.deep.equal([1, 0]);
      expect([...test!.images.subarray(0, 3)]).to.deep.equal([21, 22, 23]);
      expect([...test!.labels]).to.deep.equal([0, 1]);
    }
    expect(plain.sources[0]).to.deep.include({ bytes: 28, sha256: sha256(files['train-images-idx3-ubyte']!) });
  });

  it('may come without a test part', () => {
    const { 't10k-images-idx3-ubyte': images, 't10k-labels-idx1-ubyte': labels, ...train } = tinyMnist();
    expect(images && labels && readIdxFolder(folderWith(train), 'tiny').test).to.equal(undefined);
  });

  const broken: [what: string, change: Record<string, Uint8Array | undefined>, ...patterns: RegExp[]][] = [
    [
      'a truncated file',
      { 'train-images-idx3-ubyte': idx([2, 2, 3], [1, 2, 3]) },
      /train-images-idx3-ubyte/,
      /2 x 2 x 3 = 12 bytes, but the file has 3/,
    ],
    ['bytes behind the end', { 'train-labels-idx1-ubyte': idx([2], [0, 1, 1]) }, /train-labels/, /has 3/],
    [
      'a cut header',
      { 'train-images-idx3-ubyte': idx([2, 2, 3], []).subarray(0, 9) },
      /header of 3 dimensions is truncated/,
    ],
    ['a wrong magic number', { 'train-images-idx3-ubyte': Buffer.from('PNG and such') }, /not an IDX file/],
    ['an empty file', { 'train-images-idx3-ubyte': new Uint8Array() }, /not an IDX file/],
    ['another type', { 'train-images-idx3-ubyte': Buffer.from([0, 0, 0x0d, 1, 0, 0, 0, 0]) }, /type 0x0d/],
    ['files that are mixed up', { 'train-images-idx3-ubyte': idx([2], [0, 1]) }, /1 dimensions, but images have 3/],
    ['too few labels', { 'train-labels-idx1-ubyte': idx([1], [0]) }, /2 images.*1 labels/],
    ['a missing file', { 'train-labels-idx1-ubyte': undefined }, /lacks train-labels-idx1-ubyte/],
    ['half a test part', { 't10k-labels-idx1-ubyte': undefined }, /lacks t10k-labels-idx1-ubyte/],
    [
      'a corrupt label',
      { 'train-labels-idx1-ubyte': idx([2], [0, 200]) },
      /train-labels/,
      /from 0 to 200/,
      /class 1\b/,
    ],
    [
      'a test label out of range',
      { 't10k-labels-idx1-ubyte': idx([2], [0, 7]) },
      /label 7 of example 1 is not in 0\.\.1/,
    ],
    ['a single class', { 'train-labels-idx1-ubyte': idx([2], [0, 0]) }, /all examples are of one class/],
    [
      'no images',
      { 'train-images-idx3-ubyte': idx([0, 2, 3], []), 'train-labels-idx1-ubyte': idx([0], []) },
      /train-labels/,
    ],
    [
      'images of no size',
      { 'train-images-idx3-ubyte': idx([2, 0, 3], []), 't10k-images-idx3-ubyte': idx([2, 0, 3], []) },
      /shape \[0, 3, 1\]/,
    ],
    [
      'test images of another size',
      { 't10k-images-idx3-ubyte': idx([2, 3, 3], new Uint8Array(18)) },
      /t10k-images.*3 x 3.*2 x 3/,
    ],
    [
      'truncated gzip',
      { 'train-images-idx3-ubyte': gzipSync(idx([2, 2, 3], new Uint8Array(12))).subarray(0, 25) },
      /truncated or corrupt gzip/,
    ],
  ];
  for (const [what, change, ...patterns] of broken)
    it(`with ${what} are refused`, () => {
      const files = Object.entries({ ...tinyMnist(), ...change }).filter(
        (entry): entry is [string, Buffer] => entry[1] !== undefined,
      );
      const folder = folderWith(Object.fromEntries(files));
      expectError('data', () => readIdxFolder(folder, 'tiny'), folder, ...patterns);
    });

  it('of MNIST are read in little more time than decompressing them takes', function () {
    const folder = sharedData('mnist');
    if (!folder) return this.skip();
    const packed = readdirSync(folder).filter((name) => name.endsWith('.gz'));
    const start = performance.now();
    packed.forEach((name) => gunzipSync(readFileSync(join(folder, name))));
    const decompressing = performance.now() - start;
    const { train, test, inputShape, classes } = readIdxFolder(folder, 'mnist');
    if (packed.length === 4) expect(performance.now() - start - decompressing).to.be.below(4 * decompressing);
    expect([train.count, test!.count, classes, ...inputShape]).to.deep.equal([60000, 10000, 10, 28, 28, 1]);
    expect([...train.labels.subarray(0, 5)]).to.deep.equal([5, 0, 4, 1, 9]);
    expect([...test!.labels.subarray(0, 5)]).to.deep.equal([7, 2, 1, 0, 4]);
    let sum = 0;
    for (let i = 0; i < train.images.length; i++) sum += train.images[i]!;
    expect(sum / train.images.length / 255).to.be.closeTo(0.1307, 5e-5);
  });

  it('are parsed at any offset of a larger buffer', () => {
    const file = idx([2], [8, 9]);
    const { values } = parseIdx(Buffer.concat([Buffer.from([1, 2, 3]), file]).subarray(3), 'x');
    expect([...values]).to.deep.equal([8, 9]);
  });
});

describe('CIFAR-10 batches', () => {
  after(removeFolders);

  it('convert planes to pixels, over any number of files', () => {
    const folder = folderWith({
      'data_batch_1.bin': cifar(tenLabels),
      'data_batch_2.bin.gz': gzipSync(cifar([6])),
      'test_batch.bin': cifar([9, 8]),
    });
    const { train, test, inputShape, classNames } = readCifarFolder(folder, 'cifar10');
    expect(inputShape).to.deep.equal([32, 32, 3]);
    expect([...train.labels]).to.deep.equal([...tenLabels, 6]);
    expect([...test!.labels]).to.deep.equal([9, 8]);
    const at = (i: number, y: number, x: number): number[] => [
      ...train.images.subarray(((i * 32 + y) * 32 + x) * 3).subarray(0, 3),
    ];
    expect(at(0, 0, 0)).to.deep.equal([0, 64, 128]);
    expect(at(3, 2, 5)).to.deep.equal([72, 136, 200]);
    expect(at(10, 0, 1)).to.deep.equal([1, 65, 129]);
    expect(classNames![9]).to.equal('truck');
  });

  const broken: [what: string, files: Record<string, Uint8Array>, ...patterns: RegExp[]][] = [
    [
      'a truncated file',
      { 'data_batch_1.bin': cifar(tenLabels).subarray(0, 5000) },
      /data_batch_1\.bin: 5000 bytes/,
      /3073/,
    ],
    ['an empty file', { 'data_batch_1.bin': new Uint8Array() }, /0 bytes/],
    ['a label out of range', { 'data_batch_1.bin': cifar([0, 10]) }, /data_batch_1\.bin: record 1 has the label 10/],
    ['a missing class', { 'data_batch_1.bin': cifar([0, 1]) }, /no training example is of class bird/],
    ['a test part only', { 'test_batch.bin': cifar([0, 1]) }, /has no data_batch_\*\.bin/],
    [
      'truncated gzip',
      { 'data_batch_1.bin': gzipSync(cifar([0])).subarray(0, 40) },
      /data_batch_1\.bin is a truncated or corrupt gzip/,
    ],
  ];
  for (const [what, files, ...patterns] of broken)
    it(`with ${what} are refused`, () => {
      const folder = folderWith(files);
      expectError('data', () => readCifarFolder(folder, 'cifar10'), folder, ...patterns);
    });

  it('of the real data set have the expected content', function () {
    const folder = sharedData('cifar10');
    if (!folder) return this.skip();
    const { train, test, sources } = readCifarFolder(folder, 'cifar10');
    expect([train.count, test!.count]).to.deep.equal([20000, 5000]);
    expect(sources.map(({ path }) => path)).to.deep.equal(
      ['data_batch_1.bin', 'data_batch_2.bin', 'test_batch.bin'].map((file) => join(folder, file)),
    );
  });
});
