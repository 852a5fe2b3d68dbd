/** Compares a tested classifier with simpler models, and measures its strengths. */
import { type CalibrationBin, calibrationCurve, calibrationError, errorByChance } from '../statistics/calibration.js';
import { callsOf } from '../statistics/classification.js';
import {
  type ClassificationMeasures,
  classificationMeasures,
  mostProbable,
  pairedShareDifference,
} from '../statistics/index.js';
import { type Logits, probabilitiesOf } from '../training/predict.js';
import { largestOf } from '../statistics/extremes.js';
import { stream } from '../tensor/rng.js';
import { askSimpleModels, type Rows } from './simple-models/index.js';

/** A simpler model on the same test examples. */
export interface Rival {
  readonly name: string;
  readonly accuracy: number;
  /** How much higher the network's accuracy is, with a 95 % interval over test examples. */
  readonly difference: number;
  readonly interval: readonly [number, number];
}

/** How well a network's probabilities are calibrated. */
export interface Calibration {
  readonly curve: readonly CalibrationBin[];
  /** The average error that perfectly calibrated probabilities would show on this number of examples. */
  readonly errorByChance: number;
  /**
   * What the logits are divided by, if it was fitted, and the calibration of the network's probabilities without it.
   */
  readonly temperature?: number;
  readonly before?: { readonly error: number; readonly loss: number; readonly curve: readonly CalibrationBin[] };
}

export interface Assessment extends Omit<ClassificationMeasures, 'confusion' | 'classes'> {
  /** Always predicting the most frequent class of the training data. */
  readonly majority: Rival;
  /** Best first. */
  readonly simpleModels: readonly Rival[];
  /** Number of training examples that the simple models used, and the total. */
  readonly learnedFrom: readonly [number, number];
  readonly classNames: readonly string[];
  readonly classes: ClassificationMeasures['classes'];
  /** Rows are true classes; absent where there are more than fifty. */
  readonly confusion?: ClassificationMeasures['confusion'];
  readonly calibration: Calibration;
}

/** What the simple models are trained and tested on: plain rows of the training and test examples. */
export interface PlainExamples {
  /** At most as many as they can afford. */
  readonly train: Rows;
  /** All training examples by class. */
  readonly counts: readonly number[];
  readonly test: Rows;
  readonly classNames: readonly string[];
}

const MOST_CONFUSED = 50;

/**
 * Compares the network's logits on the test part, in the order of `examples.test`, with the majority class and simple
 * models.
 */
export function assess(
  own: Logits,
  { train, test, counts, classNames }: PlainExamples,
  { seed, temperature }: { readonly seed: number; readonly temperature?: number | undefined },
): Assessment {
  const classes = classNames.length;
  const { probabilities, labels } = probabilitiesOf(own, classes, temperature);
  const called = mostProbable(probabilities, labels.length, classes);
  const rival = (name: string, others: ArrayLike<number>): Rival => {
    let [right, onlyNetwork, onlyRival] = [0, 0, 0];
    for (let i = 0; i < labels.length; i++) {
      const [own, other] = [called[i] === labels[i], others[i] === labels[i]];
      if (other) right++;
      if (own && !other) onlyNetwork++;
      if (other && !own) onlyRival++;
    }
    return { name, accuracy: right / labels.length, ...pairedShareDifference(onlyNetwork, onlyRival, labels.length) };
  };
  const most = counts.indexOf(largestOf(counts));
  const { confusion, ...measures } = classificationMeasures(probabilities, labels, classes);
  return {
    majority: rival(`always '${classNames[most]}'`, new Int32Array(labels.length).fill(most)),
    simpleModels: askSimpleModels(train, test, classes, seed)
      .map(({ name, called }) => rival(name, called))
      .sort((a, b) => b.accuracy - a.accuracy),
    learnedFrom: [train.count, counts.reduce((a, b) => a + b, 0)],
    classNames,
    ...measures,
    ...(classes <= MOST_CONFUSED && { confusion }),
    calibration: calibrationOf(own, classes, seed, temperature),
  };
}

function calibrationOf(own: Logits, classes: number, seed: number, temperature: number | undefined): Calibration {
  const { labels } = own;
  const callsAt = (t?: number) => callsOf(probabilitiesOf(own, classes, t).probabilities, labels, classes);
  const calls = callsAt(temperature);
  const before = calibrationCurve(callsAt());
  return {
    curve: calibrationCurve(calls),
    errorByChance: errorByChance(calls, stream(seed, 'calibration')),
    ...(temperature !== undefined && {
      temperature,
      before: { error: calibrationError(before), loss: crossEntropy(own, classes), curve: before },
    }),
  };
}

/** Mean of log Σ exp z - z_label, in nats. */
function crossEntropy({ logits, labels }: Logits, classes: number): number {
  let sum = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const highest = largestOf(row);
    sum += highest + Math.log(row.reduce((total, z) => total + Math.exp(z - highest), 0)) - row[label]!;
  });
  return sum / labels.length;
}
