/** Small convolutional networks that differ only in one width, which all stages multiply (as in arXiv 1812.08928). */
import {
  activation,
  batchNorm,
  conv,
  defineSpace,
  dense,
  globalAveragePool,
  sequence,
  shrinkImage,
  sizes,
  z,
} from 'weft-nas';

/** Channels of each stage, in multiples of the width. */
const STAGES = [2, 4, 8];

export default defineSpace({
  name: 'slimmable-cnn',
  description: 'Convolutional networks of one width (images).',
  takes: 'images',
  options: z.strictObject({
    widths: z.array(z.int().min(1)).min(1).default([2, 3, 4, 5, 6, 7, 8, 9]).describe('widths to choose from'),
    resolution: z.int().min(4).default(16).describe('longer side to which images are reduced'),
  }),
  choices: ({ widths, resolution }) => ({ width: sizes(widths), resolution: sizes([resolution]) }),
  graph(g, { width, resolution }, _options, { classes }) {
    let x = g.elastic('resolution', { size: resolution }, shrinkImage, g.input);
    STAGES.forEach((multiple, stage) => {
      const layer = ({ width: times }: { width: number }) =>
        sequence('layer', {
          linear: conv({ filters: times * multiple, size: 3, stride: stage > 0 ? 2 : 1 }),
          norm: batchNorm(),
          relu: activation('relu'),
        });
      x = g.elastic(`stage${stage}`, { width }, layer, x);
    });
    return g.elastic('classifier', {}, () => dense({ units: classes }), g.elastic('pool', {}, globalAveragePool, x));
  },
});
