/** Architectures looked up instead of trained. */
import { WeftError } from '../errors.js';
import { type ChoiceSpace } from '../space/choice-space.js';

export interface TabularEvaluator<A = unknown> {
  readonly space: ChoiceSpace<A>;
  /** Highest value of the table. */
  readonly optimum: number;
  evaluate(architecture: A): number;
}

/**
 * An evaluator of every architecture of a small space: `keys` and `values` are the rows of a table, `keyOf` is how it
 * names an architecture. Throws WeftError('data') when an architecture is missing.
 */
export function tabularEvaluator<A>(
  space: ChoiceSpace<A>,
  keys: readonly string[],
  values: ArrayLike<number>,
  keyOf: (architecture: A) => string,
): TabularEvaluator<A> {
  const rows = new Map(keys.map((key, row) => [key, row]));
  const byIndex = new Float64Array(space.cardinalities.reduce((product, cardinality) => product * cardinality, 1)).fill(
    NaN,
  );
  let optimum = -Infinity;
  for (const architecture of space.enumerate()) {
    const row = rows.get(keyOf(architecture));
    if (row === undefined)
      throw new WeftError(
        'data',
        `the table has no row for ${space.encode(architecture)} (${keyOf(architecture)})`,
        'the table belongs to another space, or is truncated',
      );
    byIndex[indexOf(space, architecture)] = values[row]!;
    optimum = Math.max(optimum, values[row]!);
  }
  return { space, optimum, evaluate: (architecture) => byIndex[indexOf(space, architecture)]! };
}

/** The genotype read as one number with a digit a slot. */
function indexOf<A>({ cardinalities, genotype }: ChoiceSpace<A>, architecture: A): number {
  const digits = genotype(architecture);
  let index = 0;
  for (let slot = 0; slot < digits.length; slot++) index = index * cardinalities[slot]! + digits[slot]!;
  return index;
}
