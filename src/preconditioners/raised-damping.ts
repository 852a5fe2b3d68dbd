/** Counts the matrices that needed more than λ on their diagonal, over all steps of a link. */
import { type LinkStep } from '../chain/link.js';
import { type Scalar } from '../tensor/tf.js';

export interface RaisedCount {
  /** Counts one matrix of this step. */
  readonly raise: () => void;
  /** The count up to here, a scalar. */
  total(): Scalar;
  /** Whether there has been any. */
  any(): boolean;
}

export function raisedCount({ slots, scalar, choose }: Pick<LinkStep, 'slots' | 'scalar' | 'choose'>): RaisedCount {
  let now = 0;
  return {
    raise() {
      now++;
      slots.addToNumber('raised', 1);
    },
    total() {
      const added = now;
      return scalar(({ number }) => number('raised') + added);
    },
    any: () => now > 0 || choose(({ number }) => number('raised') > 0),
  };
}
