/** Compares a tested regression network with simpler models. */
import { type TargetScaling } from '../data/index.js';
import { assessMean, type Estimated, type Interval, mean, regressionMeasures, varies } from '../statistics/index.js';
import { stream } from '../tensor/rng.js';
import { type PredictedValues } from '../training/predict.js';
import { askValueModels, meanValue, type ValueRows } from './simple-models/values.js';

/** A simpler model on the same test examples. */
export interface ValueRival {
  readonly name: string;
  /** Root mean squared error. */
  readonly rmse: number;
  /** Absent, like the difference, if the test targets do not vary. */
  readonly r2?: number;
  /**
   * How much higher the network's R² is: the difference of the squared errors over the variance of the test targets,
   * with a 95 % interval over test examples.
   */
  readonly difference?: number;
  readonly interval?: Interval;
}

export interface TargetAssessment {
  readonly name: string;
  readonly rmse: Estimated;
  readonly mae: Estimated;
  readonly r2?: Estimated;
  /** Always predicting the mean of the training part. */
  readonly mean: ValueRival;
  /** Best first. */
  readonly simpleModels: readonly ValueRival[];
  /** Actual and predicted values of test examples, at most as many as a chart can show. */
  readonly points: readonly (readonly [actual: number, predicted: number])[];
}

export interface ValueAssessment {
  readonly targets: readonly TargetAssessment[];
  /** For several targets, the mean of their R², in which they count equally whatever their units. */
  readonly meanR2?: number;
  /** Number of training examples that the simple models used, and the total. */
  readonly learnedFrom: readonly [number, number];
}

/** Plain rows of the training and test examples; targets row-major [count, targets], scaled. */
export interface PlainValues {
  readonly train: Omit<ValueRows, 'targets'> & { readonly targets: Float64Array };
  readonly test: Omit<ValueRows, 'targets'> & { readonly targets: Float64Array };
  /** All training examples. */
  readonly count: number;
  readonly scaling: TargetScaling;
  /** Naive forecasts of a series for the test part, in order and in the series' units. */
  readonly naive?: readonly { readonly name: string; readonly predicted: Float64Array }[];
}

const MOST_POINTS = 500;

/** Compares the network's predictions on the test part, in the order of `test`, with the mean and simple models. */
export function assessValues(
  { predicted, actual }: PredictedValues,
  { train, test, count, scaling, naive = [] }: PlainValues,
  seed: number,
): ValueAssessment {
  const size = scaling.names.length;
  const targets = scaling.names.map((name, target): TargetAssessment => {
    const unit = { of: scaling, target };
    const of = (values: ArrayLike<number>): Float64Array => column(values, size, unit);
    const [truth, own] = [of(actual), of(predicted)];
    const rows = (part: PlainValues['train']): ValueRows => ({ ...part, targets: of(part.targets) });
    const [learned, asked] = [rows(train), rows(test)];
    const rival = (called: string, others: Float64Array): ValueRival => compareValues(called, truth, own, others);
    return {
      name,
      ...regressionMeasures(truth, own, { rng: stream(seed, 'regression-measures', name) }),
      mean: rival('the mean', meanValue(learned, asked, seed)),
      simpleModels: [...naive, ...askValueModels(learned, asked, seed)]
        .map((one) => rival(one.name, one.predicted))
        .sort((a, b) => a.rmse - b.rmse),
      points: thinned(truth.length, (i) => [truth[i]!, own[i]!]),
    };
  });
  const explained = targets.flatMap(({ r2 }) => r2?.value ?? []);
  return {
    targets,
    ...(explained.length > 1 && { meanR2: mean(explained) }),
    learnedFrom: [train.count, count],
  };
}

/** One target's column of row-major values, in its own unit. */
const column = (
  values: ArrayLike<number>,
  size: number,
  { of: { mean: means, std }, target }: { of: TargetScaling; target: number },
): Float64Array =>
  Float64Array.from(
    { length: values.length / size },
    (_, i) => values[i * size + target]! * std[target]! + means[target]!,
  );

function compareValues(name: string, actual: Float64Array, own: Float64Array, others: Float64Array): ValueRival {
  const errors = (of: Float64Array): number[] => Array.from(actual, (value, i) => (value - of[i]!) ** 2);
  const [mine, theirs] = [errors(own), errors(others)];
  const rmse = Math.sqrt(mean(theirs));
  if (!varies(actual)) return { name, rmse };
  const centre = mean([...actual]);
  const variance = mean(Array.from(actual, (value) => (value - centre) ** 2));
  const { value, interval } = assessMean(theirs.map((error, i) => (error - mine[i]!) / variance));
  return {
    name,
    rmse,
    r2: 1 - mean(theirs) / variance,
    difference: value,
    ...(interval && { interval }),
  };
}

/** Evenly thinned entries, at most `MOST_POINTS` of them. */
function thinned<T>(count: number, entry: (i: number) => T): T[] {
  const step = Math.ceil(count / MOST_POINTS);
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => entry(i * step));
}
