/** A tested classifier beside what is simpler, and what it is good at. */
import {
  type ClassificationMeasures,
  classificationMeasures,
  mostProbable,
  pairedShareDifference,
} from '../statistics/index.js';
import { type Probabilities } from '../training/predict.js';
import { largestOf } from '../statistics/extremes.js';
import { askSimpleModels, type Rows } from './simple-models/index.js';

/** A simpler model on the same test examples. */
export interface Rival {
  readonly name: string;
  readonly accuracy: number;
  /** By how much the network's accuracy is higher, and a 95 % interval of that over test examples. */
  readonly difference: number;
  readonly interval: readonly [number, number];
}

export interface Assessment extends Omit<ClassificationMeasures, 'confusion' | 'classes'> {
  /** Always calling every example by the most frequent class of the training data. */
  readonly majority: Rival;
  /** Best first. */
  readonly simpleModels: readonly Rival[];
  /** Training examples that the simple models had, of how many. */
  readonly learnedFrom: readonly [number, number];
  readonly classNames: readonly string[];
  readonly classes: ClassificationMeasures['classes'];
  /** Rows are true classes; absent where there are more than fifty. */
  readonly confusion?: ClassificationMeasures['confusion'];
}

/** What the simple models learn from and are asked about: plain rows of the training and test examples. */
export interface PlainExamples {
  /** At most so many as they can afford. */
  readonly train: Rows;
  /** All training examples by class. */
  readonly counts: readonly number[];
  readonly test: Rows;
  readonly classNames: readonly string[];
}

const MOST_CONFUSED = 50;

/** The network's probabilities on the test part, in the order of `examples.test`, beside the majority class and simple models. */
export function assess(
  { probabilities, labels }: Probabilities,
  { train, test, counts, classNames }: PlainExamples,
  seed: number,
): Assessment {
  const classes = classNames.length;
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
  };
}
