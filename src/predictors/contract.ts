/**
 * What every predictor is: something that learns from encoded networks with their qualities, and says what it expects
 * of others and how sure it is. Strategies know no more of it.
 */

/** One row per network, the numbers of its encoding. */
export type Features = readonly (readonly number[])[];

export interface Expectation {
  /** Expected quality of each network, in the unit of the labels. */
  readonly mean: Float64Array;
  /** Standard deviation of that expectation, larger where less is known; never negative. */
  readonly deviation: Float64Array;
}

export interface FittedPredictor {
  predict(features: Features): Expectation;
}

export interface Predictor {
  readonly name: string;
  /** How it works, on one line. */
  readonly formula: string;
  readonly reference: string;
  /**
   * Learns from `features` [n, d] and their `labels` [n], more being better; random draws come from `seed`. Throws
   * WeftError('data') for fewer than two labels, labels that are not finite, and rows of different lengths.
   */
  fit(features: Features, labels: readonly number[], seed?: number): FittedPredictor;
}
