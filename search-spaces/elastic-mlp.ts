/**
 * Fully connected networks that are slices of the largest one: the width of every hidden layer, and their number. One
 * training gives networks of every size (Cai et al. 2020, arXiv 1908.09791; Yu & Huang 2019, arXiv 1903.05134).
 */
import { activation, batchNorm, defineSpace, dense, flatten, type NodeRef, repeat, sequence, sizes, z } from 'weft-nas';

export const elasticMlp = defineSpace({
  name: 'elastic-mlp',
  description: 'Fully connected networks that are slices of one: width of each layer, depth (any data).',
  options: z.strictObject({
    depths: z
      .array(z.int().min(1).max(16))
      .min(1)
      .default([1, 2, 3])
      .describe('numbers of hidden layers to choose from'),
    widths: z.array(z.int().min(1)).min(1).default([16, 32, 64, 128]).describe('widths to choose from'),
  }),

  choices: ({ depths, widths }) => ({
    depth: sizes(depths),
    widths: repeat(Math.max(...depths), () => sizes(widths)),
  }),

  graph(g, choices, _options, { classes }) {
    let x = g.apply('flatten', flatten(), g.input);
    const hidden: NodeRef[] = choices.widths.map((width, index) => {
      x = g.elastic(
        `layer${index}`,
        { width },
        ({ width: units }) =>
          sequence('hidden', {
            dense: dense({ units, bias: false, initializer: 'he' }),
            norm: batchNorm(),
            relu: activation('relu'),
          }),
        x,
      );
      return x;
    });
    const last = g.select(
      'depth',
      choices.depth,
      choices.depth.options.map((depth) => hidden[depth - 1]!),
    );
    return g.elastic('classifier', {}, () => dense({ units: classes }), last);
  },
});

export default elasticMlp;
