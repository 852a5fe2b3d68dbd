/**
 * NAS-Bench-201 (Dong & Yang 2020, arXiv 2001.00326): a cell of four nodes, each the sum of one of five operations
 * on every node before it, stacked in three stages. 5^6 = 15,625 cells. With the functions at the end, cells are read
 * and written in the notation of the benchmark, so that a search can be run against its tables.
 */
import {
  activation, avgPool, batchNorm, conv, defineSpace, dense, globalAveragePool, type GraphBuilder, identity, type NodeRef, oneOf, type Operation, repeat, sequence, type Shape, tf,
  WeftError, z,
} from 'weft-nas';

export const OPERATIONS = ['none', 'skip', 'conv1', 'conv3', 'avg3'] as const;
export type CellOperation = (typeof OPERATIONS)[number];

/** The operations on the way from node `source` to node `target + 1`: `cell[target][source]`. */
export type Cell = readonly (readonly CellOperation[])[];

const NODES = 4;
const STAGES = 3;

export const nasBench201 = defineSpace({
  name: 'nas-bench-201',
  description: 'NAS-Bench-201: cells of four nodes and five operations, 15,625 in all (images, or the table of the benchmark).',
  options: z.strictObject({
    operations: z.array(z.enum(OPERATIONS)).min(1).default([...OPERATIONS]).describe('operations to choose from'),
    filters: z.int().min(1).default(16).describe('channels of the first stage; every later one has twice as many'),
    cells: z.int().min(1).default(1).describe('cells a stage in the search'),
    retrainCells: z.int().min(1).default(5).describe('cells a stage when the found cell is trained for good; 5 in the benchmark'),
  }),

  choices: ({ operations }) => repeat(NODES - 1, (target) => repeat(target + 1, () => oneOf(operations))),

  graph(g, choices, { operations, filters, cells }, { inputShape, classes }) {
    let x = g.apply('stem', sequence('stem', { conv: conv({ filters, size: 3 }), norm: batchNorm() }), g.input);
    let [height, width] = inputShape as [number, number];
    for (let stage = 0; stage < STAGES; stage++) {
      const channels = filters * 2 ** stage;
      if (stage > 0) {
        x = reduce(g, `stage${stage}/reduce`, channels, x);
        [height, width] = [Math.ceil(height / 2), Math.ceil(width / 2)];
      }
      // What a node is when none of its inputs is connected; of the network's input, so that nothing else counts as used then.
      const nothing = g.apply(`stage${stage}/nothing`, zeros([height, width, channels]), g.input);
      for (let cell = 0; cell < cells; cell++) {
        const nodes = [x];
        choices.forEach((edges, target) => {
          const name = `stage${stage}/cell${cell}/node${target + 1}`;
          const inputs = edges.flatMap((choice, source) => operations.filter((operation) => operation !== 'none').map((operation) =>
            g.whenEqual(choice, operation, g.apply(`${name}/from${source}/${operation}`, connections[operation](channels), nodes[source]!))));
          nodes.push(g.combine(name, 'sum', [nothing, ...inputs]));
        });
        x = nodes.at(-1)!;
      }
    }
    const features = g.apply('pool', sequence('pool', { norm: batchNorm(), relu: activation('relu'), pool: globalAveragePool() }), x);
    return g.apply('classifier', dense({ units: classes }), features);
  },

  retrain: (options) => ({ ...options, cells: options.retrainCells }),
});

/** The operations but for `none`, which is no connection at all. */
const connections: Record<Exclude<CellOperation, 'none'>, (filters: number) => Operation> = {
  skip: () => identity(),
  conv1: (filters) => reluConvNorm(filters, 1),
  conv3: (filters) => reluConvNorm(filters, 3),
  avg3: () => avgPool({ size: 3 }),
};

/** Zeros of a fixed shape, whatever the input. */
function zeros(shape: Shape): Operation {
  return {
    kind: 'zeros',
    config: { shape },
    build: () => ({ output: shape, parameters: {}, forward: ([x]) => tf.zeros([x!.shape[0], ...shape]) }),
  };
}

function reluConvNorm(filters: number, size: number, stride = 1): Operation {
  return sequence('relu-conv-norm', { relu: activation('relu'), conv: conv({ filters, size, stride }), norm: batchNorm() });
}

/** The residual block between two stages: half the resolution. */
function reduce(g: GraphBuilder, name: string, filters: number, x: NodeRef): NodeRef {
  const main = sequence('main', { first: reluConvNorm(filters, 3, 2), second: reluConvNorm(filters, 3) });
  const side = sequence('side', { pool: avgPool({ size: 2, stride: 2 }), conv: conv({ filters, size: 1 }) });
  return g.combine(name, 'sum', [g.apply(`${name}/main`, main, x), g.apply(`${name}/side`, side, x)]);
}

const BENCHMARK_NAMES: Record<CellOperation, string> = {
  none: 'none', skip: 'skip_connect', conv1: 'nor_conv_1x1', conv3: 'nor_conv_3x3', avg3: 'avg_pool_3x3',
};
const FROM_BENCHMARK = new Map(OPERATIONS.map((operation) => [BENCHMARK_NAMES[operation], operation]));

/** The benchmark's notation: `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|`. */
export function toBenchmark(cell: Cell): string {
  return cell.map((edges) => `|${edges.map((operation, source) => `${BENCHMARK_NAMES[operation]}~${source}`).join('|')}|`).join('+');
}

/** The cell that the benchmark's notation describes; throws WeftError('architecture') on anything else. */
export function fromBenchmark(text: string): Cell {
  const nodes = text.trim().split('+');
  if (nodes.length !== NODES - 1) throw new WeftError('architecture', `'${text}' describes ${nodes.length} nodes, not ${NODES - 1}`, `a cell looks like ${toBenchmark(EXAMPLE)}`);
  return nodes.map((node, target) => {
    const edges = node.split('|').filter(Boolean);
    if (edges.length !== target + 1) throw new WeftError('architecture', `node ${target + 1} of '${text}' has ${edges.length} inputs, not ${target + 1}`);
    return edges.map((edge, source) => {
      const [name, from] = edge.split('~');
      const operation = FROM_BENCHMARK.get(name!);
      if (!operation || from !== String(source)) {
        throw new WeftError('architecture', `'${edge}' in '${text}' is no operation on node ${source}`, `operations: ${[...FROM_BENCHMARK.keys()].join(', ')}`);
      }
      return operation;
    });
  });
}

const EXAMPLE: Cell = [['conv3'], ['none', 'skip'], ['avg3', 'none', 'conv1']];

/**
 * What the cell computes, the same for cells that differ in the way they are written only: as in the benchmark, `skip`
 * passes its input on, sums are sorted, `none` is `#`, and so is what follows a node that is `#`. 6,466 of the 15,625 cells differ.
 */
export function canonicalCell(cell: Cell): string {
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

export default nasBench201;
