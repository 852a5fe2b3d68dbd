/** Parameters and multiply-adds of networks for which others have published them; where ours differ, by what. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { multiplyAddCount, parameterCount, type SearchSpace } from 'weft-nas';
import { dartsCnn, type OPERATIONS } from '../../search-spaces/darts-cnn.js';
import { benchmarkCost, type Cell, fromBenchmark, nasBench201 } from '../../search-spaces/nas-bench-201.js';

const TABLE = resolve(process.cwd(), '..', 'shared', 'data', 'nas-tables', 'nb201_zc_proxies.csv');
const CIFAR = { inputShape: [32, 32, 3], classes: 10 };

const costOf = <A>(space: SearchSpace<A>, architecture: A): { parameters: number; multiplyAdds: number } => {
  const nodes = space.activate(architecture);
  return { parameters: parameterCount(nodes), multiplyAdds: multiplyAddCount(nodes) };
};

describe('published counts of NAS-Bench-201', () => {
  const space = nasBench201.create({ cells: 5 }, CIFAR);
  /**
   * What the table counts beside multiply-adds in every network: normalizations, activations and pools outside of the
   * cells.
   */
  const SKELETON = 160_832;
  const count = (cell: Cell, ...operations: string[]): number =>
    cell.flat().filter((one) => operations.includes(one)).length;

  it('match every cell in the published table, except for operations without weights', function () {
    if (!existsSync(TABLE)) this.skip();
    const [header, ...rows] = readFileSync(TABLE, 'utf8')
      .trim()
      .split('\n')
      // The first column is a list in quotation marks.
      .map((line) => line.replace(/^"[^"]*"/, '').split(',')) as [string[], ...string[][]];
    const [text, flops, params] = ['net_str', 'flops', 'params'].map((name) => header.indexOf(name)) as [
      number,
      number,
      number,
    ];
    expect(rows).to.have.length(9445);
    for (const [index, row] of rows.entries()) {
      const cell = fromBenchmark(row[text]!);
      const published = benchmarkCost(cell);
      expect(published.parameters, row[text]).to.equal(Math.round(Number(row[params]) * 1e6));
      // The table counts 2 operations a number for a normalization, 1 for an activation, 9 for the mean of a window as
      // well.
      const numbers = 5 * (32 ** 2 * 16 + 16 ** 2 * 32 + 8 ** 2 * 64);
      const others = 3 * numbers * count(cell, 'conv1', 'conv3') + 9 * numbers * count(cell, 'avg3') + SKELETON;
      expect(published.multiplyAdds + others, row[text]).to.equal(Math.round(Number(row[flops]) * 1e6));
      // No cell of the table but the one without connections has operations that reach no output.
      if (index % 10 === 0 && count(cell, 'none') < 6) expect(costOf(space, cell), row[text]).to.deep.equal(published);
    }
  });

  it('leave 26,880 (n1 + 9 n3) weights of convolutions, and count operations that reach no output', () => {
    const dead: Cell = [['conv3'], ['none', 'none'], ['conv1', 'none', 'avg3']];
    expect(
      benchmarkCost(dead).parameters - benchmarkCost([['none'], ['none', 'none'], ['none', 'none', 'none']]).parameters,
    ).to.equal(26_880 * (1 + 9) + 2 * 1120);
    expect(costOf(space, dead)).to.deep.equal(benchmarkCost([['none'], ['none', 'none'], ['conv1', 'none', 'avg3']]));
  });
});

type Edge = [operation: (typeof OPERATIONS)[number], from: number];
type Genotype = Record<'normal' | 'reduction', Edge[]>;

/** Two edges for each of four nodes, as the authors print them (Liu et al. 2019, figures 4 and 5, and their code). */
const GENOTYPES: Record<string, Genotype> = {
  DARTS_V1: {
    normal: [
      ['sep3', 1],
      ['sep3', 0],
      ['skip', 0],
      ['sep3', 1],
      ['skip', 0],
      ['sep3', 1],
      ['sep3', 0],
      ['skip', 2],
    ],
    reduction: [
      ['max3', 0],
      ['max3', 1],
      ['skip', 2],
      ['max3', 0],
      ['max3', 0],
      ['skip', 2],
      ['skip', 2],
      ['avg3', 0],
    ],
  },
  DARTS_V2: {
    normal: [
      ['sep3', 0],
      ['sep3', 1],
      ['sep3', 0],
      ['sep3', 1],
      ['sep3', 1],
      ['skip', 0],
      ['skip', 0],
      ['dil3', 2],
    ],
    reduction: [
      ['max3', 0],
      ['max3', 1],
      ['skip', 2],
      ['max3', 1],
      ['max3', 0],
      ['skip', 2],
      ['skip', 2],
      ['max3', 1],
    ],
  },
};

const FILTERS = 36;

function ours({ normal, reduction }: Genotype): { parameters: number; multiplyAdds: number } {
  const space = dartsCnn.create({ layers: 18, filters: FILTERS }, CIFAR);
  const cell = (edges: readonly Edge[]) =>
    Array.from({ length: 4 }, (_, node) => {
      const pair = edges.slice(2 * node, 2 * node + 2).sort((a, b) => a[1] - b[1]);
      const ops = Array.from({ length: node + 2 }, (_, from) => pair.find((edge) => edge[1] === from)?.[0] ?? 'skip');
      return { inputs: pair.map((edge) => edge[1]).join(''), ops };
    });
  return costOf(space as SearchSpace<unknown>, { normal: cell(normal), reduction: cell(reduction) });
}

/**
 * The authors' network of 20 cells without its auxiliary head, counted layer by layer; `saved` is what our reduction
 * cells do at half the resolution.
 */
function authors(genotype: Genotype): { parameters: number; multiplyAdds: number; pools: number; saved: number } {
  let [before, last, channels, side] = [3 * FILTERS, 3 * FILTERS, FILTERS, 32];
  let [parameters, multiplyAdds, pools, saved] = [9 * 3 * last + 2 * last, side ** 2 * 9 * 3 * last, 0, 0];
  for (let index = 0; index < 20; index++) {
    const reduces = index === 6 || index === 13;
    if (reduces) channels *= 2;
    const out = reduces ? side / 2 : side;
    const entry = (before + last) * channels;
    parameters += entry + 4 * channels;
    multiplyAdds += side ** 2 * entry;
    saved += (side ** 2 - out ** 2) * entry;
    const norm = 2 * channels;
    for (const [operation, from] of genotype[reduces ? 'reduction' : 'normal']) {
      const size = Number(/\d/.exec(operation)?.[0] ?? 0) ** 2;
      const separable = size * channels + channels ** 2;
      const times = operation.startsWith('sep') ? 2 : operation.startsWith('dil') ? 1 : 0;
      parameters += times * (separable + norm);
      multiplyAdds += times * out ** 2 * separable;
      if (operation === 'skip' && reduces && from < 2) {
        parameters += channels ** 2 + norm;
        multiplyAdds += out ** 2 * channels ** 2;
      }
      if (/max|avg/.test(operation)) pools += norm;
    }
    [before, last, side] = [last, 4 * channels, out];
  }
  return { parameters: parameters + 10 * last + 10, multiplyAdds: multiplyAdds + 10 * last, pools, saved };
}

describe('published counts of DARTS', () => {
  it('match the authors’ network: 3.3 million parameters and 528 million multiply-adds', () => {
    expect(authors(GENOTYPES['DARTS_V2']!)).to.include({ parameters: 3_349_342, multiplyAdds: 528_359_040 });
    expect(authors(GENOTYPES['DARTS_V1']!).parameters).to.equal(3_169_414);
  });

  for (const [name, genotype] of Object.entries(GENOTYPES)) {
    it(`of ${name} differ by the normalization behind pools, and by where a reduction cell halves`, () => {
      const { parameters, multiplyAdds, pools, saved } = authors(genotype);
      expect(ours(genotype)).to.deep.equal({ parameters: parameters + pools, multiplyAdds: multiplyAdds - saved });
      expect(pools).to.equal(2160);
    });
  }
});
