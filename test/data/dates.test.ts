/** Columns of dates: how they are known, what becomes of them, and what is refused. */
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { dateFeatures, scanDates } from '../../src/data/csv/dates.js';
import { exampleSize } from '../../src/data/dataset.js';
import { openDataset } from '../../src/data/open.js';
import { readRows } from '../../src/data/unlabelled.js';
import { expectError, folderWith, removeFolders } from './files.js';

const DAY = 86_400_000;

describe('dates', () => {
  it('are days since 1970, and positions on the circles of year, week and day', () => {
    expect(dateFeatures('1970-01-01', 'ymd', false)).to.deep.equal([0, 0, 1, 0, 1]);
    const [days, ...places] = dateFeatures('1970-01-08T06:00', 'ymd', true)!;
    expect(days).to.equal(7.25);
    expect(places[4]).to.be.closeTo(1, 1e-12); // a quarter of a day
    expect(
      dateFeatures('1970-01-08', 'ymd', false)!
        .slice(3)
        .map((value) => Math.round(value * 1e9) / 1e9 + 0),
    ).to.deep.equal([0, 1]);
  });

  it('at the same time of week or day have the same numbers, to the last bit', () => {
    const thursdays = Array.from({ length: 300 }, (_, i) => new Date(7 * i * DAY).toISOString().slice(0, 10));
    const places = thursdays.map((day) => dateFeatures(`${day} 06:00`, 'ymd', true)!.slice(3));
    for (const place of places) expect(place).to.deep.equal(places[0]);
    const midnights = thursdays.map((day) => dateFeatures(day, 'ymd', false)!.slice(3));
    for (const place of midnights) expect(place).to.deep.equal([0, 1]);
  });

  it('are the same in every notation, and respect time zones', () => {
    const of = (text: string, order: 'ymd' | 'dmy' | 'mdy') => dateFeatures(text, order, false)?.[0];
    const expected = Date.UTC(2024, 1, 29) / DAY;
    expect([
      of('2024-02-29', 'ymd'),
      of('2024/2/29', 'ymd'),
      of('29.02.2024', 'dmy'),
      of('29/2/2024', 'dmy'),
      of('2/29/2024', 'mdy'),
    ]).to.deep.equal(Array(5).fill(expected));
    expect(of('2024-02-29T01:30:00+01:30', 'ymd')).to.equal(expected);
    expect(of('2024-02-29 00:00:00.000Z', 'ymd')).to.equal(expected);
  });

  it('are computed by a self-contained function, because pages embed its source', () => {
    const alone = runInNewContext(`(${dateFeatures.toString()})`) as typeof dateFeatures;
    expect([...alone('2024-02-29 12:30', 'ymd', true)!]).to.deep.equal(dateFeatures('2024-02-29 12:30', 'ymd', true));
  });

  it('that do not exist are not accepted, nor are other texts', () => {
    for (const text of [
      '2023-02-29',
      '2024-13-01',
      '2024-00-10',
      '2024-01-32',
      '24-01-01',
      '2024-01-01 25:00',
      '2024-01/01',
      'May 2024',
      '',
    ])
      expect(dateFeatures(text, 'ymd', false), text).to.equal(undefined);
  });

  it('of any day can be recovered from their number', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1800-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
        (date) => {
          const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
          const expected = Date.UTC(year, month - 1, day) / DAY;
          expect(dateFeatures(`${year}-${month}-${day}`, 'ymd', false)![0]).to.equal(expected);
          expect(dateFeatures(`${day}.${month}.${year}`, 'dmy', false)![0]).to.equal(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('reveal the order of day and month, or that it is ambiguous', () => {
    const order = (...fields: string[]) => {
      const scan = scanDates();
      fields.forEach((field) => scan.see(field));
      return scan.order();
    };
    expect(order('2024-01-02', '2024-05-06')).to.equal('ymd');
    expect(order('01/02/2024', '13/02/2024')).to.equal('dmy');
    expect(order('01/02/2024', '02/13/2024')).to.equal('mdy');
    expect(order('01/02/2024', '03/04/2024')).to.equal('unclear');
    expect(order('01.02.2024', '03.04.2024')).to.equal('dmy');
    expect(order('13/02/2024', '02/13/2024')).to.equal(undefined);
    expect(order('2024-01-02', 'soon')).to.equal(undefined);
  });
});

describe('columns of dates', () => {
  after(removeFolders);
  const write = (lines: readonly string[]): string => join(folderWith({ 't.csv': `${lines.join('\n')}\n` }), 't.csv');
  const rows = (row: (i: number) => string, count = 40): string[] => Array.from({ length: count }, (_, i) => row(i));
  const two = (number: number): string => String(number).padStart(2, '0');

  it('become the same numbers in the data and at prediction, with missing ones marked', () => {
    const table = write([
      'when,x,label',
      ...rows((i) => `${i === 3 ? '' : `2024-03-${two(1 + (i % 28))}`},${i % 5},${i % 2 ? 'a' : 'b'}`),
    ]);
    const { encoding, train, inputShape } = openDataset(table, { label: 'label' });
    expect(encoding![0]).to.deep.equal({ name: 'when', kind: 'date', order: 'ymd', missing: 1 });
    expect(inputShape).to.deep.equal([1, 1, 7]);
    const size = exampleSize(inputShape);
    expect(train.images[0]).to.equal(Date.UTC(2024, 2, 1) / DAY);
    expect([...train.images.slice(3 * size, 3 * size + 6)]).to.deep.equal([NaN, NaN, NaN, NaN, NaN, 1]);
    const { images } = readRows(write(['x,when', '4,2024-03-02']), { inputShape, encoding });
    expect([...images.slice(0, 7)]).to.deep.equal([...train.images.slice(size, size + 6), 4]);
    expectError(
      'data',
      () => readRows(write(['x,when', '4,02.03.2024']), { inputShape, encoding }),
      /line 2, column 2 \(when\) is not a date/,
    );
  });

  it('in an ambiguous order are left out with the reason, and an invalid date is named', () => {
    const table = write([
      'when,x,label',
      ...rows((i) => `0${1 + (i % 9)}/0${1 + (i % 8)}/2024,${i % 5},${i % 2 ? 'a' : 'b'}`),
    ]);
    expect(openDataset(table, { label: 'label' }).encoding![0])
      .to.include({ kind: 'left out' })
      .and.property('reason')
      .match(/day and month cannot be distinguished/);
    const encoding = [{ name: 'when', kind: 'date', order: 'ymd', missing: 0 }] as const;
    expectError(
      'data',
      () =>
        openDataset(write(['when,label', ...rows((i) => `2024-02-${i === 7 ? 31 : 10},${i % 2}`)]), {
          label: 'label',
          encoding,
        }),
      /line 9, column 1 \(when\): '2024-02-31' is not a date/,
    );
  });

  it('with points next to numbers with commas do not count as mixed decimal marks', () => {
    const table = write([
      'when;x;label',
      ...rows((i) => `${two(1 + (i % 28))}.03.2024;${i % 5},5;${i % 2 ? 'a' : 'b'}`),
    ]);
    expect(openDataset(table, { label: 'label' }).encoding!.map(({ kind }) => kind)).to.deep.equal(['date', 'number']);
  });
});
