/**
 * Fully connected networks: how deep, how wide, which activation, with or without a skip around each
 * hidden layer. Small enough to read as a first example of a space.
 */
import {
  activation,
  batchNorm,
  defineSpace,
  dense,
  flatten,
  type NodeRef,
  oneOf,
  type Operation,
  repeat,
  sequence,
  z,
} from 'weft-nas';
import { classifier, headOptions, logitsLayer } from './vectors/head.js';

const ACTIVATIONS = ['relu', 'tanh', 'sigmoid'] as const;

export const mlp = defineSpace({
  name: 'mlp',
  description: 'Fully connected networks: depth, width, activations, skip connections (any data).',
  options: z.strictObject({
    depth: z.int().min(1).max(16).default(4).describe('largest number of hidden layers'),
    widths: z.array(z.int().min(1)).min(1).default([32, 64, 128]).describe('widths to choose from'),
    ...headOptions,
  }),

  choices: ({ depth, widths }) => ({
    width: oneOf(widths),
    depth: oneOf(Array.from({ length: depth }, (_, i) => i + 1)),
    layers: repeat(depth, () => ({ activation: oneOf(ACTIVATIONS), skip: oneOf([false, true]) })),
  }),

  graph(g, choices, { widths, keep, direct }, { classes }) {
    const features = g.apply('flatten', flatten(), g.input);
    const outputs = logitsLayer(classes, direct);
    // Each width has a separate column: networks of different width share no weights.
    const logits = widths.map((width) => {
      const depths: NodeRef[] = [];
      let x = g.apply(`width${width}/stem`, hidden(width), features);
      choices.layers.forEach((layer, index) => {
        const name = `width${width}/layer${index}`;
        const linear = index === 0 ? x : g.apply(`${name}/linear`, hidden(width), x);
        const y = g.choose(
          `${name}/activation`,
          layer.activation,
          { relu: activation('relu'), tanh: activation('tanh'), sigmoid: activation('sigmoid') },
          linear,
        );
        x = g.combine(name, 'sum', [y, g.whenEqual(layer.skip, true, x)]);
        depths.push(x);
      });
      return g.apply(
        `width${width}/classifier`,
        classifier(outputs, keep),
        g.select(`width${width}/depth`, choices.depth, depths),
      );
    });
    const output = g.select('width', choices.width, logits);
    // The layers then learn only what a linear model leaves over, which is little in many tables.
    return direct ? g.combine('sum', 'sum', [output, g.apply('direct', outputs, features)]) : output;
  },
});

function hidden(units: number): Operation {
  return sequence('hidden', { dense: dense({ units, bias: false, initializer: 'he' }), norm: batchNorm() });
}

export default mlp;
