/**
 * The contract of all predictors: they learn from encoded networks with their qualities, and predict the quality of
 * others with an uncertainty. Strategies depend on nothing else.
 */

/** One row per network: its encoding. */
export type Features = readonly (readonly number[])[];

export interface Expectation {
  /** Expected quality of each network, in the unit of the labels. */
  readonly mean: Float64Array;
  /** Standard deviation of that expectation, larger where there is less evidence; never negative. */
  readonly deviation: Float64Array;
}

export interface FittedPredictor {
  predict(features: Features): Expectation;
}

export interface Predictor {
  readonly name: string;
  /** A one-line description. */
  readonly formula: string;
  readonly reference: string;
  /**
   * Fits `features` [n, d] and their `labels` [n], more being better; random draws come from `seed`. Throws
   * WeftError('data') for fewer than two labels, labels that are not finite, and rows of different lengths.
   */
  fit(features: Features, labels: readonly number[], seed?: number): FittedPredictor;
}
