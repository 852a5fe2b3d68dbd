/** Data sets of NumPy arrays. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { openDataset, openWithFitting } from '../../src/data/open.js';
import { whiteOf } from '../../src/data/pixels.js';
import { readRows } from '../../src/data/unlabelled.js';
import { expectError, folderWith, removeFolders } from './files.js';

/**
 * What numpy.savez_compressed of NumPy 2 writes for X = arange(24, dtype='>i2').reshape(6, 2, 2) and y = ['é', 'b',
 * 'é', 'b', 'é', 'b'].
 */
const WRITTEN_BY_NUMPY =
  'UEsDBC0AAAAIAAAAIQACNm0B//////////8FABQAWC5ucHkBABAAsAAAAAAAAAB4AAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6XaaSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GmY6CkZApKmjUKtAHuBiYGBgZGBiYGZgYWBlYGNgZ+Bg4GTgYuBm4GHgZeBj4GcQYBBkEGIQZhBhEGUQYxAHAFBLAwQtAAAACAAAACEAFQht5P//////////BQAUAHkubnB5AQAQAJgAAAAAAAAATQAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuE2qorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpmOpo6CrUKFACulwwMDElAjE4DAFBLAQItAy0AAAAIAAAAIQACNm0BeAAAALAAAAAFAAAAAAAAAAAAAACAAQAAAABYLm5weVBLAQItAy0AAAAIAAAAIQAVCG3kTQAAAJgAAAAFAAAAAAAAAAAAAACAAa8AAAB5Lm5weVBLBQYAAAAAAgACAGYAAAAzAQAAAAA=';

type Values = Uint8Array | Int8Array | Int32Array | BigInt64Array | Float32Array | Float64Array;
const TYPES = new Map<string, string>([
  ['Uint8Array', '|u1'],
  ['Int8Array', '|i1'],
  ['Int32Array', '<i4'],
  ['BigInt64Array', '<i8'],
  ['Float32Array', '<f4'],
  ['Float64Array', '<f8'],
]);

/** A `.npy` file; `more` replaces parts of its header. */
function npy(values: Values, shape: readonly number[], more: { descr?: string; fortran?: boolean } = {}): Buffer {
  const descr = more.descr ?? TYPES.get(values.constructor.name)!;
  const header = `{'descr': '${descr}', 'fortran_order': ${more.fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')},), }`;
  const padded = `${header.padEnd(117)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(padded.length, 8);
  return Buffer.concat([
    start,
    Buffer.from(padded, 'latin1'),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ]);
}

/** A zip archive, every second file of it deflated. */
function zip(files: Record<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  Object.entries(files).forEach(([name, content], i) => {
    const packed = i % 2 ? deflateRawSync(content) : content;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(i % 2 ? 8 : 0, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const end = Buffer.alloc(14);
    end.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x00\x00', 'latin1'), common, end, Buffer.from(name));
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
    parts.push(local);
    offset += local.length;
  });
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

const open = (files: Record<string, Buffer>, options = {}) =>
  openDataset(join(folderWith({ 'd.npz': zip(files) }), 'd.npz'), options);
const COUNT = 12;
const X = npy(
  Float32Array.from({ length: 2 * COUNT }, (_, i) => i / 4),
  [COUNT, 2],
);
const Y = npy(
  BigInt64Array.from({ length: COUNT }, (_, i) => BigInt(i % 3)),
  [COUNT],
);

describe('NumPy arrays', () => {
  after(removeFolders);

  it('written by NumPy are read', () => {
    const folder = folderWith({ 'small.npz': Buffer.from(WRITTEN_BY_NUMPY, 'base64') });
    const { name, inputShape, classNames, train, sources } = openDataset(join(folder, 'small.npz'));
    expect([name, inputShape, classNames]).to.deep.equal(['small', [2, 2, 1], ['b', 'é']]);
    expect(train.images).to.deep.equal(Uint8Array.from({ length: 24 }, (_, i) => i));
    expect([...train.labels]).to.deep.equal([1, 0, 1, 0, 1, 0]);
    expect(sources).to.have.length(1);
  });

  it('of all number types give the same data', () => {
    const numbers = Array.from({ length: 2 * COUNT }, (_, i) => i);
    for (const values of [
      Uint8Array.from(numbers),
      Int8Array.from(numbers),
      Int32Array.from(numbers),
      BigInt64Array.from(numbers, BigInt),
      Float32Array.from(numbers),
      Float64Array.from(numbers),
    ]) {
      const { inputShape, train } = open({ 'X.npy': npy(values, [COUNT, 2]), 'y.npy': Y });
      expect(inputShape).to.deep.equal([1, 1, 2]);
      expect(train.images, values.constructor.name).to.deep.equal(Uint8Array.from(numbers));
    }
    const signed = open({
      'x.npy': npy(
        Int8Array.from(numbers, (value) => -value),
        [COUNT, 2],
      ),
      'y.npy': Y,
    });
    expect([...signed.train.images].slice(0, 3)).to.deep.equal([-0, -1, -2].map((value) => value + 0));
  });

  it('may have a test part, regression targets, and images with channels', () => {
    const targets = npy(
      Float64Array.from({ length: COUNT }, (_, i) => i / 3),
      [COUNT, 1],
    );
    const parts = open(
      { 'x_train.npy': X, 'y_train.npy': targets, 'x_test.npy': X, 'y_test.npy': targets },
      { task: 'auto' },
    );
    expect(parts.targets?.names).to.deep.equal(['y_train']);
    expect(parts.test?.count).to.equal(COUNT);
    expect([...parts.train.targets!]).to.deep.equal(Array.from({ length: COUNT }, (_, i) => i / 3));
    const pictures = npy(new Uint8Array(COUNT * 5 * 4 * 3), [COUNT, 5, 4, 3]);
    expect(open({ 'images.npy': pictures, 'labels.npy': Y }).inputShape).to.deep.equal([5, 4, 3]);
    const flat = open({ 'X.npy': npy(new Uint8Array(COUNT * 6), [COUNT, 6]), 'y.npy': Y }, { imageShape: [2, 3, 1] });
    expect(flat.inputShape).to.deep.equal([2, 3, 1]);
    expect(open({ 'X.npy': X, 'species.npy': Y }, { label: 'species' }).classNames).to.deep.equal(['0', '1', '2']);
  });

  it('may have several regression targets, or several true-or-false labels, in columns', () => {
    const numbers = npy(
      Float64Array.from({ length: 2 * COUNT }, (_, i) => i / 3),
      [COUNT, 2],
    );
    const unnamed = open({ 'X.npy': X, 'y.npy': numbers }, { task: 'auto' });
    expect(unnamed.targets?.names).to.deep.equal(['y 1', 'y 2']);
    expect([...unnamed.train.targets!.slice(0, 3)]).to.deep.equal([0, 1 / 3, 2 / 3]);
    const named = open({ 'X.npy': X, 'y.npy': numbers }, { label: ['price', 'rent'], task: 'auto' });
    expect(named.targets?.names).to.deep.equal(['price', 'rent']);
    const flags = npy(
      Uint8Array.from({ length: 3 * COUNT }, (_, i) => Number(i % 4 === 0 || i % 7 === 0)),
      [COUNT, 3],
    );
    const labels = open(
      { 'x_train.npy': X, 'y_train.npy': flags, 'x_test.npy': X, 'y_test.npy': flags },
      { task: 'auto' },
    );
    expect(labels.targets).to.deep.include({ names: ['y_train 1', 'y_train 2', 'y_train 3'], areFlags: true });
    expect([...labels.test!.targets!.slice(0, 9)]).to.deep.equal([1, 0, 0, 0, 1, 0, 0, 1, 1]);
    const folder = folderWith({
      'table.npy': npy(
        Float32Array.from({ length: 4 * COUNT }, (_, i) => i / 2),
        [COUNT, 4],
      ),
    });
    const table = openDataset(join(folder, 'table.npy'), { label: [3, 0], task: 'regression' });
    expect(table.targets?.names).to.deep.equal(['column 4', 'column 1']);
    expect([[...table.train.images.slice(0, 2)], [...table.train.targets!.slice(0, 2)]]).to.deep.equal([
      [0.5, 1],
      [1.5, 0],
    ]);
    const windows = npy(new Float32Array(COUNT * 6), [COUNT, 3, 2]);
    expect(open({ 'X.npy': windows, 'y.npy': Y }, { imageShape: [1, 3, 2] }).inputShape).to.deep.equal([1, 3, 2]);
  });

  it('may be files in a folder, or one table with the label in a column', () => {
    const folder = folderWith({ 'X.npy': X, 'y.npy': Y });
    const { train, sources } = openDataset(folder);
    expect(train.images).to.deep.equal(open({ 'X.npy': X, 'y.npy': Y }).train.images);
    expect(sources.map(({ path }) => path)).to.deep.equal([join(folder, 'X.npy'), join(folder, 'y.npy')]);
    const table = Float32Array.from({ length: 3 * COUNT }, (_, i) => (i % 3 === 2 ? Math.floor(i / 3) % 2 : i));
    writeFileSync(join(folder, 'table.npy'), npy(table, [COUNT, 3]));
    const last = openDataset(join(folder, 'table.npy'));
    expect([...last.train.labels].slice(0, 4)).to.deep.equal([0, 1, 0, 1]);
    expect([...last.train.images].slice(0, 4)).to.deep.equal([0, 1, 3, 4]);
    expect(openDataset(join(folder, 'table.npy'), { label: -1 }).train).to.deep.equal(last.train);
    expect(openDataset(join(folder, 'table.npy'), { label: 0, task: 'regression' }).targets?.names).to.deep.equal([
      'column 1',
    ]);
  });

  it('in column-major order are transposed', () => {
    const byColumn = Uint8Array.from({ length: 2 * 3 * COUNT }, (_, i) => i);
    const { train } = open({ 'X.npy': npy(byColumn, [COUNT, 2, 3], { fortran: true }), 'y.npy': Y });
    // Element [n, h, w] lies at n + COUNT (h + 2 w).
    const at = (n: number, h: number, w: number): number => train.images[6 * n + 3 * h + w]!;
    expect([at(0, 0, 0), at(1, 0, 0), at(0, 1, 0), at(0, 0, 1), at(11, 1, 2)]).to.deep.equal([0, 1, 12, 24, 71]);
  });

  it('can be examples to predict', () => {
    const folder = folderWith({ 'new.npy': X, 'd.npz': zip({ 'X.npy': X, 'y.npy': Y }) });
    const { names, images } = readRows(join(folder, 'new.npy'), { inputShape: [1, 1, 2] });
    expect(names[1]).to.equal(`${join(folder, 'new.npy')}:1`);
    expect([...images].slice(0, 3)).to.deep.equal([0, 0.25, 0.5]);
    expect(readRows(join(folder, 'd.npz'), { inputShape: [1, 2, 1] }).images).to.deep.equal(images);
    expectError('data', () => readRows(join(folder, 'new.npy'), { inputShape: [1, 1, 3] }), /shape \[2\].*\[1, 1, 3\]/);
    expectError(
      'data',
      () => openWithFitting(join(folder, 'd.npz'), { encoding: [{ name: 'a', kind: 'number' } as never] }),
      /table with encoded columns/,
    );
  });

  it('of images have a white level that follows from their values', () => {
    const white = (mean: number[], std: number[]) => whiteOf('pictures.npz', { mean, std });
    expect(white([0.47, 0.45, 0.4], [0.25, 0.24, 0.26])).to.equal(1);
    expect(white([33.3], [78.6])).to.equal(255);
    expect(white([0, 0, -0.1], [1, 1, 1])).to.equal(undefined);
    expect(whiteOf('digits', { mean: [4.9], std: [6] })).to.equal(16);
  });

  it('are refused by name if they would be misread', () => {
    const images = (shape: number[]) => npy(new Uint8Array(shape.reduce((a, b) => a * b)), shape);
    const oneHot = npy(
      Uint8Array.from({ length: 3 * COUNT }, (_, i) => Number(i % 3 === Math.floor(i / 3) % 3)),
      [COUNT, 3],
    );
    const gap = Float32Array.from({ length: 2 * COUNT }, (_, i) => (i === 5 ? NaN : i));
    const cases: [Record<string, Buffer>, RegExp, object?][] = [
      [{ 'X.npy': npy(gap, [COUNT, 2]), 'y.npy': Y }, /\(X\): row 2 contains 'NaN'/],
      [{ 'X.npy': images([COUNT, 3, 8, 8]), 'y.npy': Y }, /channels first/],
      [{ 'X.npy': images([COUNT, 2, 2, 2, 2]), 'y.npy': Y }, /has 5 dimensions/],
      [{ 'X.npy': X, 'y.npy': oneHot }, /\(y\): labels of shape \[12, 3\].*one-hot/],
      [{ 'X.npy': X, 'y.npy': images([COUNT, 3, 1]) }, /\(y\): labels of shape \[12, 3, 1\]/],
      [{ 'X.npy': X, 'y.npy': oneHot }, /data\.label names 2 columns/, { label: ['a', 'b'] }],
      [{ 'X.npy': X, 'y.npy': images([5]) }, /5 labels for 12 examples/],
      [{ 'X.npy': X, 'z.npy': Y }, /no labels of the training part \(its arrays are 'X', 'z'\)/],
      [{ 'a.npy': X, 'b.npy': Y }, /the arrays 'a', 'b'/],
      [{ 'X.npy': X, 'y.npy': Y, 'x_test.npy': X }, /no labels of the test part/],
      [{ 'X.npy': npy(gap, [COUNT, 2], { descr: '|O' }), 'y.npy': Y }, /Python objects/],
      [{ 'X.npy': npy(gap, [COUNT, 2], { descr: '<c4' }), 'y.npy': Y }, /type '<c4', which is not supported/],
      [{ 'X.npy': npy(gap, [COUNT, 3]), 'y.npy': Y }, /has 96 bytes, and its shape needs 144/],
      [
        {
          'X.npy': X,
          'y.npy': npy(
            Float64Array.from({ length: COUNT }, (_, i) => i / 3 || NaN),
            [COUNT],
          ),
        },
        /row 0 has no label/,
      ],
      [{ 'readme.txt': X }, /contains no NumPy array/],
      [{ 'X.npy': X, 'y.npy': Y }, /not images of \[2, 2, 1\]/, { imageShape: [2, 2, 1] }],
    ];
    for (const [files, message, options] of cases) expectError('data', () => open(files, options), message);
    const whole = zip({ 'X.npy': X, 'y.npy': Y });
    const damaged = Buffer.from(whole);
    damaged[200]! ^= 1;
    const folder = folderWith({
      'cut.npz': whole.subarray(0, -30),
      'damaged.npz': damaged,
      'text.npz': Buffer.from('X'),
    });
    for (const file of ['cut.npz', 'damaged.npz', 'text.npz'])
      expectError('data', () => openDataset(join(folder, file)), /is not a valid archive/);
    expectError(
      'data',
      () => openDataset(join(folderWith({ 'x.npy': X }), 'x.npy'), { label: 7 }),
      /no column 7 among 2/,
    );
    expectError('config', () => open({ 'X.npy': X, 'y.npy': Y }, { header: true }), /'header' does not apply/);
  });
});
