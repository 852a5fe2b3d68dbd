/** From a line to its fields: separators, quotes, and numbers with a decimal point or comma. */
import { WeftError } from '../../errors.js';
import type { Line } from './lines.js';

export type Separator = ',' | ';' | '\t';

/**
 * The separator of a table from its first lines: the one that gives all of them the same number of columns and, among
 * those, the most numbers. Throws if there is none; with `oneColumn`, it is then a semicolon, so that numbers may have
 * decimal commas.
 */
export function findSeparator(sample: readonly Line[], path: string, oneColumn = false): Separator {
  const texts = sample.map(({ text }) => text);
  const separator = separatorOf(texts, fieldsIn, valueIn);
  if (separator === undefined && oneColumn) return ';';
  if (separator === undefined)
    throw new WeftError(
      'data',
      `${path}: line ${sample[0]!.number} has only one column`,
      'separate numbers and label by comma, semicolon or tab',
    );
  return separator;
}

/**
 * The fields of a line, trimmed only if something is quoted; a field in double quotes may contain the separator and
 * line breaks, and "" for a quote.
 */
export function splitFields({ text, number }: Line, separator: Separator, path: string): string[] {
  const fields = fieldsIn(text, separator);
  if (typeof fields === 'number')
    throw new WeftError(
      'data',
      `${path}: line ${number}, column ${fields}: a quote is not closed or is inside a field`,
      'put the whole field into double quotes, and write "" for a quote in it',
    );
  return fields;
}

/** The fields of a row, which must have as many as the first line of the table. */
export function splitRow(
  line: Line,
  separator: Separator,
  path: string,
  first: { number: number; columns: number },
): string[] {
  const fields = splitFields(line, separator, path);
  if (fields.length !== first.columns)
    throw new WeftError(
      'data',
      `${path}: line ${line.number} has ${fields.length} columns, line ${first.number} has ${first.columns}`,
      'every row needs the same columns; quote a field that contains the separator',
    );
  return fields;
}

/** The number in a field, rounded to 32 bits; undefined if there is none or it is not finite. */
export function numberIn(field: string, separator: Separator): number | undefined {
  const value = Math.fround(valueIn(field, separator));
  return Number.isFinite(value) ? value : undefined;
}

/** The number in a field at full precision; undefined if there is none or it is not finite. */
export function doubleIn(field: string, separator: Separator): number | undefined {
  const value = valueIn(field, separator);
  return Number.isFinite(value) ? value : undefined;
}

/** Whether a field is a number written with a decimal comma, as is common in spreadsheets in much of Europe. */
export const hasDecimalComma = (field: string, separator: Separator): boolean =>
  field.includes(',') && !Number.isNaN(valueIn(field, separator));

// Exported pages embed the source of the following functions, so each must be self-contained.

/**
 * The separator of a table with these first lines, see `findSeparator`; undefined if no separator gives more than one
 * column.
 */
export function separatorOf(
  texts: readonly string[],
  fieldsOf: (text: string, separator: ',' | ';' | '\t') => string[] | number,
  valueOf: (field: string, separator: ',' | ';' | '\t') => number,
): ',' | ';' | '\t' | undefined {
  let best: ',' | ';' | '\t' | undefined;
  let highest = -1;
  for (const separator of [',', ';', '\t'] as const) {
    const rows = texts.map((text) => {
      const fields = fieldsOf(text, separator);
      return typeof fields === 'number' ? [] : fields;
    });
    const columns = rows[0]?.length ?? 0;
    const fields = rows.flat();
    const numbers = fields.filter((field) => Number.isFinite(Math.fround(valueOf(field, separator)))).length;
    const rating = (rows.every((row) => row.length === columns) ? 1 : 0) + numbers / Math.max(1, fields.length);
    if (columns > 1 && rating > highest) [best, highest] = [separator, rating];
  }
  return best;
}

/** The fields of a line, see `splitFields`; the 1-based index of the first column with malformed quotes, if any. */
export function fieldsIn(text: string, separator: ',' | ';' | '\t'): string[] | number {
  if (!text.includes('"')) return text.split(separator);
  const pattern = new RegExp(` *(?:"((?:[^"]|"")*)" *|([^"${separator}]*))(${separator}|$)`, 'y');
  const fields: string[] = [];
  for (let more = true; more;) {
    const field = pattern.exec(text);
    if (!field) return fields.length + 1;
    fields.push(field[1]?.replaceAll('""', '"') ?? field[2]!);
    more = field[3] === separator;
  }
  return fields;
}

/** The number in a field, with a decimal comma unless commas separate the fields; NaN if there is none. */
export function valueIn(field: string, separator: ',' | ';' | '\t'): number {
  const value = Number(field);
  if (value === 0 && field.trim() === '') return NaN;
  return Number.isNaN(value) && separator !== ',' && /^\s*[-+]?\d*,\d+(?:e[-+]?\d+)?\s*$/i.test(field)
    ? Number(field.replace(',', '.'))
    : value;
}
