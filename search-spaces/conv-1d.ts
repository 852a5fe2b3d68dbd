/**
 * Convolutions along the time of a series (van den Oord et al. 2016, arXiv 1609.03499, section 2.1: dilated ones cover
 * long ranges with few weights; Bai et al. 2018, arXiv 1803.01271). Each layer is one convolution of some size and
 * dilation, a pool or nothing, with or without a skip around it; steps are halved in between, and the output comes from
 * the mean of the steps or from the last one.
 */
import {
  activation,
  avgPool,
  batchNorm,
  conv1d,
  defineSpace,
  flatten,
  globalAveragePool,
  identity,
  lastStep,
  maxPool,
  type NodeRef,
  oneOf,
  type Operation,
  repeat,
  sequence,
  z,
} from 'weft-nas';
import { classifier, headOptions, logitsLayer } from './vectors/head.js';

interface Layers {
  readonly filters: number;
  readonly sizes: readonly number[];
  readonly dilations: readonly number[];
  readonly causal: boolean;
}

export const conv1dSpace = defineSpace({
  name: 'conv-1d',
  description: 'Convolutions along time: size and dilation, pools, skips, mean or last step (series).',
  takes: 'series',
  options: z.strictObject({
    layers: z.int().min(1).max(16).default(4).describe('number of layers'),
    filters: z.int().min(1).default(16).describe('features of a step in the search'),
    sizes: z.array(z.int().min(1)).min(1).default([3, 5]).describe('steps that a kernel sees, to choose from'),
    dilations: z.array(z.int().min(1)).min(1).default([1, 2, 4]).describe('distances of these steps, to choose from'),
    causal: z
      .boolean()
      .default(false)
      .describe('no step sees later ones; pools of three steps are then left out of the choices, because they would'),
    reductions: z.int().min(0).max(8).default(1).describe('how often pairs of steps become one, between the layers'),
    ...headOptions,
    retrainFilters: z.int().min(1).optional().describe('features of a step when the found network is retrained'),
  }),

  choices: ({ layers, ...options }) => ({
    layers: repeat(layers, () => ({
      operation: oneOf(Object.keys(candidates(options))),
      skip: oneOf([false, true]),
    })),
    head: oneOf(['mean', 'last']),
  }),

  graph(g, choices, options, { classes }) {
    const { layers, filters, causal, reductions, keep, direct } = options;
    const operations = candidates(options);
    const reduceAfter = Array.from({ length: reductions }, (_, i) => Math.ceil(((i + 1) * layers) / (reductions + 1)));
    let x = g.apply('stem', convolution({ filters, size: 3, dilation: 1, causal }), g.input);
    choices.layers.forEach(({ operation, skip }, index) => {
      const y = g.choose(`layer${index}`, operation, operations, x);
      x = g.combine(`layer${index}/sum`, 'sum', [y, g.whenEqual(skip, true, x)]);
      reduceAfter.forEach((after, i) => {
        if (after === index + 1) x = g.apply(`reduce${i}`, maxPool({ size: 2, stride: 2 }), x);
      });
    });
    const features: NodeRef = g.choose('head', choices.head, { mean: globalAveragePool(), last: lastStep() }, x);
    const outputs = logitsLayer(classes, direct);
    const logits = g.apply('classifier', classifier(outputs, keep), features);
    // The layers then learn only what a linear model leaves over.
    return direct
      ? g.combine('sum', 'sum', [logits, g.apply('direct', outputs, g.apply('flatten', flatten(), g.input))])
      : logits;
  },

  retrain: ({ retrainFilters, ...options }) => ({ ...options, filters: retrainFilters ?? options.filters }),
});

/** The options of a layer, by name: `conv5x2` sees five steps, every second one. */
function candidates({ filters, sizes, dilations, causal }: Layers): Record<string, Operation> {
  const convolutions = [...new Set(sizes)].flatMap((size) =>
    // Dilations of a single step are all the same.
    [...new Set(size === 1 ? [1] : dilations)].map((dilation) => [
      `conv${size}${dilation === 1 ? '' : `x${dilation}`}`,
      convolution({ filters, size, dilation, causal }),
    ]),
  );
  const pools = causal ? {} : { max3: maxPool({ size: 3 }), avg3: avgPool({ size: 3 }) };
  return { ...(Object.fromEntries(convolutions) as Record<string, Operation>), ...pools, none: identity() };
}

const convolution = (options: { filters: number; size: number; dilation: number; causal: boolean }): Operation =>
  sequence('convolution', { conv: conv1d(options), norm: batchNorm(), relu: activation('relu') });

export default conv1dSpace;
