/** Compares a tested multi-label network with simpler models. */
import { assessMean, type Interval, mean, type MultiLabelMeasures, multiLabelMeasures } from '../statistics/index.js';
import { type PredictedValues } from '../training/predict.js';
import { flagProbabilities } from './label-measures.js';
import { askSimpleModels, type Rows } from './simple-models/index.js';

/** A simpler model fitted to each label separately, on the same test examples. */
export interface FlagRival {
  readonly name: string;
  /** Share of right answers over all labels. */
  readonly accuracy: number;
  readonly macroF1: number;
  readonly exactMatch: number;
  /** How much higher the network's share of right answers is, with a 95 % interval over test examples. */
  readonly difference: number;
  readonly interval?: Interval;
}

export interface FlagAssessment extends MultiLabelMeasures {
  readonly names: readonly string[];
  /** Share of right answers over all labels. */
  readonly accuracy: number;
  /** Always predicting the more frequent value of each label in the training data. */
  readonly usual: FlagRival;
  /** Best first. */
  readonly simpleModels: readonly FlagRival[];
  /** Number of training examples that the simple models used, and the total. */
  readonly learnedFrom: readonly [number, number];
}

interface Part extends Omit<Rows, 'labels'> {
  /** Row-major [count, names], 1 where the label holds. */
  readonly flags: Float64Array;
}

/** Plain rows of the training and test examples. */
export interface PlainFlags {
  readonly train: Part;
  readonly test: Part;
  /** All training examples. */
  readonly count: number;
  readonly names: readonly string[];
}

/**
 * Compares the network's logits on the test part, in the order of `test`, with the most frequent labels and simple
 * models.
 */
export function assessFlags(
  { predicted }: Pick<PredictedValues, 'predicted'>,
  { train, test, count, names }: PlainFlags,
  seed: number,
): FlagAssessment {
  const size = names.length;
  const own = flagProbabilities(predicted);
  const rightOf = (said: ArrayLike<number>): number[] =>
    Array.from({ length: test.count }, (_, i) => {
      let right = 0;
      for (let at = i * size; at < (i + 1) * size; at++) if (said[at]! >= 0.5 === (test.flags[at] === 1)) right++;
      return right / size;
    });
  const mine = rightOf(own);
  const rival = (name: string, said: Float64Array): FlagRival => {
    const theirs = rightOf(said);
    const { macroF1, exactMatch } = multiLabelMeasures(said, test.flags, size);
    const { value, interval } = assessMean(mine.map((right, i) => right - theirs[i]!));
    return { name, accuracy: mean(theirs), macroF1, exactMatch, difference: value, ...(interval && { interval }) };
  };
  const shares = names.map((_, label) =>
    mean(Array.from({ length: train.count }, (_, i) => train.flags[i * size + label]!)),
  );
  return {
    names,
    ...multiLabelMeasures(own, test.flags, size),
    accuracy: mean(mine),
    usual: rival(
      'the more frequent answer',
      Float64Array.from(own, (_, i) => (shares[i % size]! >= 0.5 ? 1 : 0)),
    ),
    simpleModels: simpleAnswers(train, test, size, seed)
      .map(({ name, said }) => rival(name, said))
      .sort((a, b) => b.accuracy - a.accuracy),
    learnedFrom: [train.count, count],
  };
}

/** The answers of each simple model, fitted to each label; only models that are affordable for all labels. */
function simpleAnswers(train: Part, test: Part, size: number, seed: number): { name: string; said: Float64Array }[] {
  const found = new Map<string, { said: Float64Array; labels: number }>();
  const one = (part: Part, label: number): Rows => ({
    ...part,
    labels: Int32Array.from({ length: part.count }, (_, i) => part.flags[i * size + label]!),
  });
  for (let label = 0; label < size; label++)
    for (const { name, called } of askSimpleModels(one(train, label), one(test, label), 2, seed)) {
      const entry = found.get(name) ?? { said: new Float64Array(test.count * size), labels: 0 };
      called.forEach((answer, i) => (entry.said[i * size + label] = answer));
      entry.labels++;
      found.set(name, entry);
    }
  return [...found].filter(([, { labels }]) => labels === size).map(([name, { said }]) => ({ name, said }));
}
