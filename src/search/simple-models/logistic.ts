/** Logistic regression: the baseline that a network should beat. */
import { mostProbable } from '../../statistics/index.js';
import { type Rows, type SimpleModel } from './contract.js';

const MOST_STEPS = 300;
const MOST_WORK = 2e8;
const TOLERANCE = 1e-4;

/**
 * Multinomial logistic regression with a bias, min over W of mean cross-entropy + |W|²/2N (the strength that
 * scikit-learn has by default), by Nesterov's gradient with restarts (O'Donoghue & Candès 2015) and the step 1/L, where
 * L bounds the curvature (Böhning 1992: that of the softmax is at most 1/2).
 */
export const logisticRegression: SimpleModel = (train, test, classes) => {
  const weights = fitLogistic(train, classes);
  return mostProbable(logitsOf(weights, test, classes), test.count, classes);
};

/** The weights [size + 1, classes], row-major; the last row is the bias. */
export function fitLogistic(train: Rows, classes: number): Float64Array {
  const { count, size } = train;
  const length = (size + 1) * classes;
  const step = 1 / (largestEigenvalue(train) / 2 + 1 / count);
  const steps = Math.min(MOST_STEPS, Math.ceil(MOST_WORK / (4 * count * length)));
  let weights = new Float64Array(length);
  let ahead = weights.slice();
  let momentum = 1;
  for (let i = 0; i < steps; i++) {
    const gradient = gradientAt(ahead, train, classes);
    const next = ahead.map((value, j) => value - step * gradient[j]!);
    let along = 0;
    for (let j = 0; j < length; j++) along += gradient[j]! * (next[j]! - weights[j]!);
    if (gradient.every((value) => Math.abs(value) < TOLERANCE)) return next;
    const following = along > 0 ? 1 : (1 + Math.sqrt(1 + 4 * momentum ** 2)) / 2;
    const factor = along > 0 ? 0 : (momentum - 1) / following;
    ahead = next.map((value, j) => value + factor * (value - weights[j]!));
    weights = next;
    momentum = following;
  }
  return weights;
}

/** The gradient of the weights [size + 1, classes]; the last row is the bias, which is not regularized. */
function gradientAt(weights: Float64Array, rows: Rows, classes: number): Float64Array {
  const { values, labels, count, size } = rows;
  const logits = logitsOf(weights, rows, classes);
  const gradient = new Float64Array(weights.length);
  for (let i = 0; i < count; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let total = 0;
    for (let c = 0; c < classes; c++) total += row[c] = Math.exp(row[c]! - largest);
    for (let c = 0; c < classes; c++) row[c] = (row[c]! / total - (labels[i] === c ? 1 : 0)) / count;
    for (let j = 0; j <= size; j++) {
      const value = j < size ? values[i * size + j]! : 1;
      if (value === 0) continue;
      for (let c = 0; c < classes; c++) gradient[j * classes + c]! += value * row[c]!;
    }
  }
  for (let j = 0; j < size * classes; j++) gradient[j]! += weights[j]! / count;
  return gradient;
}

function logitsOf(weights: Float64Array, { values, count, size }: Rows, classes: number): Float64Array {
  const logits = new Float64Array(count * classes);
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= size; j++) {
      const value = j < size ? values[i * size + j]! : 1;
      if (value === 0) continue;
      for (let c = 0; c < classes; c++) logits[i * classes + c]! += value * weights[j * classes + c]!;
    }
  return logits;
}

/**
 * An upper bound on the largest eigenvalue of the mean of x·xᵀ over rows with a one appended: by power iteration, with
 * a margin, and never above the trace.
 */
function largestEigenvalue({ values, count, size }: Rows): number {
  let trace = 1;
  for (let i = 0; i < count * size; i++) trace += values[i]! ** 2 / count;
  let vector = new Float64Array(size + 1).fill(1 / Math.sqrt(size + 1));
  let found = 0;
  for (let round = 0; round < 20; round++) {
    const next = new Float64Array(size + 1);
    for (let i = 0; i < count; i++) {
      let product = vector[size]!;
      for (let j = 0; j < size; j++) product += values[i * size + j]! * vector[j]!;
      product /= count;
      for (let j = 0; j < size; j++) next[j]! += product * values[i * size + j]!;
      next[size]! += product;
    }
    found = Math.sqrt(next.reduce((total, value) => total + value * value, 0));
    vector = next.map((value) => value / found);
  }
  return Math.min(trace, 1.2 * found);
}
