/** Computes results in two ways at first: once their bits have been equal often enough, the faster way is trusted. */
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { sameBits } from '../tensor/plan/index.js';

/** Number of results that are compared before a way is trusted. */
const CHECKED = 3;

export interface Compared {
  /**
   * The result of the fast way if it is trusted and has one, else that of `asItIs`; owned by the caller in either case.
   */
  of<T>(
    asItIs: () => T,
    fast: () => T | undefined,
    tensorsOf: (one: T) => NamedTensors,
    numbersOf?: (one: T) => readonly number[],
  ): T;
  /** Number of results of the trusted way. */
  readonly runs: number;
}

/** `differ` is called with the first name whose bits differ; the caller decides what to give up then. */
export function comparedAtFirst(differ: (name: string) => void): Compared {
  let checked = 0;
  let runs = 0;
  return {
    get runs() {
      return runs;
    },
    of(asItIs, fast, tensorsOf, numbersOf = () => []) {
      const found = fast();
      if (checked >= CHECKED) {
        if (found === undefined) return asItIs();
        runs++;
        return found;
      }
      const expected = asItIs();
      if (found === undefined) return expected;
      checked++;
      const differing = sameBits(numbersOf(expected), numbersOf(found))
        ? differenceOf(tensorsOf(expected), tensorsOf(found))
        : 'loss';
      disposeNamed(tensorsOf(found));
      if (differing !== undefined) differ(differing);
      return expected;
    },
  };
}

/** The first name whose bits differ, or that only one of the two has. */
function differenceOf(a: NamedTensors, b: NamedTensors): string | undefined {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].find((name) => !a[name] || !b[name] || !sameBits(a[name].dataSync(), b[name].dataSync()));
}
