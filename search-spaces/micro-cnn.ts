/**
 * The micro space of ENAS (Pham et al. 2018, arXiv 1802.03268, section 2.4): a normal and a reduction cell are
 * searched, and the network is a stack of them. Each node of a cell adds two operations on two earlier nodes; the nodes
 * that no other node uses make up the cell's output.
 */
import {
  activation,
  avgPool,
  batchNorm,
  type Cell,
  conv,
  defineSpace,
  type GraphBuilder,
  identity,
  maxPool,
  type NodeRef,
  oneOf,
  type Operation,
  previous,
  repeat,
  sequence,
  type Shape,
  z,
} from 'weft-nas';
import { matchShape, deeperAndWider, separableTwice, stackedCells, stackOptions } from './cells/stacked.js';

export const OPERATIONS = ['sep3', 'sep5', 'avg3', 'max3', 'identity'] as const;

/**
 * One of the two operations of a node, and the earlier node that it is applied to: 0 and 1 are the outputs of the two
 * cells before.
 */
const branch = (index: number) => ({ from: previous(index + 2), op: oneOf(OPERATIONS) });
const cellOf = (nodes: number) => repeat(nodes, (index) => ({ left: branch(index), right: branch(index) }));

type Branch = ReturnType<typeof branch>;
type Nodes = ReturnType<typeof cellOf>;

/**
 * Networks that the cells of `nodes` nodes give: per node two of i + 2 inputs and two of five operations, for two
 * cells.
 */
export function microSize(nodes: number): bigint {
  const cell = Array.from({ length: nodes }, (_, i) => BigInt(5 * (i + 2)) ** 2n).reduce(
    (product, count) => product * count,
    1n,
  );
  return cell ** 2n;
}

export const microCnn = defineSpace({
  name: 'micro-cnn',
  description: 'ENAS micro: a normal and a reduction cell of separable convolutions and pools, stacked (images).',
  takes: 'images',
  options: z.strictObject({
    nodes: z.int().min(1).max(12).default(5).describe('nodes of a cell, in addition to its two inputs'),
    ...stackOptions,
  }),
  choices: ({ nodes }) => ({ normal: cellOf(nodes), reduction: cellOf(nodes) }),
  graph: (g, choices, options, task) =>
    stackedCells(g, task, options, (kind, shape) => microCell(choices[kind], shape, options.dropPathKeep)),
  retrain: deeperAndWider,
});

type Candidates = Record<(typeof OPERATIONS)[number], Operation>;

/** A cell with these choices: two inputs and the nodes, of which those that no node uses make up the output. */
function microCell(nodes: Nodes, shape: Shape, keep: number): Cell {
  const filters = shape[2]!;
  const operations: Candidates = {
    sep3: separableTwice(filters, 3, keep),
    sep5: separableTwice(filters, 5, keep),
    avg3: avgPool({ size: 3 }),
    max3: maxPool({ size: 3 }),
    identity: identity(),
  };
  return (g, inputs) => {
    const states = inputs.map((input, i) => g.apply(`input${i}`, matchShape(shape), input));
    nodes.forEach(({ left, right }, index) => {
      states.push(
        g.combine(`node${index}`, 'sum', [
          applied(g, `node${index}/left`, left, operations, states),
          applied(g, `node${index}/right`, right, operations, states),
        ]),
      );
    });
    const picks = nodes.flatMap(({ left, right }) => [left.from, right.from]);
    // A 1x1 convolution of all loose ends side by side is the sum of one of each, so that a node's part of it is shared
    // however many there are.
    const ends = states
      .slice(2)
      .map((state, index) =>
        g.whenUnused(
          picks,
          index + 2,
          g.apply(
            `end${index}`,
            sequence('end', { relu: activation('relu'), conv: conv({ filters, size: 1 }) }),
            state,
          ),
        ),
      );
    return g.apply('norm', batchNorm(), g.combine('ends', 'sum', ends));
  };
}

/** The branch's operation on the branch's input; every input has weights of its own, as in the ENAS code. */
function applied(
  g: GraphBuilder,
  name: string,
  { from, op }: Branch,
  operations: Candidates,
  states: readonly NodeRef[],
): NodeRef {
  return g.select(
    name,
    from,
    states.slice(0, from.count).map((state, source) => g.choose(`${name}/from${source}`, op, operations, state)),
  );
}

export default microCnn;
