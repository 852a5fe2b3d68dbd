/**
 * How a model's outputs relate to labels. An example is an image or a whole sequence: logits [N,K] have one label for
 * each of N examples, logits [N,T,K] one for each of the N·T tokens. The first axis is the examples, the last one the
 * classes. In regression, outputs [N,K] are compared with targets [N,K].
 */
import { WeftError } from '../errors.js';
import { type Tensor } from './library.js';

/** Whether the labels of a batch are regression targets (float32 [N,K]), not classes or tokens (int32). */
export const areTargets = (labels: Pick<Tensor, 'dtype'>): boolean => labels.dtype === 'float32';

/**
 * Whether the labels of a batch are flags: several true-or-false labels per example (bool [N,K]), with a logit for
 * each.
 */
export const areFlags = (labels: Pick<Tensor, 'dtype'>): boolean => labels.dtype === 'bool';

/** Number of labels of a batch: one for each class label or token; the targets of an example count as one label. */
export const countLabels = (labels: Tensor): number => (areTargets(labels) ? labels.shape[0] : labels.size);

/** Examples N, labels N or N·T, and classes (or targets) K of logits. */
export function labelsOf({ shape, size }: Tensor): { examples: number; labels: number; classes: number } {
  const classes = shape.at(-1)!;
  return { examples: shape[0], labels: size / classes, classes };
}

/** Throws unless there is one row of logits for each label, in the shape of the labels. */
export function requireLogitsOf(labels: Tensor, logits: Tensor): void {
  const rows = logits.shape.slice(0, -1);
  if (logits.rank > 1 && rows.length === labels.rank && rows.every((length, axis) => length === labels.shape[axis]))
    return;
  throw new WeftError(
    'operation',
    `the model gives logits [${logits.shape}] for labels [${labels.shape}]`,
    'logits must have the shape of the labels followed by an axis of classes: do not flatten a batch of sequences',
  );
}
