/**
 * The micro space of ENAS (Pham et al. 2018, arXiv 1802.03268, section 2.4): a normal and a reduction cell are searched, and the
 * network is a stack of them. Each node of a cell adds up two operations on two earlier nodes; what no node uses is the cell's output.
 */
import {
  activation, avgPool, batchNorm, type Cell, conv, defineSpace, dense, dropout, dropPath, factorizedReduction, globalAveragePool, type GraphBuilder, identity, maxPool,
  type NodeRef, oneOf, type Operation, previous, repeat, sameShape, separableConv, sequence, type Shape, stack, z,
} from 'weft-nas';

export const OPERATIONS = ['sep3', 'sep5', 'avg3', 'max3', 'identity'] as const;

/** One of the two operations of a node, and the earlier node that it is applied to: 0 and 1 are the outputs of the two cells before. */
const branch = (index: number) => ({ from: previous(index + 2), op: oneOf(OPERATIONS) });
const cellOf = (nodes: number) => repeat(nodes, (index) => ({ left: branch(index), right: branch(index) }));

type Branch = ReturnType<typeof branch>;
type Nodes = ReturnType<typeof cellOf>;

/** Networks that the cells of `nodes` nodes give: per node two of i + 2 inputs and two of five operations, for two cells. */
export function microSize(nodes: number): bigint {
  const cell = Array.from({ length: nodes }, (_, i) => BigInt(5 * (i + 2)) ** 2n).reduce((product, count) => product * count, 1n);
  return cell ** 2n;
}

export const microCnn = defineSpace({
  name: 'micro-cnn',
  description: 'ENAS micro: a normal and a reduction cell of separable convolutions and pools, stacked (images).',
  options: z.strictObject({
    nodes: z.int().min(1).max(12).default(5).describe('nodes of a cell, beside its two inputs'),
    layers: z.int().min(1).max(48).default(6).describe('normal cells in the search'),
    filters: z.int().min(2).multipleOf(2).default(20).describe('channels of the first cells in the search'),
    retrainLayers: z.int().min(1).max(48).optional().describe('normal cells when the found ones are trained for good; as in the search by default'),
    retrainFilters: z.int().min(2).multipleOf(2).optional().describe('channels of the first cells then'),
    reductions: z.int().min(0).max(3).default(2).describe('reduction cells, evenly among the others; each halves the resolution'),
    growth: z.int().min(1).max(2).default(2).describe('a reduction multiplies the channels by it'),
    stemFactor: z.int().min(1).default(3).describe('the first convolution has so many times the channels of the first cells'),
    keep: z.number().gt(0).max(1).default(0.9).describe('share of features that dropout keeps before the classifier'),
    dropPathKeep: z.number().gt(0).max(1).default(1).describe('probability that the convolutions of a branch are kept for an example, in the search'),
    retrainDropPathKeep: z.number().gt(0).max(1).default(1).describe('the same when the found cells are trained for good'),
  }),

  choices: ({ nodes }) => ({ normal: cellOf(nodes), reduction: cellOf(nodes) }),

  graph(g, { normal, reduction }, { layers, filters, reductions, growth, stemFactor, keep, dropPathKeep }, { inputShape, classes }) {
    const stem = g.apply('stem', sequence('stem', { conv: conv({ filters: filters * stemFactor, size: 3 }), norm: batchNorm() }), g.input);
    const cells: Record<string, Cell> = {};
    for (let stage = 0; stage <= reductions; stage++) {
      const shape = [...inputShape.slice(0, 2).map((length) => Math.ceil(length / 2 ** stage)), filters * growth ** stage];
      const add = (nodes: Nodes): void => {
        cells[`cell${Object.keys(cells).length}`] = microCell(nodes, shape, dropPathKeep);
      };
      if (stage > 0) add(reduction);
      // The normal cells in equal parts before, between and after the reductions.
      const upTo = (part: number): number => Math.floor((part * layers) / (reductions + 1));
      for (let i = upTo(stage); i < upTo(stage + 1); i++) add(normal);
    }
    const [, last] = stack(g, [stem, stem], cells);
    const pooled = g.apply('pool', sequence('pool', { relu: activation('relu'), pool: globalAveragePool() }), last!);
    return g.apply('classifier', sequence('classifier', { dropout: dropout({ keep }), dense: dense({ units: classes }) }), pooled);
  },

  retrain: ({ retrainLayers, retrainFilters, retrainDropPathKeep, ...options }) => ({
    ...options, layers: retrainLayers ?? options.layers, filters: retrainFilters ?? options.filters, dropPathKeep: retrainDropPathKeep, retrainDropPathKeep,
  }),
});

type Candidates = Record<(typeof OPERATIONS)[number], Operation>;

/** A cell with these choices, all of whose nodes have one shape: two inputs and the nodes, of which those that no node uses make up the output. */
function microCell(nodes: Nodes, shape: Shape, keep: number): Cell {
  const filters = shape[2]!;
  const operations = candidates(filters, keep);
  return (g, inputs) => {
    const states = inputs.map((input, i) => g.apply(`input${i}`, bring(shape), input));
    nodes.forEach(({ left, right }, index) => {
      states.push(g.combine(`node${index}`, 'sum', [applied(g, `node${index}/left`, left, operations, states), applied(g, `node${index}/right`, right, operations, states)]));
    });
    const picks = nodes.flatMap(({ left, right }) => [left.from, right.from]);
    // A 1x1 convolution of all loose ends side by side is the sum of one of each, so that a node's part of it is shared however many there are.
    const ends = states.slice(2).map((state, index) =>
      g.whenUnused(picks, index + 2, g.apply(`end${index}`, sequence('end', { relu: activation('relu'), conv: conv({ filters, size: 1 }) }), state)));
    return g.apply('norm', batchNorm(), g.combine('ends', 'sum', ends));
  };
}

/** The branch's operation on the branch's input; every input has weights of its own, as in the ENAS code. */
function applied(g: GraphBuilder, name: string, { from, op }: Branch, operations: Candidates, states: readonly NodeRef[]): NodeRef {
  return g.select(name, from, states.slice(0, from.count).map((state, source) => g.choose(`${name}/from${source}`, op, operations, state)));
}

function candidates(filters: number, keep: number): Candidates {
  return {
    sep3: separableTwice(filters, 3, keep), sep5: separableTwice(filters, 5, keep),
    avg3: avgPool({ size: 3 }), max3: maxPool({ size: 3 }), identity: identity(),
  };
}

function separableTwice(filters: number, size: number, keep: number): Operation {
  const once = sequence('relu-sep-norm', { relu: activation('relu'), conv: separableConv({ filters, size }), norm: batchNorm() });
  return sequence(`sep${size}`, { first: once, second: once, ...(keep < 1 && { drop: dropPath({ keep }) }) });
}

/** Brings the output of an earlier cell to the resolution and channels of this one, where they differ. */
function bring(target: Shape): Operation {
  return {
    kind: 'bring',
    config: { target },
    build(inputs) {
      let [height] = inputs[0] as [number];
      if (sameShape(inputs[0]!, target)) return identity().build(inputs);
      const halves: Record<string, Operation> = {};
      for (; height > target[0]!; height = Math.ceil(height / 2)) halves[`halve${Object.keys(halves).length}`] = factorizedReduction({ filters: target[2]! });
      const resized = Object.keys(halves).length > 0 ? halves : { conv: conv({ filters: target[2]!, size: 1 }) };
      return sequence('bring', { relu: activation('relu'), ...resized, norm: batchNorm() }).build(inputs);
    },
  };
}

export default microCnn;
