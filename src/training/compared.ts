/** Results that are computed in two ways at first: once the bits have been the same often enough, the faster way is trusted. */
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { sameBits } from '../tensor/plan/index.js';

/** Results that are compared before a way is trusted. */
const CHECKED = 3;

export interface Compared {
  /** What the fast way gives, where it is trusted and gives something; else what `asItIs` gives, which the caller owns in either case. */
  of<T>(
    asItIs: () => T,
    fast: () => T | undefined,
    tensorsOf: (one: T) => NamedTensors,
    numbersOf?: (one: T) => readonly number[],
  ): T;
  /** Results of the trusted way. */
  readonly runs: number;
}

/** `differ` hears of the first name whose bits differ; what gives them up is the caller's affair. */
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

/** The first name with other bits, or that only one of the two has. */
function differenceOf(a: NamedTensors, b: NamedTensors): string | undefined {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].find((name) => !a[name] || !b[name] || !sameBits(a[name].dataSync(), b[name].dataSync()));
}
