/**
 * Convolutional networks that are slices of the largest one: in each stage the width and the number of blocks, in each
 * block the kernel and the expansion. The blocks are inverted residuals (Sandler et al. 2018, arXiv 1801.04381) as in
 * once-for-all networks (Cai et al. 2020, arXiv 1908.09791), or plain convolutions.
 */
import {
  activation,
  batchNorm,
  conv,
  defineSpace,
  dense,
  depthwiseConv,
  globalAveragePool,
  type GraphBuilder,
  type NodeRef,
  type Operation,
  repeat,
  sequence,
  shrinkImage,
  sizes,
  z,
} from 'weft-nas';

const list = (least: number, most = Number.MAX_SAFE_INTEGER) => z.array(z.int().min(least).max(most)).min(1);

export const elasticCnn = defineSpace({
  name: 'elastic-cnn',
  description: 'Convolutional networks that are slices of one: width, depth, kernel, expansion (images).',
  takes: 'images',
  options: z.strictObject({
    widths: z
      .array(list(1))
      .min(1)
      .default([
        [4, 8, 12, 16],
        [8, 16, 24, 32],
      ])
      .describe('widths to choose from, for each stage; the resolution is halved between stages'),
    depths: list(1, 48).default([1, 2]).describe('numbers of blocks in a stage to choose from'),
    kernels: list(1).default([3, 5]).describe('sides of the kernels to choose from, all odd or all even'),
    expansions: z
      .array(z.number().positive())
      .min(1)
      .default([2, 4])
      .describe('inner widths of an inverted block to choose from, in multiples of its width, rounded'),
    block: z.enum(['inverted', 'plain']).default('inverted').describe('inverted residuals, or single convolutions'),
    transforms: z
      .boolean()
      .optional()
      .describe(
        'whether a smaller kernel is the centre of a larger one times a learned matrix; by default it is the centre itself',
      ),
    resolutions: list(1)
      .optional()
      .describe(
        'lengths to choose from, to which the longer side of the images is reduced; by default images are not reduced',
      ),
    stem: z.int().min(1).default(8).describe('channels before the first stage'),
  }),

  choices: ({ widths, depths, kernels, expansions, block, resolutions }) => ({
    ...(resolutions && { resolution: sizes(resolutions) }),
    stages: repeat(widths.length, (stage) => ({
      width: sizes(widths[stage]!),
      depth: sizes(depths),
      blocks: repeat(Math.max(...depths), () => ({
        kernel: sizes(kernels),
        expansion: sizes(block === 'plain' ? [1] : expansions),
      })),
    })),
  }),

  graph(g, choices, { block, stem, kernels, transforms }, { classes }) {
    const chain = transforms ? kernels : undefined;
    const first = layer(conv({ filters: stem, size: 3 }), true);
    let x =
      choices.resolution === undefined
        ? g.apply('stem', first, g.input)
        : g.elastic(
            'stem',
            {},
            () => first,
            g.elastic('resolution', { size: choices.resolution }, shrinkImage, g.input),
          );
    choices.stages.forEach(({ width, depth, blocks }, stage) => {
      const outputs = blocks.map((sizesOfBlock, index) => {
        const stride = stage > 0 && index === 0 ? 2 : 1;
        const write = block === 'plain' ? plain : inverted;
        const y = write(g.within(`stage${stage}/block${index}`), { width, ...sizesOfBlock, chain }, x, stride);
        // The first block of a stage changes the width, so only later ones have a skip connection.
        x = index === 0 ? y : g.combine(`stage${stage}/block${index}/sum`, 'sum', [y, x]);
        return x;
      });
      x = g.select(
        `stage${stage}/depth`,
        depth,
        depth.options.map((blocksOfStage) => outputs[blocksOfStage - 1]!),
      );
    });
    return g.elastic('classifier', {}, () => dense({ units: classes }), g.elastic('pool', {}, globalAveragePool, x));
  },

  // A separate network has its kernels without transforms.
  retrain: ({ transforms: _, ...options }) => options,
});

interface BlockSizes {
  readonly width: ReturnType<typeof sizes<number>>;
  readonly kernel: ReturnType<typeof sizes<number>>;
  readonly expansion: ReturnType<typeof sizes<number>>;
  /** Sizes of kernels that are transformed into each other. */
  readonly chain: readonly number[] | undefined;
}

/** 1x1 to the inner width, a depthwise convolution, 1x1 back. */
function inverted(
  g: GraphBuilder,
  { width, kernel, expansion, chain }: BlockSizes,
  x: NodeRef,
  stride: number,
): NodeRef {
  const wide = g.elastic(
    'expand',
    { width, expansion },
    (inner) => layer(conv({ filters: Math.max(1, Math.round(inner.width * inner.expansion)), size: 1 }), true),
    x,
  );
  const seen = g.elastic(
    'depthwise',
    { kernel },
    ({ kernel: size }) => layer(depthwiseConv({ size, stride, kernels: chain }), true),
    wide,
  );
  return g.elastic('project', { width }, ({ width: filters }) => layer(conv({ filters, size: 1 }), false), seen);
}

function plain(g: GraphBuilder, { width, kernel, chain }: BlockSizes, x: NodeRef, stride: number): NodeRef {
  return g.elastic(
    'conv',
    { width, kernel },
    ({ width: filters, kernel: size }) => layer(conv({ filters, size, stride, kernels: chain }), true),
    x,
  );
}

function layer(linear: Operation, rectified: boolean): Operation {
  return sequence('layer', { linear, norm: batchNorm(), ...(rectified && { relu: activation('relu') }) });
}

export default elasticCnn;
