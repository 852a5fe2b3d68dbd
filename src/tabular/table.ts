/** Published results of stand-alone training, one row per architecture, from a CSV file. */
import { createRequire } from 'node:module';
import type Papa from 'papaparse';
import { readSource } from '../data/source.js';
import { unknownNameHint, WeftError } from '../errors.js';

export interface BenchmarkTable {
  readonly path: string;
  /** Names of the columns, in order. */
  readonly columns: readonly string[];
  /** Text of a column, by row. */
  text(column: string): readonly string[];
  /** Numbers of a column, by row; throws WeftError('data') with the line where a field is not a finite number. */
  numbers(column: string): Float64Array;
}

/** Loaded when a table is read, and not with the package. */
const library = (): typeof Papa => createRequire(import.meta.url)('papaparse') as typeof Papa;

/** Reads a comma-separated file with a header (RFC 4180), gzipped or not. */
export function readBenchmarkTable(path: string): BenchmarkTable {
  const { data, errors } = library().parse<string[]>(new TextDecoder().decode(readSource(path).bytes), {
    delimiter: ',',
  });
  const [fault] = errors;
  if (fault)
    throw new WeftError(
      'data',
      `${path}: line ${(fault.row ?? 0) + 1}: ${fault.message}`,
      'the file may be truncated: copy it again',
    );
  if (data.at(-1)?.length === 1 && data.at(-1)![0] === '') data.pop();
  const [columns, ...rows] = data;
  if (!columns) throw new WeftError('data', `${path} is empty`, 'the first line must name the columns');
  rows.forEach((row, i) => {
    if (row.length !== columns.length) {
      throw new WeftError(
        'data',
        `${path}: line ${i + 2} has ${row.length} fields, but the header has ${columns.length}`,
        'the file may be truncated: copy it again',
      );
    }
  });
  const text = (column: string): string[] => {
    const index = columns.indexOf(column);
    if (index < 0) throw new WeftError('data', `${path} has no column '${column}'`, unknownNameHint(column, columns));
    return rows.map((row) => row[index]!);
  };
  return {
    path,
    columns,
    text,
    numbers: (column) =>
      Float64Array.from(text(column), (field, i) => {
        const value = field.trim() === '' ? NaN : Number(field);
        if (!Number.isFinite(value))
          throw new WeftError('data', `${path}: line ${i + 2}: '${field}' in the column '${column}' is not a number`);
        return value;
      }),
  };
}
