/**
 * NAS-Bench-Macro (Su et al. 2021, arXiv 2103.11922): eight layers in three stages, each the identity or one of two
 * inverted residual blocks. 3^8 = 6,561 networks, of which 3,969 differ. The benchmark names a network by its choices
 * in order, one digit each: 0 identity, 1 mb3k3, 2 mb6k5.
 */
import {
  activation,
  batchNorm,
  conv,
  defineSpace,
  dense,
  depthwiseConv,
  globalAveragePool,
  oneOf,
  type Operation,
  repeat,
  sequence,
  z,
} from 'weft-nas';

/** Expansion and kernel size of each block, in the order of the benchmark's digits. */
export const BLOCKS = ['identity', 'mb3k3', 'mb6k5'] as const;

/** Layers per stage; the first of each halves the resolution and doubles the channels. */
const STAGES = [2, 3, 3];

export const nasBenchMacro = defineSpace({
  name: 'nas-bench-macro',
  description:
    'NAS-Bench-Macro: eight layers of inverted residual blocks, 6,561 in all (images, or the table of the benchmark).',
  takes: 'images',
  options: z.strictObject({
    layers: z.int().min(1).max(8).default(8).describe('number of layers, counted from the first; 8 in the benchmark'),
    filters: z.int().min(1).default(32).describe('channels before the first stage; 32 in the benchmark'),
    features: z.int().min(1).default(1280).describe('channels before the classifier; 1,280 in the benchmark'),
    retrainFilters: z.int().min(1).optional().describe('channels before the first stage in retraining'),
    retrainFeatures: z.int().min(1).optional().describe('channels before the classifier in retraining'),
  }),

  choices: ({ layers }) => repeat(layers, () => oneOf(BLOCKS)),

  graph(g, choices, { filters, features }, { classes }) {
    let x = g.apply('stem', layer(conv({ filters, size: 3 }), true), g.input);
    let channels = filters;
    let next = 0;
    STAGES.forEach((layers, stage) => {
      for (let index = 0; index < layers && next < choices.length; index++) {
        const choice = choices[next++]!;
        const block = g.within(`stage${stage}/layer${index}`);
        if (index === 0) {
          const wide = 2 * channels;
          x = block.choose(
            'block',
            choice,
            {
              identity: layer(conv({ filters: wide, size: 1, stride: 2 }), false),
              mb3k3: inverted({ channels, filters: wide, expansion: 3, size: 3, stride: 2 }),
              mb6k5: inverted({ channels, filters: wide, expansion: 6, size: 5, stride: 2 }),
            },
            x,
          );
          channels = wide;
          continue;
        }
        const before = x;
        const around = (name: string, expansion: number, size: number) =>
          block.combine(`${name}/sum`, 'sum', [
            block.apply(name, inverted({ channels, filters: channels, expansion, size, stride: 1 }), before),
            before,
          ]);
        x = block.select('block', choice, [before, around('mb3k3', 3, 3), around('mb6k5', 6, 5)]);
      }
    });
    const out = g.apply('features', layer(conv({ filters: features, size: 1 }), true), x);
    return g.apply('classifier', dense({ units: classes }), g.apply('pool', globalAveragePool(), out));
  },

  retrain: ({ retrainFilters, retrainFeatures, ...options }) => ({
    ...options,
    filters: retrainFilters ?? options.filters,
    features: retrainFeatures ?? options.features,
  }),
});

interface Inverted {
  readonly channels: number;
  readonly filters: number;
  readonly expansion: number;
  readonly size: number;
  readonly stride: number;
}

/**
 * 1x1 to `expansion` times the channels, a depthwise convolution, 1x1 to the filters (Sandler et al. 2018, arXiv
 * 1801.04381).
 */
function inverted({ channels, filters, expansion, size, stride }: Inverted): Operation {
  return sequence('inverted', {
    expand: layer(conv({ filters: expansion * channels, size: 1 }), true),
    depthwise: layer(depthwiseConv({ size, stride }), true),
    project: layer(conv({ filters, size: 1 }), false),
  });
}

function layer(linear: Operation, rectified: boolean): Operation {
  return sequence('layer', { linear, norm: batchNorm(), ...(rectified && { relu: activation('relu') }) });
}

export default nasBenchMacro;
