/**
 * Gradient boosting of squared errors (Friedman 2001, algorithm 2): each tree learns what those before it have left.
 */
import { type Rng } from '../tensor/rng.js';
import { type Table } from './bins.js';
import { type Grove, growTree, leafOf } from './tree.js';

export interface BoostingOptions {
  readonly trees: number;
  /** Splits from the root to a leaf at most. */
  readonly depth: number;
  /** A leaf has at least so many rows. */
  readonly leaf: number;
  /** Share of each tree's answer that is taken. */
  readonly rate: number;
  /** Share of the rows that each tree sees, drawn without replacement (stochastic gradient boosting, Friedman 2002). */
  readonly rows: number;
  /** Share of the columns among which each split is chosen. */
  readonly columns: number;
}

/** The answers of boosted trees for each row of a table. */
export type Boosted = (table: Table) => Float64Array;

/** Boosted trees that have learned the `targets` of the rows `among`. */
export function boost(
  grove: Grove,
  targets: ArrayLike<number>,
  among: Uint32Array,
  { trees, depth, leaf, rate, rows, columns }: BoostingOptions,
  rng: Rng,
): Boosted {
  const { count, size, bins } = grove;
  let centre = 0;
  for (const row of among) centre += targets[row]! / among.length;
  const left = Float64Array.from({ length: count }, (_, i) => targets[i]! - centre);
  const options = { depth, leaf, columns: Math.max(1, Math.ceil(columns * size)) };
  const some = Math.max(2, Math.ceil(rows * among.length));
  const order = Uint32Array.from(among);
  const grown = Array.from({ length: trees }, () => {
    for (let i = 0; i < some && i < order.length; i++) {
      const other = i + rng.int(order.length - i);
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    const tree = growTree(grove, left, 1, order.slice(0, some), options, rng);
    for (const row of among) left[row]! -= rate * tree.value[leafOf(tree, bins, count, row)]!;
    return tree;
  });
  return (table) => {
    const binned = grove.binning.apply(table);
    const answers = new Float64Array(table.count).fill(centre);
    for (const tree of grown)
      for (let row = 0; row < table.count; row++)
        answers[row]! += rate * tree.value[leafOf(tree, binned, table.count, row)]!;
    return answers;
  };
}
