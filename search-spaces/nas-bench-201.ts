/**
 * NAS-Bench-201 (Dong & Yang 2020, arXiv 2001.00326): a cell of four nodes, each the sum of one of five operations on
 * every node before it, stacked in three stages. 5^6 = 15,625 cells. With the functions exported here, cells are read
 * and written in the notation of the benchmark, so that a search can be run against its tables.
 */
import {
  activation,
  avgPool,
  batchNorm,
  canonicalCell,
  type CellOperation,
  cellOperations,
  conv,
  defineSpace,
  dense,
  globalAveragePool,
  type GraphBuilder,
  identity,
  type NodeRef,
  oneOf,
  type Operation,
  repeat,
  sequence,
  type Shape,
  tf,
  z,
} from 'weft-nas';

export { benchmarkCost, canonicalCell, cellOperations as OPERATIONS, fromBenchmark, toBenchmark } from 'weft-nas';
export type { BenchmarkCell as Cell, CellOperation } from 'weft-nas';

const NODES = 4;
const STAGES = 3;

export const nasBench201 = defineSpace({
  name: 'nas-bench-201',
  description:
    'NAS-Bench-201: cells of four nodes and five operations, 15,625 in all (images, or the table of the benchmark).',
  takes: 'images',
  options: z.strictObject({
    operations: z
      .array(z.enum(cellOperations))
      .min(1)
      .default([...cellOperations])
      .describe('operations to choose from'),
    filters: z.int().min(1).default(16).describe('channels of the first stage; every later one has twice as many'),
    cells: z.int().min(1).max(48).default(1).describe('cells per stage in the search'),
    retrainCells: z.int().min(1).max(48).default(5).describe('cells per stage in retraining; 5 in the benchmark'),
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
      // What a node is when none of its inputs is connected; of the network's input, so that nothing else counts as
      // used then.
      const nothing = g.apply(`stage${stage}/nothing`, zeros([height, width, channels]), g.input);
      for (let cell = 0; cell < cells; cell++) {
        const nodes = [x];
        choices.forEach((edges, target) => {
          const name = `stage${stage}/cell${cell}/node${target + 1}`;
          const inputs = edges.flatMap((choice, source) =>
            operations
              .filter((operation) => operation !== 'none')
              .map((operation) =>
                g.whenEqual(
                  choice,
                  operation,
                  g.apply(`${name}/from${source}/${operation}`, connections[operation](channels), nodes[source]!),
                ),
              ),
          );
          nodes.push(g.combine(name, 'sum', [nothing, ...inputs]));
        });
        x = nodes.at(-1)!;
      }
    }
    const features = g.apply(
      'pool',
      sequence('pool', { norm: batchNorm(), relu: activation('relu'), pool: globalAveragePool() }),
      x,
    );
    return g.apply('classifier', dense({ units: classes }), features);
  },

  retrain: (options) => ({ ...options, cells: options.retrainCells }),
  canonical: (cell) => canonicalCell(cell),
});

/** The operations except `none`, which is no connection at all. */
const connections: Record<Exclude<CellOperation, 'none'>, (filters: number) => Operation> = {
  skip: () => identity(),
  conv1: (filters) => reluConvNorm(filters, 1),
  conv3: (filters) => reluConvNorm(filters, 3),
  avg3: () => avgPool({ size: 3 }),
};

/**
 * Zeros of a fixed shape, whatever the input [H,W,C]; made from it so that an exported network takes any number of
 * examples.
 */
function zeros(shape: Shape): Operation {
  return {
    kind: 'zeros',
    config: { shape },
    build: () => ({
      output: shape,
      parameters: {},
      forward: ([x]) => tf.tile(tf.zerosLike(tf.slice(x!, [0, 0, 0, 0], [-1, 1, 1, 1])), [1, ...shape]),
    }),
  };
}

function reluConvNorm(filters: number, size: number, stride = 1): Operation {
  return sequence('relu-conv-norm', {
    relu: activation('relu'),
    conv: conv({ filters, size, stride }),
    norm: batchNorm(),
  });
}

/** The residual block between two stages: half the resolution. */
function reduce(g: GraphBuilder, name: string, filters: number, x: NodeRef): NodeRef {
  const main = sequence('main', { first: reluConvNorm(filters, 3, 2), second: reluConvNorm(filters, 3) });
  const side = sequence('side', { pool: avgPool({ size: 2, stride: 2 }), conv: conv({ filters, size: 1 }) });
  return g.combine(name, 'sum', [g.apply(`${name}/main`, main, x), g.apply(`${name}/side`, side, x)]);
}

export default nasBench201;
