/** Published results of stand-alone training, one row an architecture, from a CSV file. */
import { readSource } from '../data/source.js';
import { unknownNameHint, WeftError } from '../errors.js';

export interface BenchmarkTable {
  readonly path: string;
  /** Names of the columns, in order. */
  readonly columns: readonly string[];
  /** Text of a column, by row. */
  text(column: string): readonly string[];
  /** Numbers of a column, by row. */
  numbers(column: string): Float64Array;
}

/** Reads a comma-separated file with a header, gzipped or not; no field may hold a comma. */
export function readBenchmarkTable(path: string): BenchmarkTable {
  const lines = new TextDecoder().decode(readSource(path).bytes).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const [columns, ...rows] = lines.map((line) => line.split(',')) as [string[], ...string[][]];
  rows.forEach((row, i) => {
    if (row.length !== columns.length) {
      throw new WeftError(
        'data',
        `${path}: line ${i + 2} has ${row.length} fields where the header has ${columns.length}`,
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
