/**
 * Transformer language models that are slices of the largest one (weight entanglement, Chen et al. 2021, arXiv
 * 2107.00651): the width of all
 * layers, the number of blocks, and in each block the number of heads and the width of the feed-forward part. Blocks
 * normalize before their branches.
 */
import {
  activation,
  attentionHeads,
  defineSpace,
  dense,
  dropout,
  embedding,
  layerNorm,
  type NodeRef,
  positions,
  repeat,
  sequence,
  sizes,
  z,
} from 'weft-nas';

const list = (description: string) => z.array(z.int().min(1)).min(1).describe(description);

export const elasticTransformer = defineSpace({
  name: 'elastic-transformer',
  description: 'Transformer language models that are slices of one: width, depth, heads, feed-forward width (text).',
  takes: 'text',
  options: z.strictObject({
    widths: list('features per position to choose from').default([16, 32, 48, 64]),
    depths: list('numbers of blocks to choose from').default([1, 2, 3]),
    heads: list('numbers of heads to choose from').default([1, 2, 4]),
    headSize: z.int().min(1).default(16).describe('features of a head, the same for every number of heads'),
    ratios: z
      .array(z.number().positive())
      .min(1)
      .default([1, 2, 4])
      .describe('widths of the feed-forward part to choose from, in multiples of the width, rounded'),
    keep: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('share of features that dropout keeps after the embedding and each branch'),
    retrainKeep: z.number().gt(0).max(1).optional().describe('the value of `keep` in retraining'),
  }),

  choices: ({ widths, depths, heads, ratios }) => ({
    width: sizes(widths),
    depth: sizes(depths),
    blocks: repeat(Math.max(...depths), () => ({ heads: sizes(heads), ratio: sizes(ratios) })),
  }),

  graph(g, { width, depth, blocks }, { headSize, keep }, { classes: vocabulary }) {
    const drop = (name: string, x: NodeRef): NodeRef => g.elastic(name, {}, () => dropout({ keep }), x);
    const table = g.elastic('embedding', { width }, ({ width: units }) => embedding({ vocabulary, units }), g.input);
    let x = drop(
      'enter',
      g.elastic('positions', {}, () => positions({ kind: 'learned' }), table),
    );
    const outputs = blocks.map(({ heads, ratio }, index) => {
      const block = g.within(`block${index}`);
      const branch = (name: string, before: NodeRef, f: (input: NodeRef) => NodeRef): NodeRef => {
        const y = f(block.elastic(`${name}/norm`, {}, () => layerNorm(), before));
        const dropped = block.elastic(`${name}/dropout`, {}, () => dropout({ keep }), y);
        return block.combine(`${name}/sum`, 'sum', [before, dropped]);
      };
      const attended = branch('attention', x, (input) =>
        block.elastic('attention/heads', { heads }, (of) => attentionHeads({ heads: of.heads, size: headSize }), input),
      );
      x = branch('mlp', attended, (input) =>
        block.elastic(
          'mlp/layers',
          { width, ratio },
          (of) =>
            sequence('feed-forward', {
              up: dense({ units: Math.max(1, Math.round(of.width * of.ratio)), initializer: 'he' }),
              gelu: activation('gelu'),
              down: dense({ units: of.width }),
            }),
          input,
        ),
      );
      return x;
    });
    const last = g.select(
      'depth',
      depth,
      depth.options.map((count) => outputs[count - 1]!),
    );
    const y = g.elastic('norm', {}, () => layerNorm(), last);
    return g.elastic('logits', {}, () => dense({ units: vocabulary }), y);
  },

  retrain: ({ retrainKeep, ...options }) => ({ ...options, keep: retrainKeep ?? options.keep }),
});

export default elasticTransformer;
