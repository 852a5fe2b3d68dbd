/**
 * The cell space of DARTS (Liu et al. 2019, arXiv 1806.09055): each node of a normal and a reduction cell adds two of
 * the nodes before it, each through one of seven operations, and a cell's output is its nodes concatenated. The paper's
 * eighth operation, `none`, never occurs in a derived network: here the choice of edges is explicit, so that every
 * strategy can search it.
 */
import {
  activation,
  avgPool,
  batchNorm,
  type Cell,
  conv,
  defineSpace,
  depthwiseConv,
  type GraphBuilder,
  identity,
  maxPool,
  type NodeRef,
  oneOf,
  type Operation,
  repeat,
  sequence,
  type Shape,
  slide,
  soleInput,
  tf,
  z,
} from 'weft-nas';
import { matchShape, deeperAndWider, dropped, separableTwice, stackedCells, stackOptions } from './cells/stacked.js';

export const OPERATIONS = ['max3', 'avg3', 'skip', 'sep3', 'sep5', 'dil3', 'dil5'] as const;
type OperationName = (typeof OPERATIONS)[number];

/**
 * Which two of the nodes before a node it adds, and the operation on the edge from each, whether used or not.
 */
const node = (index: number, operations: readonly OperationName[]) => ({
  inputs: oneOf(pairs(index + 2)),
  ops: repeat(index + 2, () => oneOf(operations)),
});
const cellOf = (nodes: number, operations: readonly OperationName[]) =>
  repeat(nodes, (index) => node(index, operations));
type Nodes = ReturnType<typeof cellOf>;

/** All pairs of n nodes, as `01`, `02`, `12`, …. */
function pairs(count: number): string[] {
  return Array.from({ length: count }, (_, b) =>
    Array.from({ length: b }, (_, a) => `${a.toString(36)}${b.toString(36)}`),
  ).flat();
}

const ends = (pair: string): number[] => [...pair].map((digit) => Number.parseInt(digit, 36));

/**
 * Networks of cells of `nodes` nodes: (product of C(i + 2, 2) · 7²)², what the operations on unused edges are left
 * aside.
 */
export function dartsNetworks(nodes: number): bigint {
  const cell = Array.from({ length: nodes }, (_, i) => (BigInt((i + 2) * (i + 1)) / 2n) * 49n).reduce(
    (product, count) => product * count,
    1n,
  );
  return cell ** 2n;
}

export const dartsCnn = defineSpace({
  name: 'darts-cnn',
  description: 'The cells of DARTS: two of seven operations per node, a normal and a reduction cell, stacked (images).',
  takes: 'images',
  options: z.strictObject({
    nodes: z.int().min(1).max(8).default(4).describe('nodes of a cell, in addition to its two inputs'),
    operations: z
      .array(z.enum(OPERATIONS))
      .min(1)
      .default([...OPERATIONS])
      .describe('operations to choose from'),
    ...stackOptions,
    filters: stackOptions.filters.default(16),
  }),
  choices: ({ nodes, operations }) => ({ normal: cellOf(nodes, operations), reduction: cellOf(nodes, operations) }),
  graph: (g, choices, options, task) =>
    stackedCells(g, task, options, (kind, shape) =>
      dartsCell(choices[kind], shape, options.operations, options.dropPathKeep),
    ),
  retrain: deeperAndWider,
});

function dartsCell(nodes: Nodes, shape: Shape, names: readonly OperationName[], keep: number): Cell {
  const all = candidates(shape[2]!, keep);
  const operations = Object.fromEntries(names.map((name) => [name, all[name]])) as typeof all;
  return (g, inputs) => {
    const states = inputs.map((input, i) => g.apply(`input${i}`, matchShape(shape), input));
    nodes.forEach((choices, index) => states.push(dartsNode(g, `node${index}`, choices, operations, states)));
    return g.combine('nodes', 'concat', states.slice(2));
  };
}

function dartsNode(
  g: GraphBuilder,
  name: string,
  { inputs, ops }: Nodes[number],
  operations: Record<OperationName, Operation>,
  states: readonly NodeRef[],
): NodeRef {
  const edges = ops.map((op, source) => g.choose(`${name}/from${source}`, op, operations, states[source]!));
  return g.combine(
    name,
    'sum',
    inputs.options.flatMap((pair) => ends(pair).map((source) => g.whenEqual(inputs, pair, edges[source]!))),
  );
}

function candidates(filters: number, keep: number): Record<OperationName, Operation> {
  const normalized = (kind: string, pool: Operation): Operation => sequence(kind, { pool, norm: batchNorm() });
  return {
    max3: normalized('max3', maxPool({ size: 3 })),
    avg3: normalized('avg3', avgPool({ size: 3 })),
    skip: identity(),
    sep3: separableTwice(filters, 3, keep),
    sep5: separableTwice(filters, 5, keep),
    dil3: dilated(filters, 3, keep),
    dil5: dilated(filters, 5, keep),
  };
}

/** Activation, depthwise convolution dilated by 2, 1x1 convolution, normalization. */
function dilated(filters: number, size: number, keep: number): Operation {
  return sequence(`dil${size}`, {
    relu: activation('relu'),
    depthwise: everyOther(depthwiseConv({ size })),
    pointwise: conv({ filters, size: 1 }),
    norm: batchNorm(),
    ...dropped(keep),
  });
}

/**
 * An operation of stride 1 on each of the four half-resolution images of even and odd rows and columns:
 * for a convolution
 * the same as a dilation of 2, at the cost of the smaller window. [H,W,C] -> [H,W,C'].
 */
export function everyOther(operation: Operation): Operation {
  return {
    kind: 'every-other',
    config: { of: { kind: operation.kind, ...operation.config } },
    build(inputs) {
      const [height, width, channels] = soleInput('every-other', inputs, 3) as [number, number, number];
      const [down, across] = slide('every-other', [height, width], 1, 2, 'same');
      const built = operation.build([[down, across, channels]]);
      const filters = built.output[2]!;
      return {
        ...built,
        output: [height, width, filters],
        ...(built.multiplyAdds !== undefined && { multiplyAdds: 4 * built.multiplyAdds }),
        // Each example is four images there.
        fewestExamples: Math.ceil((built.fewestExamples ?? 1) / 4),
        forward([x], context) {
          const batch = x!.shape[0];
          const padded =
            height % 2 === 0 && width % 2 === 0
              ? x!
              : tf.pad(x!, [
                  [0, 0],
                  [0, height % 2],
                  [0, width % 2],
                  [0, 0],
                ]);
          const parts = tf.reshape(
            tf.transpose(tf.reshape(padded, [batch, down, 2, across, 2, channels]), [2, 4, 0, 1, 3, 5]),
            [4 * batch, down, across, channels],
          );
          const result = tf.transpose(
            tf.reshape(built.forward([parts], context), [2, 2, batch, down, across, filters]),
            [2, 3, 0, 4, 1, 5],
          );
          return tf.slice(
            tf.reshape(result, [batch, 2 * down, 2 * across, filters]),
            [0, 0, 0, 0],
            [batch, height, width, filters],
          );
        },
      };
    },
  };
}

export default dartsCnn;
