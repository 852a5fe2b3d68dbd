/**
 * The recurrent cell of ENAS (Pham et al. 2018, arXiv 1802.03268, section 2.1) in a language model with tied
 * embeddings, or over the rows of a series. After an entry that mixes input and previous state, each of N nodes reads
 * one earlier value through one of four activations and a highway around it: 4^N · N! cells.
 */
import {
  CELL_ACTIVATIONS,
  defineSpace,
  dense,
  oneOf,
  previous,
  recurrentCell,
  repeat,
  variationalDropout,
  z,
} from 'weft-nas';
import { recurrentDropout } from './sequences/dropout-options.js';
import { sequenceInput, sequenceOutput } from './sequences/input-and-output.js';

export const rnnCell = defineSpace({
  name: 'rnn-cell',
  description:
    'ENAS recurrent cell: nodes that read an earlier node through an activation and a highway (text, series).',
  takes: 'sequences',
  options: z.strictObject({
    nodes: z.int().min(1).max(32).default(8).describe('number of searched nodes in the cell'),
    hidden: z.int().min(1).default(128).describe('size of the hidden state in the search'),
    embedding: z
      .int()
      .min(1)
      .optional()
      .describe('size of the vector of a token or row; by default that of the hidden state'),
    retrainHidden: z.int().min(1).optional().describe('size of the hidden state in retraining'),
    retrainEmbedding: z
      .int()
      .min(1)
      .optional()
      .describe('size of the vector of a token or row in retraining; by default that of the hidden state'),
    output: z
      .enum(['leaves', 'all'])
      .default('leaves')
      .describe('the state is the mean of the nodes that no other reads (paper), or of all nodes (enas_lm)'),
    ...recurrentDropout,
    retrainKeep: z.number().gt(0).max(1).optional().describe('the value of `keep` in retraining'),
    retrainKeepOutput: z.number().gt(0).max(1).optional().describe('the value of `keepOutput` in retraining'),
  }),

  choices: ({ nodes }) => ({
    nodes: repeat(nodes, (index) => ({ previous: previous(index + 1), activation: oneOf(CELL_ACTIVATIONS) })),
  }),

  graph(g, choices, { nodes, hidden, embedding: units = hidden, output, keep, keepOutput }, task) {
    const entered = sequenceInput(g, task, units);
    const x = g.apply('embedding-dropout', variationalDropout({ keep }), entered);
    const states = g.vary('cell', choices.nodes, recurrentCell({ nodes, hidden, output }), x);
    const features = units === hidden ? states : g.apply('projection', dense({ units }), states);
    const y = g.apply('output-dropout', variationalDropout({ keep: keepOutput }), features);
    return sequenceOutput(g, task, entered, y, units);
  },

  retrain: ({ retrainHidden, retrainEmbedding, retrainKeep, retrainKeepOutput, ...options }) => ({
    ...options,
    hidden: retrainHidden ?? options.hidden,
    embedding: retrainEmbedding ?? (retrainHidden === undefined ? options.embedding : undefined),
    keep: retrainKeep ?? options.keep,
    keepOutput: retrainKeepOutput ?? options.keepOutput,
  }),
});

export default rnnCell;
