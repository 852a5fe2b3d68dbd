/** Calibration of probabilities: of the examples predicted with 80 %, about 80 % should be correct. */
import { type Rng } from '../tensor/rng.js';
import { mean } from './summary.js';

/** The examples whose largest probability lies in one range. */
export interface CalibrationBin {
  readonly count: number;
  /** Mean of these probabilities. */
  readonly confidence: number;
  /** Fraction of these examples that are predicted correctly. */
  readonly accuracy: number;
}

/** The predicted class of one example, its probability, and whether it is correct. */
export interface Call {
  readonly confidence: number;
  readonly right: boolean;
}

const BINS = 15;

/** The reliability curve: 15 bins of equal width, without empty ones (Guo et al. 2017, arXiv 1706.04599, section 2). */
export function calibrationCurve(calls: readonly Call[]): CalibrationBin[] {
  const sums = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (const { confidence, right } of calls) {
    const bin = sums[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.count++;
    bin.confidence += confidence;
    bin.right += right ? 1 : 0;
  }
  return sums
    .filter(({ count }) => count > 0)
    .map(({ count, confidence, right }) => ({ count, confidence: confidence / count, accuracy: right / count }));
}

/**
 * Expected calibration error: the mean distance between confidence and accuracy over the bins, weighted by their number
 * of examples (equation 3 there).
 */
export function calibrationError(curve: readonly CalibrationBin[]): number {
  const total = curve.reduce((sum, { count }) => sum + count, 0);
  return (
    curve.reduce((sum, { count, confidence, accuracy }) => sum + count * Math.abs(confidence - accuracy), 0) / total
  );
}

const DRAWS = 100;

/**
 * The error that the same confidences would show on average if each were perfectly calibrated: with few examples it is
 * far from zero (Bröcker & Smith 2007).
 */
export const errorByChance = (calls: readonly Call[], rng: Rng): number =>
  mean(
    Array.from({ length: DRAWS }, () =>
      calibrationError(
        calibrationCurve(calls.map(({ confidence }) => ({ confidence, right: rng.uniform() < confidence }))),
      ),
    ),
  );

/** Range of temperatures considered. */
const [LOWEST, HIGHEST] = [0.05, 20];
const HALVINGS = 40;

/**
 * The temperature T for which softmax(z / T) of the logits z, row-major [count, classes], has the least cross-entropy
 * with the labels (Guo et al. 2017, section 4.2), in 0.05..20. Dividing by it preserves the order, so that predicted
 * classes do not change. As in Platt scaling (Platt 1999) a label counts (n + 1) / (n + 2) and the other classes share
 * the rest: without that the temperature would be zero if all examples were classified correctly.
 */
export function fitTemperature(logits: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  const count = labels.length;
  const other = 1 / (count + 2) / (classes - 1);
  const own = 1 - 1 / (count + 2);
  // The slope of the mean cross-entropy in β = 1/T, which is convex in it: E_p[z] - E_label[z].
  const slope = (beta: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      let highest = -Infinity;
      for (let c = 0; c < classes; c++) highest = Math.max(highest, logits[i * classes + c]!);
      let [total, weighted, plain] = [0, 0, 0];
      for (let c = 0; c < classes; c++) {
        const z = logits[i * classes + c]! - highest;
        const p = Math.exp(beta * z);
        total += p;
        weighted += p * z;
        plain += z;
      }
      const named = logits[i * classes + labels[i]!]! - highest;
      sum += weighted / total - (other * plain + (own - other) * named);
    }
    return sum;
  };
  let [low, high] = [Math.log(1 / HIGHEST), Math.log(1 / LOWEST)];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  return Math.exp(-(low + high) / 2);
}
