/** Inputs as programs and people write them that are not in ../shared/cases: each is read rightly, or refused by name. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import sharp from 'sharp';
import { summarizeData } from '../../src/data/data-summary.js';
import { type Dataset, exampleSize } from '../../src/data/dataset.js';
import { openDataset, type OpenOptions } from '../../src/data/open.js';
import { splitDataset } from '../../src/data/split.js';
import { readRows } from '../../src/data/unlabelled.js';
import { windowsInText } from '../../src/data/csv/window-text.js';
import { dateFeatures } from '../../src/data/csv/dates.js';
import { fieldsIn, separatorOf, valueIn } from '../../src/data/csv/fields.js';
import { classFolder, expectError, folderWith, jpg, png, removeFolders, withOrientation } from './files.js';

const table = (content: string | Uint8Array, options: OpenOptions = {}, name = 't.csv'): Dataset =>
  openDataset(join(folderWith({ [name]: content }), name), options);

const summaryOf = (dataset: Dataset): string =>
  summarizeData(dataset, splitDataset(dataset, { seed: 1, validation: 0.2, test: 0.2 })).join('\n');

/** `count` rows of a table whose row `i` is given. */
const rows = (count: number, row: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => row(i));

const [COMPOSED, DECOMPOSED] = ['Käfer', 'Käfer'.normalize('NFD')];

describe('unusual tables', () => {
  after(removeFolders);

  it('that end their lines with a carriage return alone, or begin with a line for the separator, are the plain ones', () => {
    const lines = ['a;b;label', ...rows(12, (i) => `${i},5;"${i % 3}";${i % 2 ? 'yes' : 'no'}`)];
    const plain = table(lines.join('\n'));
    for (const content of [lines.join('\r'), `sep=;\r\n${lines.join('\r\n')}`, `\ufeff"sep=;"\n${lines.join('\n')}`]) {
      const { train, classNames, columns } = table(content);
      expect([train, classNames, columns]).to.deep.equal([plain.train, plain.classNames, plain.columns]);
    }
  });

  it('with such lines are windows in an exported page too', () => {
    const lines = ['a,b', ...rows(4, (i) => `${i},${2 * i}`)];
    const windows = (text: string): unknown =>
      windowsInText(text, { window: 2, columns: ['a', 'b'] }, { separatorOf, fieldsIn, valueIn, dateFeatures }).map(
        ({ values }) => values,
      );
    for (const text of [lines.join('\r'), `sep=,\n${lines.join('\n')}`])
      expect(windows(text)).to.deep.equal([[2, 4, 3, 6]]);
  });

  it('with quoted line breaks in CRLF files are read like those of LF files', () => {
    const content = ['note,x,label', ...rows(12, (i) => `"first\nsecond ${i % 2}",${i},${'ab'[i % 2]}`)].join('\n');
    const [unix, windows] = [content, content.replaceAll('\n', '\r\n')].map((text) => table(text));
    expect([windows!.train, windows!.encoding]).to.deep.equal([unix!.train, unix!.encoding]);
    expect(unix!.encoding![0]!.categories).to.deep.equal(['first\nsecond 0', 'first\nsecond 1']);
  });

  it('in UTF-16 without a byte-order mark, or that are no text, are refused', () =>
    expectError(
      'data',
      () => table(Buffer.from('a,b\n1,x\n2,y\n', 'utf16le')),
      /t\.csv contains zero bytes: .* UTF-16 without a byte-order mark/,
      /save the table as UTF-8/,
    ));

  it('of a spreadsheet program are refused with what to do', () =>
    expectError(
      'data',
      () => table('PK', {}, 'prices.xlsx'),
      /prices\.xlsx is a spreadsheet/,
      /save the sheet as CSV/,
    ));

  it('with thousands separators in numbers leave out such a column with the reason, or name the line', () => {
    const of = (row: (i: number) => string, separator = ','): string =>
      [['x', 'income', 'label'].join(separator), ...rows(20, (i) => [i, row(i), 'ab'[i % 2]].join(separator))].join(
        '\n',
      );
    const reason =
      /left out: income: numbers with thousands separators or decimal commas, such as '(1,000|1\.000,5|0,5)'/;
    expect(summaryOf(table(of((i) => `"${i + 1},000"`)))).to.match(reason);
    expect(summaryOf(table(of((i) => `${i + 1}.000,5`, ';')))).to.match(reason);
    expect(summaryOf(table(of((i) => `"${i},5"`)))).to.match(reason);
    expectError(
      'data',
      () => table(of((i) => (i === 7 ? '"1,234.5"' : String(i)))),
      /t\.csv: line 9, column 2 \(income\): '1,234\.5' is not a number/,
      /without thousands separators/,
    );
  });

  it('with percentages or prices as texts say so', () => {
    const of = (price: (i: number) => string): Dataset =>
      table(['x,price,label', ...rows(20, (i) => `${i},${price(i)},${'ab'[(i >> 1) % 2]}`)].join('\n'));
    expect(summaryOf(of((i) => `${i % 3}%`))).to.match(
      /careful: 'price' is read as texts in 3 categories, such as '0%'; written as plain numbers/,
    );
    expect(summaryOf(of((i) => `$${i}.50`))).to.match(
      /left out: price: texts that look like numbers, such as '\$0\.50'/,
    );
  });

  it('with labels that are one number, in whatever form, are refused with their lines', () => {
    for (const [labels, separator, twins] of [
      [['1', '0', '1.0'], ',', /'1' \(line 1\) and '1\.0' \(line 3\) are the same number/],
      [['1', '0', '01'], ',', /'1' \(line 1\) and '01' \(line 3\) are the same number/],
      [['1', '0', '1,0'], ';', /'1' \(line 1\) and '1,0' \(line 3\) are the same number/],
    ] as const)
      expectError('data', () => table(rows(12, (i) => `${i}${separator}${labels[i % 3]}`).join('\n')), twins);
  });

  it('with a class that may be a missing label say so', () =>
    expect(summaryOf(table(rows(30, (i) => `${i},${['yes', 'no', 'NA'][i % 3]}`).join('\n')))).to.match(
      /careful: 'NA' is learned as a class \(10 rows\); if it means that the label is missing, remove these rows/,
    ));

  it('in which accented letters are composed here and decomposed there are read as if all were composed', () => {
    const of = (form: (i: number) => 'NFC' | 'NFD'): string =>
      ['x,größe,label', ...rows(12, (i) => `${i},${i % 3 ? 'weiß ä' : 'rot ö'},${i % 2 ? 'Käfer' : 'Bär'}`)]
        .map((line, i) => line.normalize(form(i)))
        .join('\n');
    const composed = table(of(() => 'NFC'));
    for (const content of [of(() => 'NFD'), of((i) => (i % 4 < 2 ? 'NFC' : 'NFD'))]) {
      const { train, classNames, columns, encoding } = table(content);
      expect([train, classNames, columns, encoding]).to.deep.equal([
        composed.train,
        composed.classNames,
        composed.columns,
        composed.encoding,
      ]);
    }
    const label = 'größe'.normalize('NFD');
    expect(
      table(
        of(() => 'NFC'),
        { label },
      ).classNames,
    ).to.deep.equal(['rot ö', 'weiß ä']);
    const columns = ['x', 'größe'].map((name) => name.normalize('NFD'));
    const form = { inputShape: composed.inputShape, columns, encoding: composed.encoding };
    const folder = folderWith({ 'new.csv': 'größe,x\nrot ö,3\nweiß ä,4'.normalize('NFD') });
    expect([...readRows(join(folder, 'new.csv'), form).images]).to.deep.equal([3, 1, 0, 4, 0, 1]);
  });

  it('for a network that was trained on Latin-1 may be UTF-8 or UTF-16 too, compressed or not', () => {
    const text = 'größe,x\nrot ö,3\nweiß ä,4\n';
    const encoding = [
      { name: 'x', kind: 'number' },
      { name: 'größe', kind: 'category', categories: ['rot ö', 'weiß ä'] },
    ] as const;
    const files = {
      'latin1.csv': Buffer.from(text, 'latin1'),
      'utf8.csv': text,
      'mark.csv': `\ufeff${text}`,
      'utf16.csv': Buffer.from(`\ufeff${text}`, 'utf16le'),
      'utf8.csv.gz': gzipSync(text),
    };
    const folder = folderWith(files);
    for (const name of Object.keys(files)) {
      const form = { inputShape: [1, 1, 3] as const, encoding, charset: 'latin1' as const };
      expect([...readRows(join(folder, name), form).images], name).to.deep.equal([3, 1, 0, 4, 0, 1]);
    }
  });

  it('of JSON lines with a key that some lines lack are refused with line and key', () =>
    expectError(
      'data',
      () =>
        table(rows(4, (i) => JSON.stringify({ x: i, ...(i !== 2 && { y: 1 }), label: 'a' })).join('\n'), {}, 't.jsonl'),
      /t\.jsonl: line 3 has no 'y'/,
      /null for unknown values/,
    ));
});

describe('unusual images', function () {
  this.timeout(120_000);
  after(removeFolders);

  /** Left half red, right half blue, the lower right quarter green. */
  const corner = (y: number, x: number): [number, number, number] =>
    x < 8 ? [255, 0, 0] : y < 8 ? [0, 0, 255] : [0, 255, 0];
  const other = classFolder('b', 2, [9, 9, 200], 16);
  const firstOf = (dataset: Dataset): number[] => [
    ...dataset.train.images.subarray(0, exampleSize(dataset.inputShape)),
  ];
  const opened = (files: Record<string, Uint8Array>, options: OpenOptions = {}): Dataset =>
    openDataset(folderWith({ ...files, ...other }), options);

  it('that are stored mirrored and turned are read as viewers show them, by both decoders', () => {
    // Each orientation of the stored picture whose upright form is `corner` [Exif 2.32, tag 274].
    const stored: Record<number, (y: number, x: number) => readonly [number, number]> = {
      2: (y, x) => [y, 15 - x],
      3: (y, x) => [15 - y, 15 - x],
      4: (y, x) => [15 - y, x],
      5: (y, x) => [x, y],
      6: (y, x) => [x, 15 - y],
      7: (y, x) => [15 - x, 15 - y],
      8: (y, x) => [15 - x, y],
    };
    const upright = firstOf(opened({ 'a/0.jpg': jpg(16, 16, corner), 'a/1.jpg': jpg(16, 16, corner) }));
    for (const decoder of ['sharp', 'javascript'] as const)
      for (const [orientation, place] of Object.entries(stored)) {
        const file = withOrientation(
          jpg(16, 16, (y, x) => corner(...place(y, x))),
          Number(orientation),
        );
        const read = firstOf(opened({ 'a/0.jpg': file, 'a/1.jpg': file }, { decoder }));
        const far = read.filter((value, i) => Math.abs(value - upright[i]!) > 60).length;
        expect(far, `orientation ${orientation} by ${decoder}`).to.be.below(40); // of 768: blocks lie otherwise
      }
  });

  it('with four inks have the colours of the print', async () => {
    const solid = { create: { width: 16, height: 16, channels: 3, background: '#c03020' } } as const;
    const file = await sharp(solid).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    const [red, green, blue] = firstOf(opened({ 'a/0.jpg': file, 'a/1.jpg': file }));
    expect(red).to.be.above(120);
    expect(Math.max(green!, blue!)).to.be.below(110);
  });

  it('of 16 bits with transparency are composited over white at full depth', async () => {
    const samples = Uint16Array.from({ length: 16 * 16 * 4 }, (_, i) => [300, 40_000, 65_535, 32_768][i % 4]!);
    const raw = { width: 16, height: 16, channels: 4 } as const;
    const file = await sharp(samples, { raw }).toColourspace('rgb16').png().toBuffer();
    const [red, green, blue] = firstOf(opened({ 'a/0.png': file, 'a/1.png': file }));
    const over = (level: number): number => (level * (32_768 / 65_535) + 65_535 * (1 - 32_768 / 65_535)) / 257;
    for (const [value, level] of [
      [red, 300],
      [green, 40_000],
      [blue, 65_535],
    ] as const)
      // prettier-ignore
      expect(value).to.be.closeTo(over(level), 0.05);
  });

  it('with several frames or pages are read at their first, and the summary says so', async () => {
    const frame = (level: number): Buffer => Buffer.alloc(16 * 16 * 3, level);
    const raw = { width: 16, height: 48, channels: 3, pageHeight: 16 } as const;
    const all = sharp(Buffer.concat([frame(250), frame(120), frame(10)]), { raw });
    const files = {
      'a/0.gif': await all.clone().gif().toBuffer(),
      'a/1.webp': await all.clone().webp({ lossless: true }).toBuffer(),
      'a/2.tiff': await all.clone().tiff().toBuffer(),
    };
    const dataset = opened(files);
    expect(dataset.inputShape).to.deep.equal([16, 16, 3]);
    for (let image = 0; image < 3; image++)
      expect(dataset.train.images[image * 768], Object.keys(files)[image]).to.be.closeTo(250, 3);
    expect(summaryOf(dataset)).to.match(
      /careful: 3 images have several frames or pages, of which only the first is read \(.*0\.gif: 3\)/,
    );
  });

  it('in folders whose names differ only in their normal form, in spaces or as numbers are refused', () => {
    const two = (one: string, twin: string): Dataset =>
      openDataset(folderWith({ ...classFolder(one, 2, [1, 1, 1]), ...classFolder(twin, 2, [9, 9, 9]) }));
    expectError('data', () => two(COMPOSED, DECOMPOSED), /differ only in the encoding of their letters/);
    expectError('data', () => two('cat', 'cat '), /'cat' \(.*\) and 'cat ' \(.*\) differ only in spaces/);
    expectError('data', () => two('1', '01'), /'01' \(.*\) and '1' \(.*\) are the same number/);
    expectError('data', () => two('cat', 'cat\u200b'), /differ only in invisible characters/);
    expect(two('a', 'A').classNames).to.deep.equal(['A', 'a']);
  });

  it('in folders of the parts are matched whatever the normal form and the spaces of a name', () => {
    const folder = folderWith({
      ...classFolder(`train /${COMPOSED}`, 2, [1, 1, 1]),
      ...classFolder('train /Hund ', 2, [9, 9, 9]),
      ...classFolder(`Test/${DECOMPOSED}`, 2, [30, 1, 1]),
      ...classFolder('Test/Hund', 3, [40, 9, 9]),
    });
    const dataset = openDataset(folder);
    expect(dataset.classNames).to.deep.equal(['Hund', COMPOSED]);
    expect([...dataset.test!.labels]).to.deep.equal([0, 0, 0, 1, 1]);
    const known = openDataset(join(folder, 'Test'), { classNames: [DECOMPOSED, 'Hund'] });
    expect([...known.train.labels]).to.deep.equal([1, 1, 1, 0, 0]);
  });

  it('that a table lists have classes without regard to normal forms', () => {
    const listed = ['file,label', `0.png,${COMPOSED}`, `1.png,${DECOMPOSED}`, '2.png,Hund', '3.png,Hund '].join('\n');
    const picture = png(4, 4, () => [1, 2, 3]);
    const files = Object.fromEntries(rows(4, String).map((i) => [`${i}.png`, picture]));
    expect([...openDataset(folderWith({ ...files, 'labels.csv': listed })).train.labels]).to.deep.equal([1, 1, 0, 0]);
  });
});
