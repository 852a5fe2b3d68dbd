/**
 * A small transformer (Vaswani et al. 2017, decoder only) as a language model, or over the rows of a series: depth, and
 * for each block the number of heads, the width of its feed-forward part, its activation, and whether it normalizes
 * before or after its branches (Xiong et al. 2020).
 */
import {
  activation,
  causalAttention,
  defineSpace,
  dense,
  dropout,
  layerNorm,
  type NodeRef,
  oneOf,
  positions,
  repeat,
  z,
} from 'weft-nas';
import { transformerDropout } from './sequences/dropout-options.js';
import { sequenceInput, sequenceOutput } from './sequences/input-and-output.js';

const ACTIVATIONS = ['relu', 'gelu'] as const;
const NORMS = ['pre', 'post'] as const;

export const transformer = defineSpace({
  name: 'transformer',
  description: 'Small transformers: depth, heads, feed-forward width, activation, place of the norms (text, series).',
  takes: 'sequences',
  options: z.strictObject({
    depth: z.int().min(1).max(24).default(4).describe('largest number of blocks'),
    width: z.int().min(2).default(64).describe('features per position'),
    heads: z
      .array(z.int().min(1))
      .min(1)
      .default([1, 2, 4])
      .describe('numbers of heads to choose from; each must divide the width'),
    ratios: z
      .array(z.int().min(1))
      .min(1)
      .default([2, 4])
      .describe('widths of the feed-forward part to choose from, in multiples of `width`'),
    positions: z.enum(['learned', 'sinusoidal']).default('learned').describe('encoding of positions'),
    ...transformerDropout,
  }),

  choices: ({ depth, heads, ratios }) => ({
    depth: oneOf(Array.from({ length: depth }, (_, i) => i + 1)),
    blocks: repeat(depth, () => ({
      heads: oneOf(heads),
      ratio: oneOf(ratios),
      activation: oneOf(ACTIVATIONS),
      norm: oneOf(NORMS),
    })),
  }),

  graph(g, choices, { width, ratios, positions: kind, keep }, task) {
    const entered = sequenceInput(g, task, width);
    let x = g.apply('enter', dropout({ keep }), g.apply('positions', positions({ kind }), entered));
    const depths = choices.blocks.map(({ heads, ratio, activation: shape, norm }, index) => {
      /** x + f(norm(x)), or norm(x + f(x)). */
      const branch = (name: string, before: NodeRef, f: (input: NodeRef) => NodeRef): NodeRef => {
        const y = f(g.select(`${name}/input`, norm, [g.apply(`${name}/norm-before`, layerNorm(), before), before]));
        const sum = g.combine(`${name}/sum`, 'sum', [before, g.apply(`${name}/dropout`, dropout({ keep }), y)]);
        return g.select(`${name}/output`, norm, [sum, g.apply(`${name}/norm-after`, layerNorm(), sum)]);
      };
      const block = `block${index}`;
      const attended = branch(`${block}/attention`, x, (input) =>
        g.vary(`${block}/attention/heads`, heads, causalAttention(), input),
      );
      x = branch(`${block}/mlp`, attended, (input) => {
        const up = g.choose(
          `${block}/mlp/up`,
          ratio,
          Object.fromEntries(ratios.map((times) => [times, dense({ units: times * width, initializer: 'he' })])),
          input,
        );
        const active = g.choose(
          `${block}/mlp/activation`,
          shape,
          { relu: activation('relu'), gelu: activation('gelu') },
          up,
        );
        return g.apply(`${block}/mlp/down`, dense({ units: width }), active);
      });
      return x;
    });
    const y = g.apply('norm', layerNorm(), g.select('depth', choices.depth, depths));
    return sequenceOutput(g, task, entered, y, width);
  },

  retrain: ({ retrainKeep, ...options }) => ({ ...options, keep: retrainKeep ?? options.keep }),
});

export default transformer;
