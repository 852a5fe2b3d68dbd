/**
 * What a compilable step takes from JavaScript besides its input tensors: schedules, counters, masks, decisions. Each
 * is a function of the moment of the call, so that a recorded step can be run again at another moment.
 */
import { type NamedTensors } from '../named.js';
import { type Scalar, type Tensor, tf } from '../tf.js';

/** What a step reads about the moment `M` of its call. */
export interface Host<M> {
  /** A number that depends on the moment, as a float32 scalar. */
  scalar(of: (moment: M) => number): Scalar;
  /** Numbers that depend on the moment, as a float32 tensor: a mask, a random probe. */
  values(shape: readonly number[], of: (moment: M) => Float32Array): Tensor;
  /** A decision that depends on the moment: the step may branch on it. */
  choose<T extends string | number | boolean>(of: (moment: M) => T): T;
  /**
   * Throws `failure` unless `holds` is true of the scalar. A compiled step checks after it has computed everything:
   * `failure` may look at the results, which are then discarded.
   */
  require(value: Tensor, holds: (value: number) => boolean, failure: (outputs?: NamedTensors) => Error): void;
  /** Reports that the step is about to depend on something that is not declared, so that it cannot be compiled. */
  undeclared(what: string): void;
}

/** The host of a step that runs once, as it is. */
export function eagerHost<M>(moment: M): Host<M> {
  return {
    scalar: (of) => tf.scalar(of(moment)),
    values: (shape, of) => tf.tensor(of(moment), [...shape]),
    choose: (of) => of(moment),
    require(value, holds, failure) {
      if (!holds(value.dataSync()[0]!)) throw failure();
    },
    undeclared: () => undefined,
  };
}
