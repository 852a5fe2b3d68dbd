/**
 * Folders and files that lie about what they are: links in circles, pipes, bombs, and more files than a call has
 * arguments.
 */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { decodeImage } from '../../src/data/decode-image.js';
import { openDataset } from '../../src/data/open.js';
import { orientationOf, upright } from '../../src/data/orientation.js';
import { MOST_UNPACKED_BYTES } from '../../src/data/source.js';
import { classFolder, expectError, folderWith, jpg, png, removeFolders } from './files.js';

const pets = (): string => folderWith({ ...classFolder('cat', 2, [9, 9, 9]), ...classFolder('dog', 2, [90, 90, 90]) });

describe('hostile folders', () => {
  after(removeFolders);

  const links: [what: string, target: string, at: string, ...patterns: RegExp[]][] = [
    ['a link to the folder itself', '.', 'loop', /loop leads to the same folder as/],
    ['a link in a class to the class', '.', 'cat/again', /cat\/again leads to the same folder as .*cat/],
    ['a link from a class to another', '../dog', 'cat/more', /dog leads to the same folder as .*cat\/more|cat\/more/],
    ['a link to the root in a class', '..', 'cat/up', /cat\/up leads to the same folder as/],
    [
      'a link to an image of another class',
      '../dog/0.png',
      'cat/9.png',
      /dog\/0\.png leads to the same image as .*cat\/9\.png/,
    ],
    [
      'a link to an image that is gone',
      'nowhere.png',
      'cat/9.png',
      /cat\/9\.png is a symbolic link that leads nowhere/,
    ],
    ['a link to a device', '/dev/zero', 'cat/9.png', /cat\/9\.png is a device, not a file/],
  ];
  for (const [what, target, at, ...patterns] of links)
    it(`with ${what} are refused`, () => {
      const folder = pets();
      symlinkSync(target, join(folder, at));
      expectError('data', () => openDataset(folder), ...patterns);
    });

  it('with a pipe named like an image are refused without waiting for it', () => {
    const folder = pets();
    execFileSync('mkfifo', [join(folder, 'cat', 'z.png')]);
    expectError('data', () => openDataset(folder), /cat\/z\.png is a pipe, not a file/);
    execFileSync('mkfifo', [join(folder, 'table.csv')]);
    expectError('data', () => openDataset(join(folder, 'table.csv')), /table\.csv is a pipe, not a file/);
  });

  it('may link to classes that are elsewhere', () => {
    const [elsewhere, folder] = [pets(), folderWith(classFolder('cow', 2, [50, 50, 50]))];
    symlinkSync(join(elsewhere, 'cat'), join(folder, 'cat'));
    symlinkSync(join(elsewhere, 'dog', '0.png'), join(folder, 'cow', 'link.png'));
    const { classNames, train } = openDataset(folder);
    expect([classNames, train.count]).to.deep.equal([['cat', 'cow'], 5]);
  });

  it('may contain files left by macOS and notebooks, which are ignored', () => {
    const { classNames, train } = openDataset(
      folderWith({
        ...classFolder('cat', 2, [9, 9, 9]),
        ...classFolder('dog', 2, [90, 90, 90]),
        ...classFolder('__MACOSX/cat', 1, [1, 1, 1]),
        ...classFolder('cat/.ipynb_checkpoints', 3, [1, 1, 1]),
        'cat/._0.png': 'no image',
      }),
    );
    expect([classNames, train.count]).to.deep.equal([['cat', 'dog'], 4]);
  });

  it('with classes that differ only in case, or two folders for one part, are refused', () => {
    const two = folderWith({ ...classFolder('Cat', 2, [9, 9, 9]), ...classFolder('cat', 2, [90, 90, 90]) });
    expectError('data', () => openDataset(two), /the classes 'Cat' \(.*\) and 'cat' \(.*\) differ only in case/);
    const letters = folderWith({ ...classFolder('A', 2, [9, 9, 9]), ...classFolder('a', 2, [90, 90, 90]) });
    expect(openDataset(letters).classNames).to.deep.equal(['A', 'a']);
    const parts = folderWith({ ...classFolder('train/a', 1, [9, 9, 9]), ...classFolder('Training/a', 1, [9, 9, 9]) });
    expectError('data', () => openDataset(parts), /two folders for the same part: Training and train/);
  });

  it('may contain more test images than a call takes arguments', function () {
    this.timeout(120_000);
    const folder = folderWith({
      ...classFolder('train/a', 1, [9, 9, 9], 1),
      ...classFolder('train/b', 1, [9, 9, 9], 1),
    });
    mkdirSync(join(folder, 'test', 'a'), { recursive: true });
    const first = join(folder, 'test', 'a', '0.png');
    writeFileSync(
      first,
      png(1, 1, () => [7, 7, 7]),
    );
    let source = first;
    for (let i = 1; i < 130_000; i++) {
      const path = join(folder, 'test', 'a', `${i}.png`);
      if (i % 60_000 === 0)
        writeFileSync(
          (source = path),
          png(1, 1, () => [7, 7, 7]),
        ); // file systems bound the links to one file
      else linkSync(source, path);
    }
    expect(openDataset(folder).test!.count).to.equal(130_000);
  });

  it('with a gzip bomb are refused before it is unpacked', function () {
    this.timeout(60_000);
    const zeros = gzipSync(Buffer.alloc(1 << 26));
    // Members of a gzip file follow on each other: 20 of 64 MB in some 1.3 MB.
    const folder = folderWith({ 'table.csv.gz': Buffer.concat(Array(20).fill(zeros) as Buffer[]) });
    expect(20 * 2 ** 26).to.be.above(MOST_UNPACKED_BYTES);
    expectError('data', () => openDataset(join(folder, 'table.csv.gz')), /table\.csv\.gz unpacks to more than 1 GB/);
  });

  it('with an interlaced PNG that unpacks to more than its pixels are refused', () => {
    const image = png(4, 4, () => [1, 2, 3]);
    const chunk = (type: string, data: Buffer): Buffer => {
      const body = Buffer.concat([Buffer.from(type), data]);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(data.length);
      return Buffer.concat([length, body, Buffer.alloc(4)]);
    };
    const header = Buffer.from(image.subarray(16, 29));
    header[12] = 1; // interlaced
    const bomb = Buffer.concat([
      image.subarray(0, 8),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc(1 << 20))),
    ]);
    expectError('data', () => decodeImage(bomb, 'bomb.png'), /bomb\.png is a truncated or corrupt image/);
  });
});

describe('orientation of photographs', () => {
  // Exif 2.32, table of tag 274: which corner of the picture as seen the first stored pixel is, for a stored picture 0
  // 1 / 2 3 / 4 5.
  const seen: Readonly<Record<number, number[][]>> = {
    1: [[0, 1], [2, 3], [4, 5]],
    2: [[1, 0], [3, 2], [5, 4]],
    3: [[5, 4], [3, 2], [1, 0]],
    4: [[4, 5], [2, 3], [0, 1]],
    5: [[0, 2, 4], [1, 3, 5]],
    6: [[4, 2, 0], [5, 3, 1]],
    7: [[5, 3, 1], [4, 2, 0]],
    8: [[1, 3, 5], [0, 2, 4]],
  }; // prettier-ignore
  const stored = { height: 3, width: 2, pixels: Uint8Array.from([0, 1, 2, 3, 4, 5].flatMap((v) => [v, v, v])) };
  for (const [orientation, rows] of Object.entries(seen))
    it(`${orientation} is rotated as the standard says`, () => {
      const { height, width, pixels } = upright(stored, Number(orientation));
      expect([height, width]).to.deep.equal([rows.length, rows[0]!.length]);
      expect([...pixels].filter((_, i) => i % 3 === 0)).to.deep.equal(rows.flat());
    });

  it('is read in both byte orders, and is 1 if missing or broken', () => {
    const image = jpg(8, 8, () => [1, 2, 3]);
    const exif = (order: 'II' | 'MM', value: number): Buffer => {
      const tiff = Buffer.alloc(26);
      tiff.write(order, 'latin1');
      const short = (v: number, at: number): number =>
        order === 'II' ? tiff.writeUInt16LE(v, at) : tiff.writeUInt16BE(v, at);
      short(42, 2);
      order === 'II' ? tiff.writeUInt32LE(8, 4) : tiff.writeUInt32BE(8, 4);
      short(1, 8);
      short(0x0112, 10);
      short(3, 12);
      short(value, 18);
      const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
      const head = Buffer.from([0xff, 0xe1, 0, body.length + 2]);
      return Buffer.concat([image.subarray(0, 2), head, body, image.subarray(2)]);
    };
    expect(orientationOf(exif('II', 6))).to.equal(6);
    expect(orientationOf(exif('MM', 8))).to.equal(8);
    expect(orientationOf(exif('MM', 99))).to.equal(1);
    expect(orientationOf(image)).to.equal(1);
    expect(orientationOf(image.subarray(0, 3))).to.equal(1);
    for (let end = 2; end < 40; end++) expect(orientationOf(exif('II', 6).subarray(0, end))).to.be.within(1, 8);
  });
});
