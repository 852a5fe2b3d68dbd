/**
 * LSTM networks for texts and series (Hochreiter & Schmidhuber 1997) with one or more layers: a baseline for searched
 * cells.
 */
import { defineSpace, lstm, type NodeRef, oneOf, variationalDropout, z } from 'weft-nas';
import { recurrentDropout } from './sequences/dropout-options.js';
import { sequenceInput, sequenceOutput } from './sequences/input-and-output.js';

export const lstmSpace = defineSpace({
  name: 'lstm',
  description: 'LSTM networks of one or more layers, a baseline for searched cells (text, series).',
  takes: 'sequences',
  options: z.strictObject({
    layers: z.int().min(1).max(8).default(2).describe('largest number of layers'),
    hidden: z.int().min(1).default(128).describe("size of the vector of a token or row and of each layer's state"),
    ...recurrentDropout,
  }),

  choices: ({ layers }) => ({ layers: oneOf(Array.from({ length: layers }, (_, i) => i + 1)) }),

  graph(g, choices, { layers, hidden: units, keep, keepOutput }, task) {
    const entered = sequenceInput(g, task, units);
    const outputs: NodeRef[] = [];
    let x = g.apply('embedding-dropout', variationalDropout({ keep }), entered);
    for (let layer = 0; layer < layers; layer++)
      outputs.push((x = g.apply(`lstm${layer}`, lstm({ hidden: units }), x)));
    const y = g.apply(
      'output-dropout',
      variationalDropout({ keep: keepOutput }),
      g.select('layers', choices.layers, outputs),
    );
    return sequenceOutput(g, task, entered, y, units);
  },
});

export default lstmSpace;
