/** Columns of numbers as small whole numbers in the same order, in which trees look for splits by counting. */

import { firstPlace } from '../statistics/bisect.js';

/** Largest number of distinct values of one column. */
const MOST_BINS = 128;

/** Row-major numbers. */
export interface Table {
  readonly values: ArrayLike<number>;
  readonly count: number;
  /** Numbers in a row. */
  readonly size: number;
}

export interface Binning {
  /** Of each column the numbers between its bins, ascending: a value belongs to the bin after all of those below it. */
  readonly borders: readonly Float64Array[];
  /** Bin of each row, column after column: [size · count]. */
  apply(table: Table): Uint8Array;
}

/**
 * Bins of these rows: one for each different value of a column, or of equal numbers of rows where there are more than
 * 128.
 */
export function binningOf({ values, count, size }: Table): Binning {
  const borders = Array.from({ length: size }, (_, column) => {
    const sorted = Float64Array.from({ length: count }, (__, row) => values[row * size + column]!).sort();
    const places: number[] = [];
    for (let i = 1; i < count; i++) if (sorted[i]! > sorted[i - 1]!) places.push(i);
    const some =
      places.length < MOST_BINS
        ? places
        : Array.from(
            new Set(
              Array.from({ length: MOST_BINS - 1 }, (__, i) =>
                nextPlace(places, Math.round(((i + 1) * count) / MOST_BINS)),
              ),
            ),
          );
    return Float64Array.from(some, (place) => middle(sorted[place - 1]!, sorted[place]!));
  });
  return {
    borders,
    apply(table) {
      const bins = new Uint8Array(table.count * size);
      borders.forEach((border, column) => {
        for (let row = 0; row < table.count; row++)
          bins[column * table.count + row] = binOf(border, table.values[row * size + column]!);
      });
      return bins;
    },
  };
}

/** Between two numbers, and never the lower one, which rounding could give. */
function middle(low: number, high: number): number {
  const between = low + (high - low) / 2;
  return between > low ? between : high;
}

/** The first of the ascending places that is not before `place`; the last where all are. */
const nextPlace = (places: readonly number[], place: number): number =>
  places[firstPlace(places.length - 1, (at) => places[at]! >= place)]!;

/** How many of the borders are not above the value: none for NaN. */
const binOf = (borders: Float64Array, value: number): number =>
  firstPlace(borders.length, (at) => !(borders[at]! <= value));
