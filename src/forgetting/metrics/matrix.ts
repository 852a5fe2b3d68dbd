/**
 * Measures of forgetting from a matrix of measurements. R[t][j] is the performance of architecture j after training
 * event t, and event j is the training of j itself; T is the last event. Rows may be short, and entries that were not
 * measured null. `better` says whether larger numbers are better (accuracy) or smaller ones (loss, error, perplexity);
 * the signs of the results do not depend on it.
 */
import { largestOf } from '../../statistics/extremes.js';
import { mean } from '../../statistics/index.js';

export type PerformanceMatrix = readonly (readonly (number | null)[])[];

export type Better = 'higher' | 'lower';

export interface Direction {
  readonly better?: Better;
}

/**
 * BWT = mean over j < T of R[T][j] - R[j][j]: positive when later training has helped (Lopez-Paz & Ranzato 2017). NaN
 * for one event.
 */
export function backwardTransfer(matrix: PerformanceMatrix, { better = 'higher' }: Direction = {}): number {
  return signOf(better) * meanOf(earlier(matrix).map((j) => at(matrix, last(matrix), j) - at(matrix, j, j)));
}

export interface ForgettingOptions extends Direction {
  /** Includes the last event in the maximum, so that no architecture counts as improved, as Mammoth does. */
  readonly clipped?: boolean;
}

/**
 * Mean over j < T of the best of R[t][j] over t < T, minus R[T][j]: positive if something was lost (Chaudhry et al.
 * 2018, equation 3).
 */
export function averageForgetting(
  matrix: PerformanceMatrix,
  { better = 'higher', clipped = false }: ForgettingOptions = {},
): number {
  const sign = signOf(better);
  return meanOf(
    earlier(matrix).map((j) => {
      const end = sign * at(matrix, last(matrix), j);
      const before = column(matrix, j)
        .slice(0, clipped ? undefined : last(matrix))
        .map((value) => sign * value);
      return largestOf(numbersOf(before)) - end;
    }),
  );
}

/**
 * FWT = mean over j > 0 of R[j-1][j] - initial[j]: what an architecture gains from sharing before it is first trained.
 */
export function forwardTransfer(
  matrix: PerformanceMatrix,
  initial: readonly (number | null)[],
  { better = 'higher' }: Direction = {},
): number {
  return signOf(better) * meanOf(matrix.slice(1).map((_, i) => at(matrix, i, i + 1) - (initial[i + 1] ?? NaN)));
}

/** The largest drop below R[j][j] of any architecture at any event after its own; 0 if none has dropped. */
export function worstDip(matrix: PerformanceMatrix, { better = 'higher' }: Direction = {}): number {
  const sign = signOf(better);
  const falls = earlier(matrix).flatMap((j) =>
    column(matrix, j)
      .slice(j + 1)
      .map((value) => sign * (at(matrix, j, j) - value)),
  );
  return numbersOf(falls).reduce((worst, fall) => Math.max(worst, fall), 0);
}

/**
 * Mean of reference[j] - own[j], by which learning is worse than without sharing or regularizer: the cost in
 * plasticity.
 */
export function intransigence(
  reference: readonly number[],
  own: readonly number[],
  { better = 'higher' }: Direction = {},
): number {
  return signOf(better) * meanOf(reference.map((value, j) => value - (own[j] ?? NaN)));
}

function signOf(better: Better): 1 | -1 {
  return better === 'higher' ? 1 : -1;
}

function at(matrix: PerformanceMatrix, t: number, j: number): number {
  return matrix[t]?.[j] ?? NaN;
}

function last(matrix: PerformanceMatrix): number {
  return matrix.length - 1;
}

/** Architectures that were trained before the last event. */
function earlier(matrix: PerformanceMatrix): number[] {
  return matrix.slice(0, -1).map((_, j) => j);
}

function column(matrix: PerformanceMatrix, j: number): number[] {
  return matrix.map((_, t) => at(matrix, t, j));
}

function numbersOf(values: readonly number[]): number[] {
  return values.filter((value) => !Number.isNaN(value));
}

/** Mean of what was measured. */
function meanOf(values: readonly number[]): number {
  return mean(numbersOf(values).filter(Number.isFinite));
}
