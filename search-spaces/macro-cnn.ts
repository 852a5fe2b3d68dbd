/**
 * The macro space of ENAS (Pham et al. 2018, arXiv 1802.03268, section 2.3): a stack of layers, each one
 * of six operations, each with skip connections from any of the layers before it. 6^L · 2^(L(L-1)/2) networks.
 */
import {
  activation,
  avgPool,
  batchNorm,
  conv,
  defineSpace,
  dense,
  dropout,
  factorizedReduction,
  globalAveragePool,
  maxPool,
  type NodeRef,
  oneOf,
  type Operation,
  repeat,
  separableConv,
  sequence,
  subset,
  z,
} from 'weft-nas';

export const OPERATIONS = ['conv3', 'sep3', 'conv5', 'sep5', 'avg3', 'max3'] as const;

export const macroCnn = defineSpace({
  name: 'macro-cnn',
  description: 'ENAS macro: layers of convolutions and pools with free skip connections (images).',
  takes: 'images',
  options: z.strictObject({
    layers: z.int().min(1).max(48).default(6).describe('number of searched layers'),
    filters: z.int().min(2).multipleOf(2).default(24).describe('channels of every layer in the search'),
    retrainFilters: z.int().min(2).multipleOf(2).optional().describe('channels of every layer in retraining'),
    reductions: z
      .int()
      .min(0)
      .max(2)
      .default(2)
      .describe('times that the resolution is halved, after 1/3 and 2/3 of the layers'),
    growth: z
      .int()
      .min(1)
      .max(4)
      .optional()
      .describe('factor by which the channels are multiplied whenever the resolution is halved; 1 by default'),
    keep: z.number().gt(0).max(1).default(0.9).describe('share of features that dropout keeps before the classifier'),
  }),

  choices: ({ layers }) => ({
    layers: repeat(layers, (index) => ({ op: oneOf(OPERATIONS), skip: subset(index) })),
  }),

  graph(g, choices, { layers, filters: first, reductions, growth = 1, keep }, { classes }) {
    let filters = first;
    let x = g.apply('stem', sequence('stem', { conv: conv({ filters, size: 3 }), norm: batchNorm() }), g.input);
    // Outputs of the layers so far, all at the current resolution.
    let outputs: NodeRef[] = [];
    const reduceAfter = new Set([Math.floor(layers / 3), Math.floor((2 * layers) / 3)].slice(0, reductions));

    choices.layers.forEach(({ op, skip }, index) => {
      if (index > 0 && reduceAfter.has(index)) {
        filters *= growth;
        const reduce = (node: NodeRef, name: string): NodeRef =>
          g.apply(`reduce${index}/${name}`, reduction(filters), node);
        outputs = outputs.map((output, layer) => reduce(output, `layer${layer}`));
        x = outputs.at(-1)!;
      }
      const layer = `layer${index}`;
      const y = g.choose(layer, op, candidates(filters), x);
      if (index === 0) {
        x = y;
      } else {
        const joined = g.combine(`${layer}/sum`, 'sum', [y, ...outputs.map((output, j) => g.when(skip, j, output))]);
        x = g.apply(`${layer}/norm`, batchNorm(), joined);
      }
      outputs.push(x);
    });

    const pooled = g.apply('pool', globalAveragePool(), x);
    return g.apply(
      'classifier',
      sequence('classifier', { dropout: dropout({ keep }), dense: dense({ units: classes }) }),
      pooled,
    );
  },

  retrain: ({ retrainFilters, ...options }) => ({ ...options, filters: retrainFilters ?? options.filters }),
});

/** Every branch starts with a 1x1 convolution, as in the ENAS child. */
function candidates(filters: number): Record<(typeof OPERATIONS)[number], Operation> {
  const enter = { enter: conv({ filters, size: 1 }), enterNorm: batchNorm(), enterRelu: activation('relu') };
  const finish = { norm: batchNorm(), relu: activation('relu') };
  return {
    conv3: sequence('conv3', { ...enter, conv: conv({ filters, size: 3 }), ...finish }),
    sep3: sequence('sep3', { ...enter, conv: separableConv({ filters, size: 3 }), ...finish }),
    conv5: sequence('conv5', { ...enter, conv: conv({ filters, size: 5 }), ...finish }),
    sep5: sequence('sep5', { ...enter, conv: separableConv({ filters, size: 5 }), ...finish }),
    avg3: sequence('avg3', { ...enter, pool: avgPool({ size: 3 }) }),
    max3: sequence('max3', { ...enter, pool: maxPool({ size: 3 }) }),
  };
}

function reduction(filters: number): Operation {
  return sequence('reduction', { halve: factorizedReduction({ filters }), norm: batchNorm() });
}

export default macroCnn;
