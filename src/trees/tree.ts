/**
 * A regression tree of any number of outputs (Breiman et al. 1984): each node splits its rows by one column where that
 * lowers the sum of squared distances from the mean most. With one-hot targets the sum of squares is the Gini impurity,
 * so that the same tree classifies.
 */
import { type Rng } from '../tensor/rng.js';
import { type Binning, binningOf, type Table } from './bins.js';

export interface TreeOptions {
  /** Splits from the root to a leaf at most. */
  readonly depth: number;
  /** A leaf has at least so many rows. */
  readonly leaf: number;
  /** Columns, drawn anew for each node, among which its split is chosen. */
  readonly columns: number;
}

/**
 * Node i splits by `column[i]`: rows whose bin is at most `bin[i]` go to `left[i]`, others to `left[i] + 1`; leaves
 * have column -1.
 */
export interface Tree {
  readonly column: readonly number[];
  readonly bin: readonly number[];
  readonly left: readonly number[];
  /** Mean of the targets of each node's rows, [nodes · outputs]. */
  readonly value: readonly number[];
}

/** What many trees of the same rows have in common. */
export interface Grove {
  readonly binning: Binning;
  readonly bins: Uint8Array;
  readonly count: number;
  readonly size: number;
}

/** The rows as trees look at them. */
export function groveOf(table: Table): Grove {
  const binning = binningOf(table);
  return { binning, bins: binning.apply(table), count: table.count, size: table.size };
}

/** Less of the squared distances than this share is rounding and no reason to split. */
const ROUNDING = 1e-12;

/**
 * Grows a tree on the `rows` (indices, repeated ones count as often) with these row-major targets [count, outputs];
 * `rows` is put into another order.
 */
export function growTree(
  { binning, bins, count, size }: Grove,
  targets: Float64Array,
  outputs: number,
  rows: Uint32Array,
  { depth, leaf, columns }: TreeOptions,
  rng: Rng,
): Tree {
  const [column, bin, left, value]: [number[], number[], number[], number[]] = [[], [], [], []];
  const all = Uint32Array.from({ length: size }, (_, i) => i);
  const widest = binning.borders.reduce((most, borders) => Math.max(most, borders.length + 1), 1);
  const [counts, sums] = [new Float64Array(widest), new Float64Array(widest * outputs)];
  const [total, below] = [new Float64Array(outputs), new Float64Array(outputs)];
  const rest = new Uint32Array(rows.length);

  const add = (from: number, to: number): number => {
    total.fill(0);
    for (let i = from; i < to; i++) for (let k = 0; k < outputs; k++) total[k]! += targets[rows[i]! * outputs + k]!;
    for (let k = 0; k < outputs; k++) value.push(total[k]! / (to - from));
    bin.push(0);
    left.push(0);
    return column.push(-1) - 1;
  };
  /**
   * The split of rows from..to, whose sums are in `total`: by how much it lowers the squares; -1 as its column where
   * none does.
   */
  const bestSplit = (from: number, to: number): { column: number; bin: number } => {
    const n = to - from;
    let base = 0;
    for (let k = 0; k < outputs; k++) base += total[k]! ** 2 / n;
    let squares = 0;
    for (let i = from; i < to; i++) for (let k = 0; k < outputs; k++) squares += targets[rows[i]! * outputs + k]! ** 2;
    let [best, found] = [base + ROUNDING * squares, { column: -1, bin: 0 }];
    const drawn = Math.min(columns, size);
    for (let i = 0; i < drawn; i++) {
      if (drawn < size) {
        const other = i + rng.int(size - i);
        [all[i], all[other]] = [all[other]!, all[i]!];
      }
      const candidate = all[i]!;
      const width = binning.borders[candidate]!.length + 1;
      if (width === 1) continue;
      counts.fill(0, 0, width);
      sums.fill(0, 0, width * outputs);
      const offset = candidate * count;
      for (let r = from; r < to; r++) {
        const row = rows[r]!;
        const b = bins[offset + row]!;
        counts[b]!++;
        for (let k = 0; k < outputs; k++) sums[b * outputs + k]! += targets[row * outputs + k]!;
      }
      below.fill(0);
      let seen = 0;
      for (let b = 0; b < width - 1; b++) {
        if (counts[b] === 0) continue;
        seen += counts[b]!;
        for (let k = 0; k < outputs; k++) below[k]! += sums[b * outputs + k]!;
        if (seen < leaf || n - seen < leaf) continue;
        let score = 0;
        for (let k = 0; k < outputs; k++) score += below[k]! ** 2 / seen + (total[k]! - below[k]!) ** 2 / (n - seen);
        if (score > best) [best, found] = [score, { column: candidate, bin: b }];
      }
    }
    return found;
  };

  const open = [{ node: add(0, rows.length), from: 0, to: rows.length, depth: 0 }];
  for (let one = open.pop(); one; one = open.pop()) {
    const { node, from, to } = one;
    if (one.depth >= depth || to - from < 2 * leaf) continue;
    for (let k = 0; k < outputs; k++) total[k] = value[node * outputs + k]! * (to - from);
    const split = bestSplit(from, to);
    if (split.column < 0) continue;
    // Rows keep their order on either side, so that the same draws give the same tree.
    let [kept, moved] = [from, 0];
    for (let i = from; i < to; i++) {
      const row = rows[i]!;
      if (bins[split.column * count + row]! <= split.bin) rows[kept++] = row;
      else rest[moved++] = row;
    }
    rows.set(rest.subarray(0, moved), kept);
    column[node] = split.column;
    bin[node] = split.bin;
    left[node] = add(from, kept);
    add(kept, to);
    open.push(
      { node: left[node], from, to: kept, depth: one.depth + 1 },
      { node: left[node] + 1, from: kept, to, depth: one.depth + 1 },
    );
  }
  return { column, bin, left, value };
}

/** The leaf of a row, whose bins are those of `count` rows, column after column. */
export function leafOf({ column, bin, left }: Tree, bins: Uint8Array, count: number, row: number): number {
  let node = 0;
  while (column[node]! >= 0) node = left[node]! + (bins[column[node]! * count + row]! <= bin[node]! ? 0 : 1);
  return node;
}
