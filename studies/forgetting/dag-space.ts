/**
 * The smallest search with shared edges: five nodes, each an activation of a matrix times one earlier node, the loose
 * ends averaged.
 */
import { activation, defineSpace, dense, flatten, type NodeRef, oneOf, previous, z } from 'weft-nas';

const ACTIVATIONS = ['relu', 'tanh', 'identity'] as const;

const options = z.strictObject({
  nodes: z.int().min(2).max(10_000).default(5),
  width: z.int().min(1).max(10_000).default(12),
});

/** Every edge has its own matrix; only the classifier has a bias. */
export const dagSpace = defineSpace({
  name: 'dag',
  description: 'Five nodes in any order, one matrix per edge.',
  options,
  choices: ({ nodes }) => ({
    activations: Array.from({ length: nodes }, () => oneOf(ACTIVATIONS)),
    inputs: Array.from({ length: nodes - 1 }, (_, i) => previous(i + 1)),
  }),
  graph(g, choices, { nodes: count, width }, { classes }) {
    const linear = dense({ units: width, bias: false, initializer: 'he' });
    const activated = (j: number, input: NodeRef): NodeRef =>
      g.choose(
        `node${j}`,
        choices.activations[j]!,
        { relu: activation('relu'), tanh: activation('tanh'), identity: activation('identity') },
        input,
      );
    const nodes = [activated(0, g.apply('stem', linear, g.apply('flatten', flatten(), g.input)))];
    for (let j = 1; j < count; j++) {
      const edges = nodes.map((node, i) => g.apply(`edge${i}-${j}`, linear, node));
      nodes.push(activated(j, g.select(`node${j}/input`, choices.inputs[j - 1]!, edges)));
    }
    const ends = nodes.map((node, i) => (i === count - 1 ? node : g.whenUnused(choices.inputs.slice(i), i, node)));
    return g.apply('classifier', dense({ units: classes }), g.combine('ends', 'mean', ends));
  },
});
