/**
 * Transformers, as language models or over the rows of a series, that are slices of the largest one (weight
 * entanglement, Chen et al. 2021, arXiv 2107.00651): the width of all layers, the number of blocks, and in each block
 * the number of heads and the width of the feed-forward part. Blocks normalize before their branches.
 */
import {
  activation,
  attentionHeads,
  defineSpace,
  dense,
  dropout,
  embedding,
  lastStep,
  layerNorm,
  type NodeRef,
  positions,
  repeat,
  sequence,
  sizes,
  timeSteps,
  z,
} from 'weft-nas';
import { transformerDropout } from './sequences/dropout-options.js';

const list = (description: string) => z.array(z.int().min(1)).min(1).describe(description);

export const elasticTransformer = defineSpace({
  name: 'elastic-transformer',
  description: 'Transformers that are slices of one: width, depth, heads, feed-forward width (text, series).',
  takes: 'sequences',
  options: z.strictObject({
    widths: list('features per position to choose from').default([16, 32, 48, 64]),
    depths: z.array(z.int().min(1).max(24)).min(1).default([1, 2, 3]).describe('numbers of blocks to choose from'),
    heads: list('numbers of heads to choose from').default([1, 2, 4]),
    headSize: z.int().min(1).default(16).describe('features of a head, the same for every number of heads'),
    ratios: z
      .array(z.number().positive())
      .min(1)
      .default([1, 2, 4])
      .describe('widths of the feed-forward part to choose from, in multiples of the width, rounded'),
    ...transformerDropout,
  }),

  choices: ({ widths, depths, heads, ratios }) => ({
    width: sizes(widths),
    depth: sizes(depths),
    blocks: repeat(Math.max(...depths), () => ({ heads: sizes(heads), ratio: sizes(ratios) })),
  }),

  graph(g, { width, depth, blocks }, { headSize, keep }, { kind, classes }) {
    const drop = (name: string, x: NodeRef): NodeRef => g.elastic(name, {}, () => dropout({ keep }), x);
    const entered =
      kind === 'language'
        ? g.elastic('embedding', { width }, (of) => embedding({ vocabulary: classes, units: of.width }), g.input)
        : g.elastic('entry', { width }, (of) => dense({ units: of.width }), g.apply('steps', timeSteps(), g.input));
    let x = drop(
      'enter',
      g.elastic('positions', {}, () => positions({ kind: 'learned' }), entered),
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
    // For a window, the outputs of the last row, which has seen all others.
    const answered = kind === 'language' ? y : g.elastic('last', {}, () => lastStep(), y);
    return g.elastic('logits', {}, () => dense({ units: classes }), answered);
  },

  retrain: ({ retrainKeep, ...options }) => ({ ...options, keep: retrainKeep ?? options.keep }),
});

export default elasticTransformer;
