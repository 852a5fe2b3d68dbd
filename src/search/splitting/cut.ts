/** Splits the options of a choice into two groups, keeping compatible ones together. */
import { WeftError } from '../../errors.js';

/** How compatible two options are, in any unit: a symmetric matrix by option; the diagonal is ignored. */
export type Affinity = readonly (readonly number[])[];

export interface Split {
  /** Indices of options; the first option is in the first group. */
  readonly groups: readonly [readonly number[], readonly number[]];
  /** Mean affinity of options in different groups; lower means a better separation. */
  readonly between: number;
  /** Mean affinity of different options within a group; NaN if both groups have one option. */
  readonly within: number;
}

const MOST = 12;

/**
 * The split into two groups with the lowest mean affinity between them, of all splits: the minimum cut of the complete
 * graph of options, by mean, so that cutting off a single option is not cheaper just because it has fewer edges. Throws
 * WeftError('unsupported') for fewer than 2 options and more than 12.
 */
export function minimumCut(affinity: Affinity): Split {
  const count = affinity.length;
  if (count < 2 || count > MOST)
    throw new WeftError(
      'unsupported',
      `a choice of ${count} options cannot be split in two by trying all divisions`,
      `use a choice of 2 to ${MOST} options`,
    );
  let best: Split | undefined;
  // The first option stays in the first group, so that each cut is seen once.
  for (let cut = 1; cut < 2 ** (count - 1); cut++) {
    const second = affinity.flatMap((_, option) => (option > 0 && (cut >> (option - 1)) & 1 ? [option] : []));
    const first = affinity.flatMap((_, option) => (second.includes(option) ? [] : [option]));
    const split: Split = {
      groups: [first, second],
      between: mean(first.flatMap((a) => second.map((b) => affinity[a]![b]!))),
      within: mean(
        [first, second].flatMap((group) =>
          group.flatMap((a) => group.flatMap((b) => (a < b ? [affinity[a]![b]!] : []))),
        ),
      ),
    };
    if (!best || split.between < best.between) best = split;
  }
  return best!;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
