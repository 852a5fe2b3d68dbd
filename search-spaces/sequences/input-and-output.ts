/**
 * Where networks of sequences begin and end: in tokens of a text and logits for the next ones, or in windows of numbers
 * and one answer to each.
 */
import {
  dense,
  embedding,
  type GraphBuilder,
  lastStep,
  type NodeRef,
  type Task,
  timeSteps,
  unembedding,
} from 'weft-nas';

/** A vector of `units` numbers for each token, or for each row of a window. */
export const sequenceInput = (g: GraphBuilder, { kind, classes }: Task, units: number): NodeRef =>
  kind === 'language'
    ? g.apply('embedding', embedding({ vocabulary: classes, units }), g.input)
    : g.apply('entry', dense({ units }), g.apply('steps', timeSteps(), g.input));

/**
 * A logit for each token at each place of a text, with the table that it entered by; of a window the outputs of the
 * last row, which has seen all others.
 */
export const sequenceOutput = (
  g: GraphBuilder,
  { kind, classes }: Task,
  entered: NodeRef,
  y: NodeRef,
  units: number,
): NodeRef =>
  kind === 'language'
    ? g.tie('logits', unembedding({ vocabulary: classes, units }), entered, y)
    : g.apply('logits', dense({ units: classes }), g.apply('last', lastStep(), y));
