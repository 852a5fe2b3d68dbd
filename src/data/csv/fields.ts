/** From a line to its fields: separators, quotes, and numbers with a point or a comma. */
import { WeftError } from '../../errors.js';
import type { Line } from './lines.js';

export type Separator = ',' | ';' | '\t';

const SEPARATORS: readonly Separator[] = [',', ';', '\t'];

/**
 * The separator of a table from its first lines: the one that gives all of them the same number of columns, and of those the one
 * that gives the most numbers. Throws if there is none.
 */
export function findSeparator(sample: readonly Line[], path: string): Separator {
  const rated = SEPARATORS.map((separator) => {
    const rows = sample.map((line) => attempt(() => splitFields(line, separator, path)) ?? []);
    const columns = rows[0]?.length ?? 0;
    const fields = rows.flat();
    const numbers =
      fields.filter((field) => numberIn(field, separator) !== undefined).length / Math.max(1, fields.length);
    const even = rows.every((row) => row.length === columns);
    return { separator, columns, rating: (even ? 1 : 0) + numbers };
  }).filter(({ columns }) => columns > 1);
  if (rated.length === 0)
    throw new WeftError(
      'data',
      `${path}: line ${sample[0]!.number} has only one column`,
      'separate numbers and label by comma, semicolon or tab',
    );
  return rated.reduce((best, one) => (one.rating > best.rating ? one : best)).separator;
}

function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

/** Fields of a line, not trimmed where nothing is quoted; a field in double quotes may contain the separator and line breaks, and "" for a quote. */
export function splitFields({ text, number }: Line, separator: Separator, path: string): string[] {
  if (!text.includes('"')) return text.split(separator);
  const pattern = new RegExp(` *(?:"((?:[^"]|"")*)" *|([^"${separator}]*))(${separator}|$)`, 'y');
  const fields: string[] = [];
  for (let more = true; more;) {
    const field = pattern.exec(text);
    if (!field)
      throw new WeftError(
        'data',
        `${path}: line ${number}, column ${fields.length + 1}: a quote is not closed or is inside a field`,
        'put the whole field into double quotes, and write "" for a quote in it',
      );
    fields.push(field[1]?.replaceAll('""', '"') ?? field[2]!);
    more = field[3] === separator;
  }
  return fields;
}

const DECIMAL_COMMA = /^\s*[-+]?\d*,\d+(?:e[-+]?\d+)?\s*$/i;

/** Whether a field is a number written with a decimal comma, as spreadsheets write it in much of Europe. */
export const hasDecimalComma = (field: string, separator: Separator): boolean =>
  separator !== ',' && DECIMAL_COMMA.test(field);

/** The number in a field, rounded to 32 bits; undefined if there is none or it is not finite. */
export function numberIn(field: string, separator: Separator): number | undefined {
  const value = Math.fround(valueOf(field, separator));
  return Number.isFinite(value) ? value : undefined;
}

/** The number in a field as it stands there; undefined if there is none or it is not finite. */
export function doubleIn(field: string, separator: Separator): number | undefined {
  const value = valueOf(field, separator);
  return Number.isFinite(value) ? value : undefined;
}

function valueOf(field: string, separator: Separator): number {
  const value = Number(field);
  if (value === 0 && field.trim() === '') return NaN;
  return Number.isNaN(value) && hasDecimalComma(field, separator) ? Number(field.replace(',', '.')) : value;
}
