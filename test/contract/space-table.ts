/** Every shipped space: small, and tiny enough to be enumerated. A new space is one line here. */
import { type SpaceFactory, type Task, tf } from 'weft-nas';
import { lstmSpace } from '../../search-spaces/lstm.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { elasticCnn } from '../../search-spaces/elastic-cnn.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { elasticTransformer } from '../../search-spaces/elastic-transformer.js';
import { dartsCnn } from '../../search-spaces/darts-cnn.js';
import { microCnn } from '../../search-spaces/micro-cnn.js';
import { conv1dSpace } from '../../search-spaces/conv-1d.js';
import { mlp } from '../../search-spaces/mlp.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { nasBenchMacro } from '../../search-spaces/nas-bench-macro.js';
import { rnnCell } from '../../search-spaces/rnn-cell.js';
import { transformer } from '../../search-spaces/transformer.js';

export const SPACES: { factory: SpaceFactory; options: object; tiny: object; task: Task }[] = [
  {
    factory: macroCnn,
    options: { layers: 5, filters: 4 },
    tiny: { layers: 2, filters: 2 },
    task: { inputShape: [8, 8, 1], classes: 3 },
  },
  {
    factory: microCnn,
    options: { nodes: 2, layers: 2, filters: 2, stemFactor: 1 },
    tiny: { nodes: 1, layers: 1, filters: 2, reductions: 1 },
    task: { inputShape: [6, 6, 1], classes: 3 },
  },
  {
    factory: dartsCnn,
    options: { nodes: 2, layers: 2, filters: 2, stemFactor: 1 },
    tiny: { nodes: 1, operations: ['skip', 'dil3'], layers: 1, filters: 2 },
    task: { inputShape: [7, 6, 1], classes: 3 },
  },
  {
    factory: mlp,
    options: { depth: 3, widths: [4, 6] },
    tiny: { depth: 2, widths: [2] },
    task: { inputShape: [5, 5, 1], classes: 3 },
  },
  {
    factory: conv1dSpace,
    options: { layers: 2, filters: 3, sizes: [1, 3], dilations: [1, 2], direct: true, keep: 0.9 },
    tiny: { layers: 1, filters: 2, sizes: [3], dilations: [2] },
    task: { inputShape: [1, 7, 2], classes: 3 },
  },
  {
    factory: elasticCnn,
    options: {
      widths: [
        [2, 3],
        [2, 4],
      ],
      depths: [1, 2],
      kernels: [1, 3],
      expansions: [1, 1.5],
      resolutions: [4, 6],
      stem: 2,
    },
    tiny: { widths: [[2, 3]], depths: [1, 2], kernels: [1, 3], expansions: [1], stem: 2 },
    task: { inputShape: [6, 6, 1], classes: 3 },
  },
  {
    factory: elasticMlp,
    options: { depths: [1, 2], widths: [3, 5] },
    tiny: { depths: [1, 2], widths: [2, 3] },
    task: { inputShape: [4, 4, 1], classes: 3 },
  },
  {
    factory: nasBench201,
    options: { filters: 2 },
    tiny: { operations: ['none', 'conv3'], filters: 2 },
    task: { inputShape: [6, 6, 1], classes: 3 },
  },
  {
    factory: nasBenchMacro,
    options: { filters: 1, features: 3 },
    tiny: { layers: 3, filters: 1, features: 1 },
    task: { inputShape: [6, 6, 1], classes: 3 },
  },
  {
    factory: lstmSpace,
    options: { layers: 2, hidden: 3, keep: 0.8 },
    tiny: { layers: 1, hidden: 2 },
    task: { kind: 'language', inputShape: [3], classes: 3 },
  },
  {
    factory: transformer,
    options: { depth: 2, width: 4, heads: [1, 2], keep: 0.9 },
    tiny: { depth: 1, width: 2, heads: [1, 2], ratios: [2] },
    task: { kind: 'language', inputShape: [3], classes: 3 },
  },
  {
    factory: elasticTransformer,
    options: { widths: [4, 6], depths: [1, 2], heads: [1, 2], headSize: 2, ratios: [0.5, 1.5], keep: 0.9 },
    tiny: { widths: [2, 3], depths: [1, 2], heads: [1, 2], headSize: 1, ratios: [1] },
    task: { kind: 'language', inputShape: [3], classes: 3 },
  },
  {
    factory: rnnCell,
    options: { nodes: 4, hidden: 3, embedding: 2, keep: 0.8, keepOutput: 0.9 },
    tiny: { nodes: 2, hidden: 2 },
    task: { kind: 'language', inputShape: [3], classes: 3 },
  },
];

/** `count` examples: pictures of random numbers, or token ids, and what is to be predicted. */
export function examples({ kind, inputShape, classes }: Task, count: number): { x: tf.Tensor; labels: tf.Tensor } {
  const cycle = (shape: readonly number[]): tf.Tensor =>
    tf.tensor(
      Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * i + 1) % classes),
      [...shape],
      'int32',
    );
  if (kind === 'language') return { x: cycle([count, ...inputShape]), labels: cycle([count, ...inputShape]) };
  return { x: tf.randomNormal([count, ...inputShape], 0, 1, 'float32', 9), labels: cycle([count]) };
}
