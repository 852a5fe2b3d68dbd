import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  crowdingDistances,
  dominates,
  hypervolume,
  kneeOf,
  nonDominatedSort,
  paretoFront,
  type Point,
  readNetworkTable,
  rowLookup,
  stream,
  tableColumn,
} from 'weft-nas';
import { nsga2 } from '../../controllers/nsga2.js';
import { paretoLocalSearch } from '../../controllers/pareto-local-search.js';
import { random } from '../../controllers/random.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { type NetworkTable } from '../../src/tabular/index.js';

const DATA = resolve(process.cwd(), '..', 'shared', 'data');

/** Points on a small grid, so that there are ties. */
function cloud(seed: number, count: number, goals: number): Point[] {
  const rng = stream(seed, 'cloud');
  return Array.from({ length: count }, () => Array.from({ length: goals }, () => rng.int(8)));
}

describe('dominance', () => {
  it('is to be nowhere worse and somewhere better', () => {
    expect(dominates([1, 2], [1, 3])).to.equal(true);
    expect(dominates([1, 2], [1, 2])).to.equal(false);
    expect(dominates([1, 3], [2, 2])).to.equal(false);
  });

  it('gives the front by definition, each point once', () => {
    for (const goals of [1, 2, 3, 4]) {
      for (let seed = 0; seed < 10; seed++) {
        const points = cloud(seed, 40, goals);
        const texts = new Set(
          points.filter((point) => !points.some((other) => dominates(other, point))).map((point) => point.join()),
        );
        const front = paretoFront(points).map((index) => points[index]!.join());
        expect(front).to.have.length(texts.size);
        expect(new Set(front)).to.deep.equal(texts);
      }
    }
    expect(paretoFront([])).to.deep.equal([]);
  });

  it('sorts into fronts, each dominated by something in the one before', () => {
    const points = cloud(1, 60, 2);
    const fronts = nonDominatedSort(points);
    expect(fronts.flat().sort((a, b) => a - b)).to.deep.equal(points.map((_, i) => i));
    fronts.forEach((front, rank) => {
      for (const index of front) {
        expect(front.some((other) => dominates(points[other]!, points[index]!))).to.equal(false);
        if (rank > 0)
          expect(fronts[rank - 1]!.some((other) => dominates(points[other]!, points[index]!))).to.equal(true);
      }
    });
  });

  it('measures how crowded a front is', () => {
    expect(
      crowdingDistances([
        [0, 10],
        [1, 5],
        [4, 0],
      ]),
    ).to.deep.equal([Infinity, 1 + 1, Infinity]);
    expect(crowdingDistances([[1, 1]])).to.deep.equal([Infinity]);
    expect(crowdingDistances([])).to.deep.equal([]);
  });

  it('refuses NaN, and points with different numbers of objectives', () => {
    expect(() => paretoFront([[1, NaN]])).to.throw('NaN');
    expect(() => nonDominatedSort([[1], [1, 2]])).to.throw('point 1 has 2 objectives');
    expect(() => hypervolume([[1, 2]], [1])).to.throw('objectives');
    expect(() => hypervolume([], [1, 1, 1, 1])).to.throw('4 objectives');
  });
});

describe('hypervolume', () => {
  it('is the number of dominated unit cubes of points on a grid', () => {
    for (const goals of [1, 2, 3]) {
      for (let seed = 0; seed < 8; seed++) {
        const points = cloud(seed, 12, goals);
        const reference = Array.from({ length: goals }, () => 7);
        let cubes = 0;
        for (let cell = 0; cell < 7 ** goals; cell++) {
          const corner = reference.map((_, goal) => Math.floor(cell / 7 ** goal) % 7);
          if (points.some((point) => point.every((value, goal) => value <= corner[goal]!))) cubes++;
        }
        expect(hypervolume(points, reference), `${goals} goals, seed ${seed}`).to.equal(cubes);
      }
    }
    expect(hypervolume([[3, 3]], [3, 9])).to.equal(0);
    expect(hypervolume([], [1, 1])).to.equal(0);
  });
});

describe('the knee of a front', () => {
  it('is the point nearest to the best of all objectives, in their own units', () => {
    const front: Point[] = [
      [0, 1000],
      [1, 200],
      [5, 100],
      [10, 0],
    ];
    expect(kneeOf(front)).to.equal(1);
    expect(kneeOf([[3, 4]])).to.equal(0);
    expect(kneeOf([])).to.equal(undefined);
  });
});

describe('fronts of NAS-Bench-201 on devices', () => {
  before(function () {
    if (!existsSync(join(DATA, 'nas-tables'))) this.skip();
  });
  const files = (...names: string[]): string[] => names.map((name) => join(DATA, name));
  const device = (name: string): { points: Point[]; reference: Point; unit: number } => {
    const table = readNetworkTable(files('nasbench201/nats_bench.csv', 'nas-tables/hw_cifar10.csv'));
    const accuracy = tableColumn(table, 'CIFAR10TestAccuracy200Epochs').values;
    const latency = tableColumn(table, `${name}_latency`).values;
    const slowest = latency.reduce((most, one) => Math.max(most, one), 0);
    return {
      points: [...latency].map((one, row) => [one, -accuracy[row]!]),
      reference: [slowest, 0],
      unit: 100 * slowest,
    };
  };

  it('have the published sizes and hypervolumes', () => {
    for (const [name, size, volume] of [
      ['pixel3', 44, 0.912025],
      ['raspi4', 43, 0.914117],
    ] as const) {
      const { points, reference, unit } = device(name);
      expect(paretoFront(points), name).to.have.length(size);
      expect(hypervolume(points, reference) / unit, name).to.be.closeTo(volume, 5e-7);
    }
  });

  it('are those of NumPy for every device, by test and by validation accuracy, with energy too', () => {
    interface Expected {
      readonly truth: string;
      readonly costs: readonly string[];
      readonly networks: number;
      readonly front: number;
      readonly share: number;
    }
    const expected = JSON.parse(readFileSync('test/fixtures/pareto/fronts.json', 'utf8')) as Expected[];
    expect(expected).to.have.length(26);
    const tables: Record<string, NetworkTable> = {
      CIFAR10TestAccuracy200Epochs: readNetworkTable(files('nasbench201/nats_bench.csv', 'nas-tables/hw_cifar10.csv')),
      val_accs: readNetworkTable(files('nas-tables/nb201_val_accs.csv', 'nas-tables/hw_cifar10.csv')),
    };
    for (const { truth, costs, networks, front, share } of expected) {
      const accuracy = tableColumn(tables[truth]!, truth).values;
      const columns = costs.map((name) => tableColumn(tables[truth]!, name).values);
      const points = [...accuracy]
        .map((value, row): Point => [...columns.map((values) => values[row]!), -value])
        // A device cannot run every network, and no accuracy of invalid networks is in the smaller table.
        .filter((point) => !point.some(Number.isNaN));
      const reference = [
        ...costs.map((_, i) => points.reduce((most, point) => Math.max(most, point[i]!), 0)),
        0,
      ] as Point;
      const unit = 100 * reference.slice(0, -1).reduce((product, most) => product * most, 1);
      const name = `${costs.join(', ')} by ${truth}`;
      expect(points, name).to.have.length(networks);
      expect(paretoFront(points), name).to.have.length(front);
      expect(hypervolume(points, reference) / unit, name).to.be.closeTo(share, 1e-8);
    }
  });

  it('with three objectives leave nothing out', () => {
    const table = readNetworkTable(files('nasbench201/nats_bench.csv', 'nas-tables/hw_cifar10.csv'));
    const [accuracy, latency, energy] = ['CIFAR10TestAccuracy200Epochs', 'edgegpu_latency', 'edgegpu_energy'].map(
      (name) => tableColumn(table, name).values,
    ) as [Float64Array, Float64Array, Float64Array];
    const points = table.keys.map((_, row): Point => [-accuracy[row]!, latency[row]!, energy[row]!]);
    const front = paretoFront(points).map((index) => points[index]!);
    expect(front).to.have.length(58);
    for (const point of points) {
      const over = front.filter((member) => dominates(member, point));
      if (front.includes(point)) expect(over).to.deep.equal([]);
      else expect(over.length > 0 || front.some((member) => member.join() === point.join())).to.equal(true);
    }
  });

  it('are found by NSGA-II and Pareto local search in 500 queries, better than at random', () => {
    const table = readNetworkTable(files('nasbench201/nats_bench.csv', 'nas-tables/hw_cifar10.csv'));
    const { points, reference } = device('pixel3');
    const whole = hypervolume(points, reference);
    const space = nasBench201.create({ filters: 2 }, { inputShape: [8, 8, 3], classes: 10 });
    const rowOf = rowLookup(space, table);
    const reached = (factory: typeof nsga2 | typeof paretoLocalSearch | typeof random, seed: number): number => {
      const controller = factory.create({}, { space, seed });
      const rng = stream(seed, 'trial');
      const seen: Point[] = [];
      while (seen.length < 500) {
        const results = controller.propose(Math.min(50, 500 - seen.length), rng).map((architecture) => {
          const [latency, loss] = points[rowOf(architecture)]! as [number, number];
          seen.push([latency, loss]);
          return { architecture, reward: -loss, costs: [latency] };
        });
        controller.observe(results);
      }
      controller.dispose();
      return hypervolume(seen, reference) / whole;
    };
    const local = Array.from({ length: 20 }, (_, seed) => reached(paretoLocalSearch, seed));
    const shares = Array.from({ length: 20 }, (_, seed) => [reached(nsga2, seed), reached(random, seed)] as const);
    const mean = shares.reduce((sum, [share]) => sum + share, 0) / 20;
    expect(mean).to.be.at.least(0.9965);
    expect(local.reduce((sum, share) => sum + share, 0) / 20).to.be.at.least(0.9965);
    expect(local.filter((found, i) => found > shares[i]![1])).to.have.length.at.least(19);
    expect(shares.filter(([found, chance]) => found > chance)).to.have.length.at.least(19);
  });
});
