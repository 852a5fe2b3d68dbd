/** The common part of spaces with a normal and a reduction cell: the stack around the cells, and operations within. */
import {
  activation,
  batchNorm,
  type Cell,
  conv,
  dense,
  dropout,
  dropPath,
  factorizedReduction,
  globalAveragePool,
  type GraphBuilder,
  identity,
  type NodeRef,
  type Operation,
  sameShape,
  separableConv,
  sequence,
  type Shape,
  stack,
  type Task,
  z,
} from 'weft-nas';

/** Options of the stack; those with `retrain` replace the others for retraining. */
export const stackOptions = {
  layers: z.int().min(1).max(48).default(6).describe('normal cells in the search'),
  filters: z.int().min(2).multipleOf(2).default(20).describe('channels of the first cells in the search'),
  retrainLayers: z.int().min(1).max(48).optional().describe('normal cells in retraining; as in the search by default'),
  retrainFilters: z.int().min(2).multipleOf(2).optional().describe('channels of the first cells in retraining'),
  reductions: z
    .int()
    .min(0)
    .max(3)
    .default(2)
    .describe('reduction cells, evenly spaced among the others; each halves the resolution'),
  growth: z.int().min(1).max(2).default(2).describe('factor by which a reduction multiplies the channels'),
  stemFactor: z
    .int()
    .min(1)
    .default(3)
    .describe('channels of the first convolution, as a multiple of those of the first cells'),
  keep: z.number().gt(0).max(1).default(0.9).describe('share of features that dropout keeps before the classifier'),
  dropPathKeep: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('probability that the convolutions of a branch are kept for an example, in the search'),
  retrainDropPathKeep: z.number().gt(0).max(1).default(1).describe('the same in retraining'),
};

type StackOptions = z.output<z.ZodObject<typeof stackOptions>>;

/** The options for retraining. */
export function deeperAndWider<
  O extends Pick<
    StackOptions,
    'layers' | 'filters' | 'retrainLayers' | 'retrainFilters' | 'dropPathKeep' | 'retrainDropPathKeep'
  >,
>(options: O): O {
  const { layers, filters, retrainLayers, retrainFilters, retrainDropPathKeep } = options;
  return {
    ...options,
    layers: retrainLayers ?? layers,
    filters: retrainFilters ?? filters,
    dropPathKeep: retrainDropPathKeep,
  };
}

/**
 * A convolution, the cells, mean over positions, classifier. `cellOf` builds a cell whose nodes all have the given
 * shape. The normal cells are placed in equal parts before, between and after the reductions.
 */
export function stackedCells(
  g: GraphBuilder,
  { inputShape, classes }: Task,
  { layers, filters, reductions, growth, stemFactor, keep }: StackOptions,
  cellOf: (kind: 'normal' | 'reduction', shape: Shape) => Cell,
): NodeRef {
  const stem = g.apply(
    'stem',
    sequence('stem', { conv: conv({ filters: filters * stemFactor, size: 3 }), norm: batchNorm() }),
    g.input,
  );
  const cells: Record<string, Cell> = {};
  for (let stage = 0; stage <= reductions; stage++) {
    const shape = [
      ...inputShape.slice(0, 2).map((length) => Math.ceil(length / 2 ** stage)),
      filters * growth ** stage,
    ];
    const upTo = (part: number): number => Math.floor((part * layers) / (reductions + 1));
    const kinds = [
      ...(stage > 0 ? ['reduction' as const] : []),
      ...Array<'normal'>(upTo(stage + 1) - upTo(stage)).fill('normal'),
    ];
    for (const kind of kinds) cells[`cell${Object.keys(cells).length}`] = cellOf(kind, shape);
  }
  const [, last] = stack(g, [stem, stem], cells);
  const pooled = g.apply('pool', sequence('pool', { relu: activation('relu'), pool: globalAveragePool() }), last!);
  return g.apply(
    'classifier',
    sequence('classifier', { dropout: dropout({ keep }), dense: dense({ units: classes }) }),
    pooled,
  );
}

/** Converts the output of an earlier cell to the resolution and channels of this one, if they differ. */
export function matchShape(target: Shape): Operation {
  return {
    kind: 'bring',
    config: { target },
    build(inputs) {
      if (sameShape(inputs[0]!, target)) return identity().build(inputs);
      const [filters, halves] = [target[2]!, {} as Record<string, Operation>];
      for (let height = inputs[0]![0]!; height > target[0]!; height = Math.ceil(height / 2))
        halves[`halve${Object.keys(halves).length}`] = factorizedReduction({ filters });
      const resized = Object.keys(halves).length > 0 ? halves : { conv: conv({ filters, size: 1 }) };
      return sequence('bring', { relu: activation('relu'), ...resized, norm: batchNorm() }).build(inputs);
    },
  };
}

/** Activation, separable convolution and normalization, twice: as in NASNet and its successors. */
export function separableTwice(filters: number, size: number, keep: number): Operation {
  const once = sequence('relu-sep-norm', {
    relu: activation('relu'),
    conv: separableConv({ filters, size }),
    norm: batchNorm(),
  });
  return sequence(`sep${size}`, { first: once, second: once, ...dropped(keep) });
}

/** The drop-path part of a sequence, if requested. */
export function dropped(keep: number): Record<string, Operation> {
  return keep < 1 ? { drop: dropPath({ keep }) } : {};
}
