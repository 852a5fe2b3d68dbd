/**
 * The text of a table, as the page of an export reads it: the same windows as those of a file with this text, or none
 * from either.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { dateFeatures, embedded, fieldsIn, separatorOf, valueIn, windowsInText } from '../../src/data/index.js';
import { readLastWindows, type SeriesForm } from '../../src/data/series.js';
import { WeftError } from '../../src/errors.js';
import { temporaryFolder } from '../runs/temporary.js';

type Read = typeof windowsInText;
/** As in a page: all functions from their text alone. */
const inPage = runInThisContext(
  `(() => {
    ${embedded({ separatorOf, fieldsIn, valueIn, dateFeatures, windowsInText })}
    return (text, form) => windowsInText(text, form, { separatorOf, fieldsIn, valueIn, dateFeatures });
  })()`,
) as (text: string, form: SeriesForm) => ReturnType<Read>;

const FORMS: readonly SeriesForm[] = [
  { window: 2, horizon: 1, columns: ['x', 'y'], group: 'g', time: 't' },
  { window: 3, horizon: 0, columns: ['y', 'x'], time: 't' },
  { window: 1, horizon: 0, columns: ['x'], group: 'g' },
  { window: 2, horizon: 1, columns: ['x'] },
];

interface Drawn {
  readonly separator: string;
  readonly comma: boolean;
  readonly dates: boolean;
  readonly rows: readonly { x: number; y: number; t: number; g: string }[];
  readonly order: readonly string[];
  readonly end: string;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  separator: fc.constantFrom(',', ';', '\t'),
  comma: fc.boolean(),
  dates: fc.boolean(),
  rows: fc.uniqueArray(
    fc.record({
      x: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      y: fc.integer({ min: -50, max: 50 }),
      t: fc.integer({ min: 1, max: 28 }),
      g: fc.constantFrom('a', 'b "quoted"', 'c,d', 'e\nf'),
    }),
    { minLength: 1, maxLength: 14, selector: ({ t, g }) => `${t} ${g}` },
  ),
  order: fc.shuffledSubarray(['x', 'y', 't', 'g', 'more'], { minLength: 5 }),
  end: fc.constantFrom('\n', '\r\n'),
});

function textOf({ separator, comma, dates, rows, order, end }: Drawn): string {
  const quoted = (field: string): string => (/[",;\t\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
  const fieldOf = (row: Drawn['rows'][number], name: string): string => {
    if (name === 't') return dates ? `2024-02-${String(row.t).padStart(2, '0')}T06:30` : String(row.t);
    if (name === 'more') return 'text';
    const value = row[name as 'x' | 'y' | 'g'];
    return typeof value === 'number' && comma ? String(value).replace('.', ',') : String(value);
  };
  return [order, ...rows.map((row) => order.map((name) => fieldOf(row, name)))]
    .map((fields) => fields.map(quoted).join(separator))
    .join(end);
}

describe('the windows in a text', function () {
  const folder = temporaryFolder(this);
  /** What a file with this text gives; undefined if it is refused. */
  const inFile = (text: string, form: SeriesForm): { name: string; values: number[] }[] | undefined => {
    const path = join(folder(), 'series.csv');
    writeFileSync(path, text);
    try {
      const { names, images } = readLastWindows(path, form);
      const size = images.length / names.length;
      return names.map((name, i) => ({
        name: name.slice(path.length + 1),
        values: [...images.subarray(i * size, (i + 1) * size)],
      }));
    } catch (error) {
      if (error instanceof WeftError) return undefined;
      throw error;
    }
  };
  const inText = (text: string, form: SeriesForm): ReturnType<Read> | undefined => {
    try {
      return inPage(text, form).map(({ name, values }) => ({ name: name.replace(/^line /, ''), values }));
    } catch (error) {
      expect((error as Error).constructor, (error as Error).message).to.equal(Error);
      return undefined;
    }
  };

  it('equal those of a file with the same text: separators, quotes, decimal commas, dates, several series', () => {
    let [sound, refused] = [0, 0];
    fc.assert(
      fc.property(drawn, fc.constantFrom(...FORMS), (table, form) => {
        const text = textOf(table);
        const expected = inFile(text, form);
        expect(inText(text, form)).to.deep.equal(expected);
        if (expected) sound++;
        else refused++;
      }),
      { numRuns: 400 },
    );
    expect(Math.min(sound, refused)).to.be.above(40);
  });

  it('are refused whenever a file with the same text is, under any mutation', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        drawn,
        fc.constantFrom(...FORMS),
        fc.nat(),
        fc.constantFrom('', '"', ',', ';', '\n', '1', '.', 'x', '-'),
        (table, form, place, piece) => {
          const text = textOf(table);
          const at = place % text.length;
          const changed = text.slice(0, at) + piece + text.slice(at + 1);
          const expected = inFile(changed, form);
          expect(inText(changed, form)).to.deep.equal(expected);
          if (!expected) refused++;
        },
      ),
      { numRuns: 600 },
    );
    expect(refused).to.be.above(100);
  });

  it('may come from a table with one column, also with decimal commas', () => {
    const form: SeriesForm = { window: 2, horizon: 1, columns: ['y'], own: 0 };
    for (const text of ['y\n1\n2.5\n3', 'y\n1\n2,5\n3']) {
      expect(inFile(text, form)).to.deep.equal([{ name: '4', values: [2.5, 3] }]);
      expect(inText(text, form)).to.deep.equal([{ name: '4', values: [2.5, 3] }]);
    }
  });

  it('say what is wrong with it', () => {
    const form: SeriesForm = { window: 2, horizon: 1, columns: ['x'], group: 'g', time: 't' };
    for (const [text, message] of [
      ['', /no rows yet/],
      ['x,g\n1,a', /no column 't'/],
      ['x,g,t', /a header and no row/],
      ['x,g,t\n1,a,1\n2,b,2', /the series 'a' has 1 row, but the network takes the last 2/],
      ['x,g,t\n1,a,1\n2,a,1', /lines 2 and 3 have the same time in the series 'a'/],
      ['x,g,t\n1,a,1\nno,a,2', /line 3, column 1 \(x\): 'no' is not a number/],
      ['x;g;t\n1.5;a;1\n2,5;a;2', /line 3 has a decimal comma, and line 2 a decimal point/],
      ['x,g,t\n1,a,2024-01-01\n2,a,7', /line 3, column 3 \(t\): '7' is not a date/],
    ] as const)
      expect(() => inPage(text, form), text).to.throw(message);
  });
});
