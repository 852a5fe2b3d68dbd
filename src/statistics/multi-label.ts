/** Evaluation of multi-label predictions. */
import { classificationMeasures } from './classification.js';
import { mean } from './summary.js';

export interface FlagMeasures {
  /** Number of examples that have the label. */
  readonly count: number;
  /** Fraction of correct answers, at a probability threshold of one half. */
  readonly accuracy: number;
  readonly precision?: number;
  readonly recall?: number;
  /** F1, 2·hits / (predicted + actual); absent if both are zero. */
  readonly f1?: number;
  /** Area under the ROC curve; absent if every example has the label or none does. */
  readonly auc?: number;
  /**
   * Average precision: the mean, over the examples that have the label, of the precision among all that are at least as
   * probable; absent if none has it.
   */
  readonly averagePrecision?: number;
}

export interface MultiLabelMeasures {
  readonly labels: readonly FlagMeasures[];
  /** Mean F1 over the labels that have one. */
  readonly macroF1: number;
  /** Micro-averaged F1: 2·hits / (predicted + actual), 1 if both are zero. */
  readonly microF1: number;
  /** Fraction of examples all of whose labels are correct. */
  readonly exactMatch: number;
  /** Mean average precision (mAP) over the labels that occur in some example; absent if none does. */
  readonly meanAveragePrecision?: number;
}

/**
 * Measures of probabilities, row-major [count, labels], against flags of 0 and 1; a label is predicted from a
 * probability of one half. At least one example.
 */
export function multiLabelMeasures(
  probabilities: ArrayLike<number>,
  flags: ArrayLike<number>,
  size: number,
): MultiLabelMeasures {
  const count = flags.length / size;
  let exact = 0;
  let [hits, said, hold] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    let right = true;
    for (let label = i * size; label < (i + 1) * size; label++) {
      const says = probabilities[label]! >= 0.5;
      if (says) said++;
      if (flags[label] === 1) hold++;
      if (says && flags[label] === 1) hits++;
      if (says !== (flags[label] === 1)) right = false;
    }
    if (right) exact++;
  }
  const labels = Array.from({ length: size }, (_, label) => {
    const at = (values: ArrayLike<number>) => Float64Array.from({ length: count }, (_, i) => values[i * size + label]!);
    return flagMeasures(at(probabilities), at(flags));
  });
  const precisions = labels.flatMap(({ averagePrecision }) => averagePrecision ?? []);
  const f1s = labels.flatMap(({ f1 }) => f1 ?? []);
  return {
    labels,
    macroF1: f1s.length > 0 ? mean(f1s) : 1,
    microF1: said + hold > 0 ? (2 * hits) / (said + hold) : 1,
    exactMatch: exact / count,
    ...(precisions.length > 0 && { meanAveragePrecision: mean(precisions) }),
  };
}

/** For one label. */
function flagMeasures(probabilities: Float64Array, flags: Float64Array): FlagMeasures {
  const count = flags.length;
  const both = new Float64Array(2 * count);
  // Ties between two classes go to the first: at one half the label is predicted.
  probabilities.forEach((p, i) => both.set([p, 1 - p], 2 * i));
  const isSo = Int32Array.from(flags, (flag) => (flag === 1 ? 0 : 1));
  const { classes, confusion, auc } = classificationMeasures(both, isSo, 2);
  const [holds] = classes;
  const averagePrecision = averagePrecisionOf(probabilities, flags);
  return {
    count: holds!.count,
    accuracy: (confusion[0]![0]! + confusion[1]![1]!) / count,
    ...(holds!.precision !== undefined && { precision: holds!.precision }),
    ...(holds!.recall !== undefined && { recall: holds!.recall }),
    ...(holds!.f1 !== undefined && { f1: holds!.f1 }),
    ...(auc !== undefined && { auc }),
    ...(averagePrecision !== undefined && { averagePrecision }),
  };
}

/** Σ (recall_i − recall_{i−1})·precision_i over the distinct probabilities, largest first. */
function averagePrecisionOf(probabilities: Float64Array, flags: Float64Array): number | undefined {
  const hold = flags.reduce((sum, flag) => sum + flag, 0);
  if (hold === 0) return undefined;
  const order = Array.from(flags.keys()).sort((a, b) => probabilities[b]! - probabilities[a]!);
  let [sum, hits] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    let own = 0;
    while (to < order.length && probabilities[order[to]!] === probabilities[order[from]!]) own += flags[order[to++]!]!;
    hits += own;
    sum += (own / hold) * (hits / to);
    from = to;
  }
  return sum;
}
