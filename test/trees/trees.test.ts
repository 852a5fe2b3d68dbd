import { expect } from 'chai';
import { stream } from '../../src/tensor/rng.js';
import { binningOf } from '../../src/trees/bins.js';
import { boost, groveOf, growForest, type Table } from '../../src/trees/index.js';
import { growTree, leafOf } from '../../src/trees/tree.js';

const table = (rows: readonly (readonly number[])[]): Table => ({
  values: rows.flat(),
  count: rows.length,
  size: rows[0]!.length,
});

/** Least sum of squared distances from two means over all splits of a column. */
function leastSquares(values: readonly number[], targets: readonly number[]): number {
  const squares = (some: readonly number[]): number => {
    const mean = some.reduce((sum, one) => sum + one, 0) / some.length;
    return some.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  };
  return Math.min(
    ...values
      .filter((value) => value > Math.min(...values))
      .map(
        (border) =>
          squares(targets.filter((_, i) => values[i]! < border)) +
          squares(targets.filter((_, i) => values[i]! >= border)),
      ),
  );
}

describe('trees', () => {
  it('split where the squared error is smallest, as by exhaustive search', () => {
    for (let seed = 0; seed < 20; seed++) {
      const rng = stream(seed, 'split');
      const values = Array.from({ length: 12 }, () => rng.int(6));
      const targets = values.map(() => rng.normal());
      if (new Set(values).size < 2) continue;
      const grove = groveOf(table(values.map((value) => [value])));
      const rows = Uint32Array.from(values, (_, i) => i);
      const options = { depth: 1, leaf: 1, columns: 1 };
      const tree = growTree(grove, Float64Array.from(targets), 1, rows, options, rng);
      const error = values.reduce(
        (sum, _, i) => sum + (targets[i]! - tree.value[leafOf(tree, grove.bins, 12, i)]!) ** 2,
        0,
      );
      expect(error).to.be.closeTo(leastSquares(values, targets), 1e-9);
    }
  });

  it('memorize any function of distinct rows, and learn equal targets as one leaf', () => {
    const rng = stream(1, 'heart');
    const rows = Array.from({ length: 100 }, () => [rng.normal(), rng.normal()]);
    const grove = groveOf(table(rows));
    const targets = Float64Array.from(rows, () => rng.normal());
    const all = Uint32Array.from(rows, (_, i) => i);
    const options = { depth: Infinity, leaf: 1, columns: 2 };
    const tree = growTree(grove, targets, 1, all, options, rng);
    rows.forEach((_, i) => expect(tree.value[leafOf(tree, grove.bins, 100, i)]).to.be.closeTo(targets[i]!, 1e-12));
    expect(growTree(grove, targets.fill(0.1), 1, all, options, rng).column).to.deep.equal([-1]);
  });

  it('bin values as in training, with at most 128 bins', () => {
    const { borders, apply } = binningOf(table([[1], [2], [4]]));
    expect([...borders[0]!]).to.deep.equal([1.5, 3]);
    expect([...apply(table([[0], [1.5], [2.9], [3], [9]]))]).to.deep.equal([0, 1, 1, 2, 2]);
    const many = Array.from({ length: 1000 }, (_, i) => [i]);
    const bins = binningOf(table(many)).apply(table(many));
    expect(new Set(bins).size).to.equal(128);
    expect([...bins].every((bin, i) => i === 0 || bin >= bins[i - 1]!)).to.equal(true);
    // Two neighbouring numbers have no number between them.
    const close = [[1], [1 + Number.EPSILON]];
    expect([...binningOf(table(close)).apply(table(close))]).to.deep.equal([0, 1]);
  });

  it('boosting approximates a smooth function, and so do forests', () => {
    const rng = stream(2, 'smooth');
    const rows = Array.from({ length: 400 }, () => [4 * rng.uniform(), rng.uniform()]);
    const targets = Float64Array.from(rows, ([x]) => Math.sin(x!));
    const grove = groveOf(table(rows));
    const options = { trees: 100, depth: 3, leaf: 3, rate: 0.1, rows: 0.7, columns: 1 };
    const boosted = boost(
      grove,
      targets,
      Uint32Array.from(rows, (_, i) => i),
      options,
      rng,
    );
    const asked = Array.from({ length: 40 }, (_, i) => [0.05 + 0.098 * i, 0.5]);
    boosted(table(asked)).forEach((value, i) => expect(value).to.be.closeTo(Math.sin(asked[i]![0]!), 0.12));
    const votes = growForest(table(rows), targets, 1, { trees: 20, columns: 2, seed: 1 })(table(asked));
    expect(votes).to.have.length(20);
    asked.forEach(([x], i) => {
      const mean = votes.reduce((sum, one) => sum + one[i]! / 20, 0);
      expect(mean).to.be.closeTo(Math.sin(x!), 0.12);
    });
  });
});
