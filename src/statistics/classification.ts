/** Evaluation of a classifier's probabilities beyond accuracy: errors by class, ranking, calibration. */
import { calibrationCurve, calibrationError, type Call } from './calibration.js';

export interface ClassMeasures {
  /** Number of examples of the class. */
  readonly count: number;
  /** Precision: the fraction of examples predicted as this class that belong to it; absent if none is predicted. */
  readonly precision?: number;
  /** Recall: the fraction of examples of this class that are predicted as it; absent if there are none. */
  readonly recall?: number;
  /** F1, the harmonic mean of both: 2·hits / (predicted + actual); absent if both counts are zero. */
  readonly f1?: number;
}

export interface ClassificationMeasures {
  /** Number of examples of each true class (row) that are predicted as each class (column). */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassMeasures[];
  /** Mean recall over the classes that occur. */
  readonly balancedAccuracy: number;
  /** Mean F1 over the classes that occur. */
  readonly macroF1: number;
  /**
   * Area under the ROC curve: the probability that an example of the class has a higher probability of it than one of
   * another class, averaged over classes; absent with one class.
   */
  readonly auc?: number;
  /** Expected calibration error. */
  readonly calibrationError: number;
}

/** Probabilities row-major [count, classes], and the true class of each example. At least one example. */
export function classificationMeasures(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): ClassificationMeasures {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const called = mostProbable(probabilities, labels.length, classes);
  for (let i = 0; i < labels.length; i++) confusion[labels[i]!]![called[i]!]!++;
  const perClass = confusion.map((row, index): ClassMeasures => {
    const count = sum(row);
    const named = sum(confusion.map((other) => other[index]!));
    const hits = row[index]!;
    return {
      count,
      ...(named > 0 && { precision: hits / named }),
      ...(count > 0 && { recall: hits / count }),
      ...(count + named > 0 && { f1: (2 * hits) / (count + named) }),
    };
  });
  const present = perClass.filter(({ count }) => count > 0);
  const areas = present.length > 1 ? classAreas(probabilities, labels, classes) : [];
  return {
    confusion,
    classes: perClass,
    balancedAccuracy: sum(present.map(({ recall }) => recall!)) / present.length,
    macroF1: sum(present.map(({ f1 }) => f1!)) / present.length,
    ...(areas.length > 0 && { auc: sum(areas) / areas.length }),
    calibrationError: calibrationError(calibrationCurve(callsOf(probabilities, labels, classes))),
  };
}

/** The most probable class of each example; ties go to the first. */
export function mostProbable(probabilities: ArrayLike<number>, count: number, classes: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if (probabilities[i * classes + c]! > probabilities[i * classes + best]!) best = c;
    return best;
  });
}

/**
 * The area for each class that has both positive and negative examples, by midranks (Mann & Whitney 1947): ties count
 * half.
 */
function classAreas(probabilities: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number[] {
  const count = labels.length;
  const areas: number[] = [];
  for (let c = 0; c < classes; c++) {
    const score = (i: number): number => probabilities[i * classes + c]!;
    const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => score(a) - score(b));
    let [rankSum, own] = [0, 0];
    for (let from = 0; from < count;) {
      let to = from + 1;
      while (to < count && score(order[to]!) === score(order[from]!)) to++;
      for (let i = from; i < to; i++)
        if (labels[order[i]!] === c) {
          own++;
          rankSum += (from + to + 1) / 2;
        }
      from = to;
    }
    if (own > 0 && own < count) areas.push((rankSum - (own * (own + 1)) / 2) / (own * (count - own)));
  }
  return areas;
}

/** The predicted class of each example, and whether it is correct. */
export function callsOf(probabilities: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Call[] {
  const called = mostProbable(probabilities, labels.length, classes);
  return Array.from(called, (name, i) => ({
    confidence: probabilities[i * classes + name]!,
    right: name === labels[i],
  }));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
