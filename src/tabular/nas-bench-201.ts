/**
 * The cells of NAS-Bench-201 (Dong & Yang 2020, arXiv 2001.00326) in the notation of the benchmark, by which its tables name them.
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
          `'${edge}' in '${text}' is no operation on node ${source}`,
          `operations: ${[...FROM_BENCHMARK.keys()].join(', ')}`,
        );
      }
      return operation;
    });
  });
}

const EXAMPLE: BenchmarkCell = [['conv3'], ['none', 'skip'], ['avg3', 'none', 'conv1']];

/**
 * What the cell computes, the same for cells that differ in the way they are written only: as in the benchmark, `skip`
 * passes its input on, sums are sorted, `none` is `#`, and so is what follows a node that is `#`. 6,466 of the 15,625 cells differ.
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
