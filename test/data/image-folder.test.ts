import { expect } from 'chai';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeImage } from '../../src/data/decode-image.js';
import { readImageFolder } from '../../src/data/image-folder.js';
import { resizeImage } from '../../src/data/resize.js';
import { classFolder, expectError, folderWith, jpg, png, removeFolders } from './files.js';

describe('folders of images by class', () => {
  after(removeFolders);

  it('are read in the order of class and file names', () => {
    const folder = folderWith({
      ...classFolder('dog', 2, [200, 0, 0]),
      ...classFolder('cat', 3, [10, 20, 30]),
      '.hidden/x.png': 'no',
      'readme.txt': 'hi',
    });
    const { train, test, inputShape, classNames, sources } = readImageFolder(folder, 'pets');
    expect(inputShape).to.deep.equal([4, 4, 3]);
    expect(classNames).to.deep.equal(['cat', 'dog']);
    expect([...train.labels]).to.deep.equal([0, 0, 0, 1, 1]);
    expect([...train.images.subarray(2 * 48, 2 * 48 + 3)]).to.deep.equal([12, 20, 30]);
    expect(test).to.equal(undefined);
    expect(sources.map(({ path }) => path)).to.deep.equal([folder]);
  });

  it('may have a test part, deeper folders, PNG and JPEG', () => {
    const grey = png(4, 4, () => [9, 9, 9]);
    const { train, test } = readImageFolder(
      folderWith({
        'train/a/1.png': png(4, 4, () => [255, 0, 0]),
        'train/b/deep/2.JPG': jpg(4, 4, () => [0, 0, 255]),
        'test/b/3.png': grey,
      }),
      'parts',
    );
    expect([...train.labels, ...test!.labels]).to.deep.equal([0, 1, 1]);
    expect(train.images[48 + 2]).to.be.greaterThan(245);
    expect([...test!.images]).to.deep.equal(Array(48).fill(9));
  });

  it('may have parts of every usual name in any case', () => {
    for (const [train, validation, test] of [
      ['train', 'val', 'test'],
      ['Training', 'VALID', 'Testing'],
      ['TRAIN', 'Validation', 'TEST'],
    ] as const) {
      const files = Object.assign(
        {},
        ...[train, validation, test].flatMap((part) => [
          classFolder(`${part}/a`, 1, [9, 9, 9]),
          classFolder(`${part}/b`, 1, [99, 99, 99]),
        ]),
      ) as Record<string, Buffer>;
      const { train: learned, validation: held, test: tested, classNames } = readImageFolder(folderWith(files), 'p');
      expect(classNames).to.deep.equal(['a', 'b']);
      expect([learned.count, held!.length, tested!.count]).to.deep.equal([4, 2, 2]);
    }
  });

  it('may lie one folder deeper, as archives unpack, which is said', () => {
    const classes = { ...classFolder('pets/cat', 2, [10, 20, 30]), ...classFolder('pets/dog', 2, [200, 0, 0]) };
    const { classNames, train, reason } = readImageFolder(
      folderWith({ ...classes, ...classFolder('__MACOSX/pets', 1, [1, 1, 1]), 'LICENSE.txt': 'free' }),
      'archive',
    );
    expect([classNames, train.count]).to.deep.equal([['cat', 'dog'], 4]);
    expect(reason).to.equal("the classes are in 'pets', the only folder inside");
    const inParts = folderWith({
      ...classFolder('v1/pets/Training/a', 1, [9, 9, 9]),
      ...classFolder('v1/pets/Training/b', 1, [99, 99, 99]),
      ...classFolder('v1/pets/Testing/b', 1, [99, 99, 99]),
    });
    const parts = readImageFolder(inParts, 'parts');
    expect([parts.classNames, parts.train.count, parts.test!.count]).to.deep.equal([['a', 'b'], 2, 1]);
    // A single class stays one, whatever is below it, where classes are known too.
    const one = folderWith({ ...classFolder('dog/2021', 1, [9, 9, 9]), ...classFolder('dog/2022', 1, [9, 9, 9]) });
    const known = readImageFolder(one, 'one', { classNames: ['cat', 'dog'] });
    expect([...known.train.labels]).to.deep.equal([1, 1]);
    expectError('data', () => readImageFolder(folderWith(classFolder('dog', 2, [9, 9, 9])), 'o'), /one class/);
  });

  it('say how many images have been read, up to all of them', () => {
    const folder = folderWith({ ...classFolder('a', 5, [10, 10, 10]), ...classFolder('b', 4, [90, 90, 90]) });
    for (const decoder of ['javascript', 'sharp'] as const) {
      const heard: (readonly [done: number, total: number])[] = [];
      readImageFolder(folder, 'bar', { decoder, onProgress: (done, total) => heard.push([done, total]) });
      expect(heard.every(([, total]) => total === 9)).to.equal(true);
      expect(heard.map(([done]) => done)).to.deep.equal([...heard.map(([done]) => done)].sort((a, b) => a - b));
      expect(heard.at(-1)).to.deep.equal([9, 9]);
    }
  });

  it('are greyscale if nothing has colour, or if asked to be', () => {
    const greys = folderWith({ 'a/1.png': png(2, 2, () => [7, 7, 7]), 'b/1.png': png(2, 2, () => [9, 9, 9]) });
    expect(readImageFolder(greys, 'g').inputShape).to.deep.equal([2, 2, 1]);
    expect([...readImageFolder(greys, 'g').train.images]).to.deep.equal([7, 7, 7, 7, 9, 9, 9, 9]);
    expect(readImageFolder(greys, 'g', { channels: 3 }).inputShape).to.deep.equal([2, 2, 3]);
    const colours = folderWith({
      'a/1.png': png(1, 1, () => [100, 50, 200]),
      'b/1.png': png(1, 1, () => [255, 255, 255]),
    });
    expect([...readImageFolder(colours, 'c', { channels: 1 }).train.images]).to.deep.equal([82, 255]);
  });

  it('are resized to one size', () => {
    const folder = folderWith({ ...classFolder('a', 1, [10, 10, 10], 8), ...classFolder('b', 1, [90, 90, 90], 3) });
    const { train, inputShape } = readImageFolder(folder, 'sizes', { size: [4, 6] });
    expect(inputShape).to.deep.equal([4, 6, 1]);
    expect([...train.images]).to.deep.equal([...Array<number>(24).fill(10), ...Array<number>(24).fill(90)]);
  });

  it('have another hash if a name or a pixel changes', () => {
    const hash = (files: Record<string, Buffer>): string =>
      readImageFolder(folderWith({ ...classFolder('b', 1, [9, 9, 9]), ...files }), 'h').sources[0]!.sha256;
    const one = png(4, 4, () => [1, 1, 1]);
    expect(hash({ 'a/1.png': one })).to.equal(hash({ 'a/1.png': one }));
    expect(hash({ 'a/1.png': one })).to.not.equal(hash({ 'a/2.png': one }));
    expect(hash({ 'a/1.png': one })).to.not.equal(hash({ 'a/1.png': png(4, 4, () => [2, 1, 1]) }));
  });

  const good = classFolder('good', 2, [1, 2, 3]);
  const image = png(4, 4, (y, x) => [40 * y, 40 * x, 0]);
  const photo = jpg(16, 16, (y, x) => [16 * y, 16 * x, 0]);
  it('of different sizes are resized to a square that most of them fill', () => {
    const side = (size: number): Buffer => png(size, size, () => [200, 10, 10]);
    const of = (...sizes: number[]): string =>
      readImageFolder(
        folderWith(Object.fromEntries(sizes.map((size, i) => [`${i % 2 ? 'cat' : 'dog'}/${i}.png`, side(size)]))),
        'sizes',
      ).inputShape.join('x');
    expect(of(20, 30, 40, 300)).to.equal('32x32x3');
    expect(of(5, 6, 7, 5)).to.equal('5x5x3');
    expect(of(100, 200, 90, 80)).to.equal('64x64x3');
    expect(of(10, 10, 10, 10)).to.equal('10x10x3');
    expect(of(128, 128, 128, 128)).to.equal('128x128x3');
    // As a camera takes them: networks on all of their pixels would need gigabytes.
    expect(of(300, 300, 300, 300)).to.equal('64x64x3');
  });

  const broken: [what: string, files: Record<string, Uint8Array | string>, ...patterns: RegExp[]][] = [
    [
      'a truncated PNG',
      { 'bad/x.png': image.subarray(0, image.length - 20) },
      /bad\/x\.png is a truncated or corrupt image/,
    ],
    ['a corrupt PNG', { 'bad/x.png': image.map((byte, i) => (i === 45 ? byte ^ 1 : byte)) }, /bad\/x\.png/],
    [
      'a PNG with a mad header',
      { 'bad/x.png': image.map((byte, i) => (i === 16 || i === 20 ? 255 : byte)) },
      /bad\/x\.png.*megapixels/,
    ],
    [
      'a truncated JPEG',
      { 'bad/x.jpg': photo.subarray(0, photo.length - 100) },
      /bad\/x\.jpg is a truncated or corrupt image/,
    ],
    ['an empty file', { 'bad/x.png': '' }, /bad\/x\.png is not an image that can be read \(it is empty\)/],
    ['a text file called PNG', { 'bad/x.png': 'hello' }, /bad\/x\.png is not an image that can be read/],
    ['an empty class', { 'bad/readme.txt': 'none yet' }, /bad contains no image \(PNG, JPEG/],
    ['another form', { 'bad/1.png': image, 'bad/2.webp': 'RIFF' }, /2\.webp cannot be decoded/],
    ['one class', {}, /all examples are of one class/],
  ];
  for (const [what, files, ...patterns] of broken)
    it(`with ${what} are refused`, () => {
      expectError('data', () => readImageFolder(folderWith({ ...good, ...files }), 'broken'), ...patterns);
    });

  it('with an unknown test class are refused', () => {
    const folder = folderWith({ 'train/cat/1.png': image, 'train/dog/1.png': image, 'test/dgo/1.png': image });
    expectError('data', () => readImageFolder(folder, 'x'), /test\/dgo/, /did you mean 'dog'/);
  });
});

describe('decodeImage', () => {
  it('lays transparency over white', () => {
    const { pixels } = decodeImage(
      png(1, 2, (_, x) => [100, 0, 0, x === 0 ? 0 : 51]),
      'x.png',
    );
    expect([...pixels]).to.deep.equal([255, 255, 255, 224, 204, 204]);
  });

  it('reads a JPEG close to what was written', () => {
    const { pixels, height, width } = decodeImage(
      jpg(16, 8, (y) => [10 * y, 10 * y, 10 * y]),
      'x.jpg',
    );
    expect([height, width]).to.deep.equal([16, 8]);
    for (let y = 0; y < 16; y++) expect(pixels[y * 24]).to.be.closeTo(10 * y, 3);
  });
});

describe('resizeImage', () => {
  const row = (...values: number[]): { height: number; width: number; pixels: Uint8Array } => ({
    height: 1,
    width: values.length,
    pixels: Uint8Array.from(values.flatMap((value) => [value, value, value])),
  });
  const reds = ({ pixels }: { pixels: Uint8Array | Float32Array }): number[] =>
    [...pixels].filter((_, i) => i % 3 === 0);

  it('takes the mean over the area when shrinking', () => {
    expect(reds(resizeImage(row(0, 10, 20, 30), 1, 2))).to.deep.equal([5, 25]);
    expect(reds(resizeImage(row(0, 30, 90), 1, 2))).to.deep.equal([10, 70]); // (0 + 30/2)/1.5, (30/2 + 90)/1.5
  });

  it('interpolates when growing', () => {
    expect(reds(resizeImage(row(0, 100), 1, 4))).to.deep.equal([0, 25, 75, 100]);
  });

  it('keeps a uniform colour, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (h, w, height, width, value) => {
        const { pixels } = resizeImage(
          { height: h, width: w, pixels: new Uint8Array(h * w * 3).fill(value) },
          height,
          width,
        );
        expect([...pixels]).to.deep.equal(Array(height * width * 3).fill(value));
      }),
    );
  });

  it('treats the two axes alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (grey) => {
        const image = (transpose: boolean): Uint8Array =>
          Uint8Array.from({ length: 36 }, (_, i) => {
            const place = Math.floor(i / 3);
            return transpose ? grey[(place % 3) * 4 + Math.floor(place / 3)]! : grey[place]!;
          });
        const a = reds(resizeImage({ height: 3, width: 4, pixels: image(false) }, 2, 5));
        const b = reds(resizeImage({ height: 4, width: 3, pixels: image(true) }, 5, 2));
        a.forEach((value, i) => expect(b[(i % 5) * 2 + Math.floor(i / 5)]).to.be.closeTo(value, 1));
      }),
    );
  });
});

describe('images that cannot be read', () => {
  after(removeFolders);
  const files = {
    ...classFolder('cat', 2, [1, 2, 3]),
    ...classFolder('dog', 2, [4, 5, 6]),
    'cat/bad.png': 'no image',
    'dog/old.bmp': 'BM',
    'dog/cut.jpg': jpg(64, 64, (y, x) => [y, x, 0]).subarray(0, 400),
  };
  const named =
    /bad\.png is not an image.*\n.*cut\.jpg is a truncated or corrupt image.*\n.*old\.bmp: \.bmp images are not supported/;

  it('are all named at once, with the option to continue without them', () => {
    expectError(
      'data',
      () => readImageFolder(folderWith(files), 'bad'),
      /3 of 7 images cannot be read/,
      named,
      /onBadFile: skip/,
    );
  });

  it('are left out if requested, and reported; they do not influence the size', () => {
    const { train, leftOut, inputShape, sources } = readImageFolder(folderWith(files), 'bad', { onBadFile: 'skip' });
    expect([train.count, inputShape]).to.deep.equal([4, [4, 4, 3]]);
    expect(leftOut!.join('\n')).to.match(named);
    expect(sources[0]!.listing!.trim().split('\n'), 'what is left out belongs to the record').to.have.length(7);
  });

  it('are part of the record, even if they are too large to be read', () => {
    const folder = folderWith(files);
    writeFileSync(join(folder, 'cat/huge.png'), '');
    truncateSync(join(folder, 'cat/huge.png'), 2 ** 28 + 1);
    const { leftOut, sources } = readImageFolder(folder, 'bad', { onBadFile: 'skip' });
    expect(leftOut!.join('\n')).to.match(/huge\.png has 268435457 bytes/);
    // head -c 268435457 /dev/zero | sha256sum
    expect(sources[0]!.listing).to.include(
      'da6ce8755151acd05195db67ebce3ee0fb5f4012e71e821cc5750f3304eaf41e  cat/huge.png\n',
    );
  });

  it('are an error if nothing is left of a class, or at all', () => {
    const lost = { ...classFolder('cat', 2, [1, 2, 3]), ...classFolder('cow', 2, [1, 2, 3]), 'dog/bad.png': 'no' };
    expectError(
      'data',
      () => readImageFolder(folderWith(lost), 'x', { onBadFile: 'skip' }),
      /no image of the class 'dog'/,
      /bad\.png/,
    );
    expectError(
      'data',
      () => readImageFolder(folderWith({ 'a/1.png': '', 'b/1.png': '' }), 'x', { onBadFile: 'skip' }),
      /2 of 2/,
    );
  });
});
