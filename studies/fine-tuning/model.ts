/**
 * A causal transformer of characters with either of two heads: the next character at each place, or a class for the
 * whole passage.
 */
import {
  activation,
  causalAttention,
  type Child,
  createChild,
  defineSpace,
  dense,
  dropout,
  embedding,
  layerNorm,
  oneOf,
  type Operation,
  positions,
  type SearchSpace,
  soleInput,
  tf,
  unembedding,
  z,
} from 'weft-nas';

export interface ModelSize {
  /** Vocabulary size. */
  readonly vocabulary: number;
  /** Number of characters in a passage. */
  readonly length: number;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** Dropout rate after each branch. */
  readonly keep: number;
}

export interface Model {
  readonly space: SearchSpace;
  readonly child: Child;
}

export const CLASSES = 2;

/**
 * The network that predicts the next character: its weights but for the head's bias are also those of the classifier.
 */
export function languageModel(size: ModelSize): Model {
  return model(size, { kind: 'language', inputShape: [size.length], classes: size.vocabulary });
}

/**
 * The network that says which class a passage is of: a linear layer on the mean of the last features over all places.
 */
export function classifier(size: ModelSize): Model {
  return model(size, { inputShape: [size.length], classes: CLASSES });
}

function model(size: ModelSize, task: Parameters<typeof tower.create>[1]): Model {
  const { length: _, ...options } = size;
  const space = tower.create(options, task);
  return { space, child: createChild(space, { only: 0 }) };
}

const count = z.int().min(1);

const tower = defineSpace({
  name: 'fine-tuning',
  description: 'One transformer whose head depends on the task.',
  options: z.strictObject({
    vocabulary: count,
    layers: count,
    width: count,
    heads: count,
    keep: z.number().gt(0).max(1),
  }),
  choices: () => ({ only: oneOf([0]) }),
  graph(g, _choices, { vocabulary, layers, width, heads, keep }, { kind, classes }) {
    const table = g.apply('embedding', embedding({ vocabulary, units: width }), g.input);
    let x = g.apply('positions', positions({ kind: 'learned' }), table);
    const branch = (name: string, operations: Readonly<Record<string, Operation>>): void => {
      const y = Object.entries({ norm: layerNorm(), ...operations, dropout: dropout({ keep }) }).reduce(
        (input, [part, operation]) => g.apply(`${name}/${part}`, operation, input),
        x,
      );
      x = g.combine(`${name}/sum`, 'sum', [x, y]);
    };
    for (let i = 0; i < layers; i++) {
      branch(`block${i}/attention`, { heads: causalAttention().member(heads) });
      branch(`block${i}/mlp`, {
        up: dense({ units: 4 * width, initializer: 'he' }),
        gelu: activation('gelu'),
        down: dense({ units: width }),
      });
    }
    const y = g.apply('norm', layerNorm(), x);
    if (kind === 'language') return g.tie('logits', unembedding({ vocabulary, units: width }), table, y);
    return g.apply('class', dense({ units: classes }), g.apply('mean', meanOverPlaces(), y));
  },
});

/** Mean over the places of a sequence: [T,F] -> [F]. */
function meanOverPlaces(): Operation {
  return {
    kind: 'mean-over-places',
    config: {},
    build: (inputs) => ({
      output: [soleInput('mean-over-places', inputs, 2)[1]!],
      parameters: {},
      forward: ([x]) => tf.mean(x!, 1),
    }),
  };
}
