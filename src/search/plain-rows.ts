/** Examples as plain rows, for the simple models that a network is compared with. */
import { batches, classCounts, exampleSize, pickSplit, type PreparedData, type Split } from '../data/index.js';
import { stream } from '../tensor/rng.js';
import { type SearchBatches } from './data.js';

/** Training examples that simple models learn from; more make them slow rather than better. */
const MOST_EXAMPLES = 1000;
/** Numbers of the test part beyond which it is not held as rows (80 MB). */
const MOST_NUMBERS = 2e7;

/** The examples that the network learned from and those that it is tested on, normalized alike; nothing where the test part is too large. */
export function plainRows(
  { dataset, splits: { test }, normalization, scaling }: PreparedData,
  together: Split,
  { seed, season }: { readonly seed: number; readonly season?: number | undefined },
): Pick<SearchBatches, 'plainExamples' | 'plainFlags' | 'plainValues'> {
  const { classes, classNames, inputShape } = dataset;
  const size = exampleSize(inputShape);
  if (test.indices.length * size > MOST_NUMBERS) return {};
  /** The rows to learn from and to be tested on, with the answers of each. */
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

/** At most `MOST_EXAMPLES` of a split, by `stream(seed, 'simple-models')`. */
function drawn(split: Split, seed: number): Split {
  const count = split.indices.length;
  if (count <= MOST_EXAMPLES) return split;
  return pickSplit(split, stream(seed, 'simple-models').permutation(count).slice(0, MOST_EXAMPLES).sort());
}

/** Forecasts of a series without learning: that it keeps its last value, and that it repeats itself after a season; in its own units. */
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
  // The last row of the window that is whole seasons before what is predicted.
  const before = season === undefined ? -1 : window - 1 + horizon - season * Math.ceil(horizon / season);
  return [
    { name: 'the last value', predicted: at(window - 1) },
    ...(before >= 0 && before < window - 1 ? [{ name: 'the value one season before', predicted: at(before) }] : []),
  ];
}
