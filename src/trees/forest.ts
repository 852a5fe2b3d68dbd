/** Random forests (Breiman 2001): trees on bootstrap samples, each split chosen among some columns. */
import { stream } from '../tensor/rng.js';
import { type Table } from './bins.js';
import { groveOf, growTree, leafOf } from './tree.js';

export interface ForestOptions {
  readonly trees: number;
  /** Columns among which each split is chosen. */
  readonly columns: number;
  /** A leaf has at least so many rows. */
  readonly leaf?: number;
  readonly seed: number;
}

/** The votes of every tree for each row of a table: [trees][count · outputs]. */
export type Forest = (table: Table) => Float64Array[];

/** A forest that has learned the row-major targets [count, outputs]. */
export function growForest(
  table: Table,
  targets: Float64Array,
  outputs: number,
  { trees, columns, leaf = 1, seed }: ForestOptions,
): Forest {
  const grove = groveOf(table);
  const rng = stream(seed, 'forest');
  const options = { depth: Infinity, leaf, columns: Math.max(1, Math.min(columns, table.size)) };
  const grown = Array.from({ length: trees }, () => {
    const rows = Uint32Array.from({ length: table.count }, () => rng.int(table.count));
    return growTree(grove, targets, outputs, rows, options, rng);
  });
  return (others) => {
    const bins = grove.binning.apply(others);
    return grown.map((tree) => {
      const votes = new Float64Array(others.count * outputs);
      for (let row = 0; row < others.count; row++) {
        const node = leafOf(tree, bins, others.count, row);
        for (let k = 0; k < outputs; k++) votes[row * outputs + k] = tree.value[node * outputs + k]!;
      }
      return votes;
    });
  };
}
