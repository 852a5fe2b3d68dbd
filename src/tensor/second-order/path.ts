import { inCausalOrder, pathBetween, releaseTape, type Tape, type TapeNode } from '../tape.js';
import type { Tensor } from '../tf.js';

/** The part of the tape that leads from sources to targets, in causal order; the saved copies of the rest are disposed. */
export function differentiablePath(tape: Tape, sources: readonly Tensor[], targets: readonly Tensor[]): TapeNode[] {
  const path = pathBetween(inCausalOrder(tape), sources, targets);
  const onPath = new Set(path);
  releaseTape(tape.filter((node) => !onPath.has(node)));
  return path;
}
