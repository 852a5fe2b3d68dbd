import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { makeBatch } from '../../src/data/batches.js';
import { readCsv, type CsvOptions } from '../../src/data/csv.js';
import { measureNormalization } from '../../src/data/normalization.js';
import { allExamples } from '../../src/data/split.js';
import { readRows } from '../../src/data/unlabelled.js';
import type { Dataset } from '../../src/data/dataset.js';
import { expectError, folderWith, removeFolders, sharedData } from './files.js';

const read = (content: string | Uint8Array, options: CsvOptions = {}): Dataset =>
  readCsv(join(folderWith({ 'table.csv': content }), 'table.csv'), 'table', options);

describe('CSV tables', () => {
  after(removeFolders);

  it('without any usable column are refused with the reason for each', () => {
    const rows = Array.from({ length: 60 }, (_, i) => `,word ${i},${'xy'[i % 2]}`).join('\n');
    const pattern = /no column is left.*\n.*'a' is left out: it has no values\n.*'b' is left out: more than 50/;
    expectError('data', () => read(`a,b,label\n${rows}\n`), pattern);
  });

  it('have numbers and a label in the last column, without a header', () => {
    const { train, test, inputShape, classNames } = read('0.5,-1,cat\n2e2,3,dog\n');
    expect([...train.images]).to.deep.equal([0.5, -1, 200, 3]);
    expect([...train.labels]).to.deep.equal([0, 1]);
    expect(inputShape).to.deep.equal([1, 1, 2]);
    expect(classNames).to.deep.equal(['cat', 'dog']);
    expect(test).to.equal(undefined);
  });

  it('are kept as bytes if bytes suffice', () => {
    expect(read('0,255,a\n1,2,b').train.images).to.deep.equal(Uint8Array.of(0, 255, 1, 2));
    expect(read('0,256,a\n1,2,b').train.images).to.be.instanceOf(Float32Array);
    expect(read('0,-1,a\n1,2,b').train.images).to.be.instanceOf(Float32Array);
  });

  it('find their header and the column of the label by themselves', () => {
    const expected = { images: [1, 2, 3, 4], labels: [1, 0] };
    const cases: [string, CsvOptions?][] = [
      ['x,y,z\n1,2,b\n3,4,a'],
      ['label,x,y\nb,1,2\na,3,4'],
      ['0,1,label\n1,2,b\n3,4,a'],
      ['x,species,y\n1,b,2\n3,a,4', { label: 'species' }],
      ['1,b,2\n3,a,4', { label: 1 }],
      ['1,b,2\n3,a,4', { label: -2 }],
      ['7,8,9\n1,2,1\n3,4,0', { header: true }],
      ['\ufeffx;Class;y\r\n1;b;2\r\n\r\n3;a;4\r\n'],
      ['x\ty\tz\n1\t2\tb\n3\t4\ta'],
      ['"x","y","z"\n"1", 2 ,"b"\n3,4,a'],
      ['x\ty\tz\n"1"\t2\t"b"\n3\t4\ta'],
    ];
    for (const [text, options] of cases) {
      const { train } = read(text, options);
      expect({ images: [...train.images], labels: [...train.labels] }, text).to.deep.equal(expected);
    }
  });

  it('keep the first row if it is data', () => {
    expect(read('1,2,0\n3,4,1').train.count).to.equal(2);
    expect(read('1,2,no\n3,4,yes').train.count).to.equal(2);
  });

  it('order numeric classes by value, other ones by code point, and quote what needs it', () => {
    expect(read('1,10\n1,9\n1,9').classNames).to.deep.equal(['9', '10']);
    expect(read('1,"b, ""x"""\n1,Z\n1,a\n2,a\n2,Z\n2,Z').classNames).to.deep.equal(['Z', 'a', 'b, "x"']);
  });

  it('may be gzipped, contain images, and have two parts', () => {
    const folder = folderWith({ 'a.csv.gz': gzipSync('1,2,3,4,x\n5,6,7,8,y\n'), 'b.csv': '9,9,9,9,y\n' });
    const { train, test, inputShape, sources } = readCsv(
      join(folder, 'a.csv.gz'),
      't',
      { imageShape: [2, 2, 1] },
      join(folder, 'b.csv'),
    );
    expect(inputShape).to.deep.equal([2, 2, 1]);
    expect([train.count, test!.count]).to.deep.equal([2, 1]);
    expect([...test!.labels]).to.deep.equal([1]);
    expect(sources).to.have.length(2);
  });

  it('with missing numbers have an input that marks them, and NaN there until they are normalized', () => {
    const { train, inputShape, encoding } = read('x,y,label\n1,,a\n3,NA,b\n?,5,a\n7,6,b\n');
    expect(inputShape).to.deep.equal([1, 1, 4]);
    expect([...train.images]).to.deep.equal([1, 0, NaN, 1, 3, 0, NaN, 1, NaN, 1, 5, 0, 7, 0, 6, 0]);
    expect(encoding).to.deep.equal([
      { name: 'x', kind: 'number', missing: 1 },
      { name: 'y', kind: 'number', missing: 2 },
    ]);
    const split = allExamples(read('x,y,label\n1,,a\n3,NA,b\n?,5,a\n7,6,b\n'));
    const normalization = measureNormalization(split);
    expect(normalization.mean[0]).to.be.closeTo(11 / 3, 1e-6);
    const { inputs } = makeBatch(split, [2], normalization);
    expect(inputs[0], 'the mean').to.equal(0);
    expect([...inputs].every(Number.isFinite)).to.equal(true);
  });

  it('with a column of text have an input for each category, and leave out columns that are not categorical', () => {
    const rows = Array.from(
      { length: 120 },
      (_, i) => `${i % 7},${['red', 'blue', 'green'][i % 3]},key-${i},${i % 2 ? 'a' : 'b'}`,
    );
    const { train, inputShape, encoding, columns } = read(`x,colour,key,label\n${rows.join('\n')}\n`);
    expect(inputShape).to.deep.equal([1, 1, 4]);
    expect([...train.images.slice(0, 8)]).to.deep.equal([0, 0, 0, 1, 1, 1, 0, 0]);
    expect(columns).to.deep.equal(['x', 'colour', 'key']);
    expect(encoding!.map(({ kind }) => kind)).to.deep.equal(['number', 'category', 'left out']);
    expect(encoding![1]!.categories).to.deep.equal(['blue', 'green', 'red']);
    expect(encoding![2]!.reason).to.match(/more than 50 different texts/);
  });

  it('with columns of text never choose a label column silently', () => {
    expectError('data', () => read('kind,x\na,1\nb,2\na,1\nb,2\n'), /column 'kind' contains text/, /data\.label/);
    expect(read('kind,x\na,1\nb,2\na,1\nb,2\n', { label: 'kind' }).classNames).to.deep.equal(['a', 'b']);
  });

  it('are read as in training: an unknown category is none, columns are found by name', () => {
    const text = 'x,colour,label\n1,red,a\n2,blue,b\n3,red,a\n4,blue,b\n';
    const { encoding } = read(text);
    const other = read('label,colour,x\nb,violet,9\na,blue,\n', { encoding: encoding!, classNames: ['a', 'b'] });
    expect([...other.train.images]).to.deep.equal([9, 0, 0, NaN, 1, 0]);
    expectError('data', () => read('label,x\na,1\nb,2\n', { encoding: encoding! }), /has no column 'colour'/);
  });

  const broken: [what: string, content: string | Uint8Array, options: CsvOptions, ...patterns: RegExp[]][] = [
    ['a ragged row', '1,2,a\n3,b\n', {}, /line 2 has 2 columns, line 1 has 3/],
    ['a word among the numbers', 'x,y,label\n1,2,a\n1,oops,b\n', {}, /line 3, column 2 \(y\): 'oops' is not a number/],
    ['a number beyond 32 bits', '1,2,a\n1e39,2,b\n', {}, /line 2, column 1: '1e39'/],
    ['no label', '1,2,a\n1,2,\n', {}, /line 2 has no label/],
    ['an open quote', '1,2,a\n1,"2,b\n', {}, /line 2, column 2: a quote is not closed/],
    ['one column', '1\n2\n', {}, /line 1 has only one column/],
    ['nothing in it', '\n\n', {}, /is empty/],
    ['a header only', 'a,b\n', {}, /a header and no rows/],
    ['one class', '1,a\n2,a\n', {}, /one class/],
    ['a number to regress on', '1,.1\n2,.2\n3,.3\n4,.4\n', {}, /4 different labels in 4 rows/],
    ['bytes that are no text', Uint8Array.of(0x31, 0x2c, 0xff, 0xfe, 0x0a), {}, /not UTF-8/],
    [
      'a label column it lacks',
      'x,y,kind\n1,2,a\n',
      { label: 'kinds' },
      /no column is named 'kinds'/,
      /did you mean 'kind'/,
    ],
    ['a named label and no header', '1,2,a\n1,2,b\n', { label: 'kind', header: false }, /has no header/],
    ['a label index it lacks', '1,2,a\n1,2,b\n', { label: 3 }, /no column 3 among 3/],
    [
      'an image shape that does not fit',
      '1,2,3,a\n1,2,3,b\n',
      { imageShape: [2, 2, 1] },
      /3 numbers per row do not fill the image shape \[2, 2, 1\]/,
    ],
    ['truncated gzip', gzipSync('1,2,a\n3,4,b\n').subarray(0, 20), {}, /truncated or corrupt gzip/],
  ];
  for (const [what, content, options, ...patterns] of broken)
    it(`with ${what} are refused`, () => expectError('data', () => read(content, options), /table\.csv/, ...patterns));

  it('with a test class that training lacks are refused', () => {
    const folder = folderWith({ 'train.csv': '1,cat\n2,dog\n', 'test.csv': '1,cat\n\n2,dgo\n' });
    expectError(
      'data',
      () => readCsv(join(folder, 'train.csv'), 't', {}, join(folder, 'test.csv')),
      /test\.csv: line 3: class 'dgo'/,
      /did you mean 'dog'/,
    );
  });

  it('with the columns of the test part in another order are refused', () => {
    const folder = folderWith({ 'train.csv': 'x,y,label\n1,2,a\n2,3,b\n', 'test.csv': 'y,x,label\n1,2,a\n' });
    expectError(
      'data',
      () => readCsv(join(folder, 'train.csv'), 't', {}, join(folder, 'test.csv')),
      /test\.csv: column 1 is 'y', but 'x' in/,
    );
  });

  it('of any length are read in chunks, which may split quoted line breaks, characters and rows', function () {
    this.timeout(60_000);
    const rows = Array.from({ length: 300_000 }, (_, i) =>
      `${i % 7}.5;${i};"${i % 2 ? 'añb\nc' : 'd ""e"""'}`.replace('d ""e"""', 'd"'),
    );
    const text = `x;y;label\n${rows.map((row) => (row.endsWith('"') ? row : `${row}"`)).join('\n')}\n`;
    expect(Buffer.byteLength(text)).to.be.above(1 << 22);
    const { train, classNames } = read(text);
    expect([train.count, classNames]).to.deep.equal([300_000, ['añb\nc', 'd']]);
    train.labels.forEach((label, i) => {
      if (label !== (i % 2 ? 0 : 1) || train.images[2 * i + 1] !== i) throw new Error(`row ${i}`);
    });
  });

  it('may use decimal commas with semicolon separators, but not mixed', () => {
    expect([...read('x;y;label\n1,5;-2;a\n,25;3e2;b').train.images]).to.deep.equal([1.5, -2, 0.25, 300]);
    expect([...read('1,5;2,5;a\n3,5;4,5;b').train.images]).to.deep.equal([1.5, 2.5, 3.5, 4.5]);
    expectError(
      'data',
      () => read('x;y;label\n1,5;2;a\n2;1.5;b'),
      /line 2 has a decimal comma, and line 3 a decimal point/,
    );
    expectError(
      'data',
      () =>
        readRows(join(folderWith({ 't.csv': 'x;y\n1,5;2\n2;1.234' }), 't.csv'), {
          inputShape: [1, 1, 2],
          columns: ['x', 'y'],
        }),
      /line 2 has a decimal comma, and line 3 a decimal point/,
    );
  });

  it('may be UTF-16 with a byte-order mark, and Latin-1 if specified', () => {
    const text = '\ufeffx,y,label\n1,2,é\n3,4,ñ\n';
    const little = Buffer.from(text, 'utf16le');
    for (const bytes of [Buffer.from(text), little, Buffer.from(little).swap16()]) {
      const { train, classNames } = read(bytes);
      expect([classNames, [...train.images]]).to.deep.equal([
        ['é', 'ñ'],
        [1, 2, 3, 4],
      ]);
    }
    const latin = Buffer.from(text.slice(1), 'latin1');
    expect(read(latin, { charset: 'latin1' }).classNames).to.deep.equal(['é', 'ñ']);
    expectError(
      'data',
      () => read(latin),
      /line 2 is not UTF-8 text; in Latin-1 it would be '.*é'/,
      /data\.charset: latin1/,
    );
    expectError('data', () => read(text, { charset: 'latin1' }), /is UTF-8 text, but data\.charset is latin1/);
    expect(read('1,a\n2,b\n', { charset: 'latin1' }).train.count).to.equal(2);
    expectError('data', () => read(little.subarray(0, little.length - 1)), /begins like UTF-16LE text, but is not/);
  });

  it('leave out the given columns', () => {
    const { train, encoding } = read('id,x,label\n7,1,a\n8,2,b\n', { ignore: ['id'] });
    expect([...train.images]).to.deep.equal([1, 2]);
    expect(encoding!.map(({ name, kind }) => [name, kind])).to.deep.equal([
      ['id', 'left out'],
      ['x', 'number'],
    ]);
    expectError('data', () => read('id,x,label\n7,1,a\n8,2,b\n', { ignore: ['di'] }), /has no column 'di'/);
    expectError('data', () => read('id,x,label\n7,1,a\n8,2,b\n', { ignore: ['label'] }), /names the label column/);
    expectError('data', () => read('7,1,a\n8,2,b\n', { ignore: ['id'] }), /has no header/);
  });

  it('with classes that differ only in spaces, or are the same number, are refused', () => {
    expectError(
      'data',
      () => read('1,"New  York"\n2,no\n3,new york\n4,no\n5,no\n6,no'),
      /classes 'New {2}York' \(line 1\) and 'new york' \(line 3\) differ only in spaces or case/,
    );
    expectError(
      'data',
      () => read('x,label\n5,1\n6,0\n7,1.0\n8,0\n9,1\n9,1'),
      /'1' \(line 2\) and '1\.0' \(line 4\) are the same number/,
    );
  });

  it('with classes that differ only in case are refused, single letters are not', () => {
    expectError(
      'data',
      () => read('1,Yes\n2,no\n3,yes\n4,no\n5,no\n6,no'),
      /classes 'Yes' \(line 1\) and 'yes' \(line 3\) differ only in case/,
    );
    expect(read('1,A\n2,a\n3,a\n4,A').classNames).to.deep.equal(['A', 'a']);
  });

  it('show control characters of a field as codes, and truncate it', () =>
    expectError(
      'data',
      () => read(`1,2,a\n\x01\x02,${'9'.repeat(9)},b`),
      /line 2, column 1: '\\x01\\x02' is not a number/,
    ));

  it('of the digits contain 1,797 images', function () {
    const folder = sharedData('digits');
    if (!folder) return this.skip();
    const { train, classes, inputShape } = readCsv(join(folder, 'digits.csv.gz'), 'digits', { imageShape: [8, 8, 1] });
    expect([train.count, classes, ...inputShape]).to.deep.equal([1797, 10, 8, 8, 1]);
    expect(train.images).to.be.instanceOf(Uint8Array);
  });
});
