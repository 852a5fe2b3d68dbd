/** Examples as plain rows, for the simple models that a network is compared with. */
import { batches, classCounts, exampleSize, pickSplit, type PreparedData, type Split } from '../data/index.js';
import { stream } from '../tensor/rng.js';
import { type SearchBatches } from './data.js';

/** Maximum number of training examples for simple models; more would make them slower rather than better. */
const MOST_EXAMPLES = 1000;
/** Maximum number of values of the test part held as rows (80 MB). */
const MOST_NUMBERS = 2e7;

/** The network's training and test examples, normalized in the same way; undefined if the test part is too large. */
export function plainRows(
  { dataset, splits: { test }, normalization, scaling }: PreparedData,
  together: Split,
  { seed, season }: { readonly seed: number; readonly season?: number | undefined },
): Pick<SearchBatches, 'plainExamples' | 'plainFlags' | 'plainValues'> {
  const { classes, classNames, inputShape } = dataset;
  const size = exampleSize(inputShape);
  if (test.indices.length * size > MOST_NUMBERS) return {};
  /** The rows for training and testing, with the labels of each. */
  const partsOf = <T extends object>(answersOf: (split: Split) => T) => {
    const rowsOf = (split: Split) => {
      const count = split.indices.length;
      const whole = { batchSize: count, seed, normalization, shuffle: false, last: 'keep' } as const;
      return { values: batches(split, whole).at(0, 0).inputs, count, size, ...answersOf(split) };
    };
    return { train: rowsOf(drawn(together, seed)), test: rowsOf(test) };
  };
  const count = together.indices.length;
  const flags = dataset.targets?.areFlags ? dataset.targets.names : undefined;
  if (flags) return { plainFlags: () => ({ ...partsOf(({ targets }) => ({ flags: targets! })), count, names: flags }) };
  if (scaling)
    return {
      plainValues: () => ({
        ...partsOf(({ targets }) => ({ targets: targets! })),
        count,
        scaling,
        naive: naiveForecasts(dataset, test, season),
      }),
    };
  return {
    plainExamples: () => ({
      ...partsOf(({ labels }) => ({ labels })),
      counts: [...classCounts(together.labels, classes)],
      classNames: classNames ?? Array.from({ length: classes }, (_, i) => String(i)),
    }),
  };
}

/** At most `MOST_EXAMPLES` of a split, drawn with `stream(seed, 'simple-models')`. */
function drawn(split: Split, seed: number): Split {
  const count = split.indices.length;
  if (count <= MOST_EXAMPLES) return split;
  return pickSplit(split, stream(seed, 'simple-models').permutation(count).slice(0, MOST_EXAMPLES).sort());
}

/** Naive forecasts of a series: that it keeps its last value, and that it repeats after a season; in its own units. */
function naiveForecasts(
  { series, inputShape }: PreparedData['dataset'],
  { examples: { images }, indices }: Split,
  season: number | undefined,
): { name: string; predicted: Float64Array }[] {
  if (series?.own === undefined || series.horizon === 0) return [];
  const { window, horizon, own } = series;
  const channels = inputShape[2];
  const at = (row: number): Float64Array =>
    Float64Array.from(indices, (index) => images[(index * window + row) * channels + own]!);
  // The last row of the window that lies a whole number of seasons before the target.
  const before = season === undefined ? -1 : window - 1 + horizon - season * Math.ceil(horizon / season);
  return [
    { name: 'the last value', predicted: at(window - 1) },
    ...(before >= 0 && before < window - 1 ? [{ name: 'the value one season before', predicted: at(before) }] : []),
  ];
}
