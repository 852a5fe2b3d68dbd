/** A series of any length in bounded memory that preserves its peaks. */

export interface Thinned<T> {
  add(value: unknown, item: T): void;
  /** The values kept, in order: the minimum and maximum of each segment, and the last value. */
  items(): T[];
  /** Number of values added. */
  readonly count: number;
}

interface Kept<T> {
  readonly index: number;
  readonly value: number;
  readonly item: T;
}

type Stretch<T> = readonly [low: Kept<T>, high: Kept<T>];

/**
 * Keeps all items up to `stretches`; beyond that, the minimum and maximum of each of at most `stretches` segments of
 * equal length, which doubles whenever they are used up. Finite values take precedence over non-finite ones.
 */
export function thinned<T>(stretches: number): Thinned<T> {
  let kept: Stretch<T>[] = [];
  let stride = 1;
  let count = 0;
  let last: Kept<T> | undefined;
  return {
    get count() {
      return count;
    },
    add(value, item) {
      const one: Kept<T> = { index: count, value: typeof value === 'number' ? value : NaN, item };
      const place = Math.floor(count / stride);
      kept[place] = kept[place] ? merged(kept[place], [one, one]) : [one, one];
      last = one;
      count++;
      if (count < stretches * stride) return;
      kept = kept.flatMap((stretch, i) => (i % 2 === 0 ? [kept[i + 1] ? merged(stretch, kept[i + 1]!) : stretch] : []));
      stride *= 2;
    },
    items() {
      const all = kept.flatMap(([low, high]) => (low.index <= high.index ? [low, high] : [high, low]));
      if (last) all.push(last);
      return all.filter(({ index }, i) => index !== all[i - 1]?.index).map(({ item }) => item);
    },
  };
}

const merged = <T>(a: Stretch<T>, b: Stretch<T>): Stretch<T> => [
  chosen(a[0], b[0], (x, y) => x <= y),
  chosen(a[1], b[1], (x, y) => x >= y),
];

const chosen = <T>(a: Kept<T>, b: Kept<T>, before: (x: number, y: number) => boolean): Kept<T> =>
  !Number.isFinite(a.value) ? b : !Number.isFinite(b.value) || before(a.value, b.value) ? a : b;
