/** A short summary of a data set once it has been read: what was found, what was left out and why, and any cautions. */
import { isMissing } from './csv/encoding.js';
import { classCounts, type Dataset } from './dataset.js';
import { type NearlySeen } from './near-duplicates.js';
import { type Splits } from './split.js';
import { suspiciousColumns } from './suspicious.js';

/** Classes that are listed individually. */
const MOST_CLASSES = 10;
/** With fewer examples than this, a class cannot be assessed reliably. */
const RARE = 10;
/** If one class exceeds this share, always predicting it looks like success. */
const DOMINANT = 0.9;

/** The kind of examples. */
const examplesOf = ({ inputShape, series }: Dataset): string =>
  series
    ? `windows of ${series.window} rows of ${series.columns.length === 1 ? series.columns[0]! : `${series.columns.length} numbers`}, which predict ${series.horizon === 0 ? 'their last row' : series.horizon === 1 ? 'the next row' : `the row ${series.horizon} rows later`}`
    : inputShape[0] === 1 && inputShape[1] === 1
      ? 'rows'
      : inputShape[0] === 1
        ? `windows of ${inputShape[1]} rows of ${inputShape[2]} ${inputShape[2] === 1 ? 'number' : 'numbers'}`
        : `images of ${inputShape[1]}x${inputShape[0]}`;

/**
 * Human-readable lines; warnings come last. `seen`: test examples that also occur in another part, by the part's name.
 */
export function summarizeData(
  dataset: Dataset,
  splits: Splits,
  seen: Readonly<Record<string, number>> = {},
  nearly?: NearlySeen,
): string[] {
  return [
    ...(dataset.targets ? summarizeTargets(dataset, splits) : summarizeClasses(dataset, splits)),
    ...(dataset.reason === undefined ? [] : [dataset.reason]),
    ...filesLeftOut(dataset),
    ...(dataset.warnings ?? []).map((warning) => `careful: ${warning}`),
    ...repeats(splits, seen),
    ...nearRepeats(splits, nearly),
  ];
}

function summarizeClasses(dataset: Dataset, splits: Splits): string[] {
  const { train, test, classes, inputShape } = dataset;
  const counts = classCounts(train.labels, classes);
  const total = train.count + (test?.count ?? 0);
  if (test) classCounts(test.labels, classes).forEach((count, i) => (counts[i]! += count));
  const nameOf = (index: number): string => (dataset.classNames?.[index] ?? String(index)).replace(/\s+/g, ' ');
  const byClass = [...counts].map((count, index) => ({ name: nameOf(index), count }));
  const isTable = inputShape[0] === 1 && inputShape[1] === 1;
  const listed = byClass.slice(0, MOST_CLASSES).map(({ name, count }) => `${name} ${count}`);
  return [
    `${total} ${examplesOf(dataset)} in ${classes} classes: ${listed.join(', ')}${byClass.length > MOST_CLASSES ? `, and ${byClass.length - MOST_CLASSES} more` : ''}`,
    ...(isTable ? columnsOf(dataset) : []),
    partsOf(splits),
    ...warningsOf(byClass, total),
    ...absences(splits, nameOf),
    ...(isTable ? [...unknownLabels(byClass), ...suspiciousColumns(dataset)] : []),
  ];
}

/** Files that are listed individually. */
const MOST_FILES = 50;

function filesLeftOut({ leftOut = [] }: Dataset): string[] {
  if (leftOut.length === 0) return [];
  const more = leftOut.length - MOST_FILES;
  return [
    `careful: ${leftOut.length} ${leftOut.length === 1 ? 'image' : 'images'} could not be read and ${leftOut.length === 1 ? 'is' : 'are'} left out:`,
    ...leftOut.slice(0, MOST_FILES).map((reason) => `  ${reason}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

const partsOf = (splits: Splits): string =>
  `parts: ${(['train', 'validation', 'derive', 'fisher', 'test'] as const)
    .flatMap((part) => (splits[part] ? [`${splits[part].indices.length} ${part === 'train' ? 'training' : part}`] : []))
    .join(', ')}`;

/** A target this many standard deviations from the mean dominates the squared error on its own. */
const FAR = 10;

function summarizeTargets(dataset: Dataset, splits: Splits): string[] {
  const { train, test, inputShape, targets } = dataset;
  const isTable = inputShape[0] === 1 && inputShape[1] === 1;
  const { names, reason, areFlags } = targets!;
  if (areFlags) return summarizeFlags(dataset, splits, isTable);
  const described = names.map((name, target) => {
    const values = [train, ...(test ? [test] : [])].flatMap((part) =>
      Array.from({ length: part.count }, (_, i) => part.targets![i * names.length + target]!),
    );
    const mean = values.reduce((sum, value) => sum + value / values.length, 0);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0));
    const [least, most] = values.reduce(
      ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
      [Infinity, -Infinity],
    );
    const far = Math.max(most - mean, mean - least) / deviation;
    return {
      line: `'${name}' is a number to predict (regression): ${short(least)} to ${short(most)}, mean ${short(mean)}, standard deviation ${short(deviation)}`,
      warning:
        far > FAR
          ? `careful: '${name}' has values ${Math.floor(far)} standard deviations from its mean; they dominate the squared error`
          : undefined,
    };
  });
  return [
    `${train.count + (test?.count ?? 0)} ${examplesOf(dataset)}`,
    ...described.map(({ line }) => line),
    ...(reason === undefined ? [] : [`  because it has ${reason}; if they are classes: --task classification`]),
    ...(isTable ? columnsOf(dataset) : []),
    partsOf(splits),
    ...described.flatMap(({ warning }) => warning ?? []),
    ...(isTable ? suspiciousColumns(dataset) : []),
  ];
}

function summarizeFlags(dataset: Dataset, splits: Splits, isTable: boolean): string[] {
  const { train, test, targets } = dataset;
  const { names, reason } = targets!;
  const size = names.length;
  const parts = [train, ...(test ? [test] : [])];
  const rows = parts.reduce((sum, { count }) => sum + count, 0);
  const counts = names.map((name, label) => ({
    name,
    count: parts.reduce((sum, part) => {
      for (let i = label; i < part.targets!.length; i += size) sum += part.targets![i]!;
      return sum;
    }, 0),
  }));
  const holding = counts.reduce((sum, { count }) => sum + count, 0);
  const rare = counts.filter(({ count }) => Math.min(count, rows - count) < RARE);
  return [
    `${rows} ${examplesOf(dataset)} with any of ${size} labels: ${counts
      .slice(0, MOST_CLASSES)
      .map(({ name, count }) => `${name} ${count}`)
      .join(', ')}${size > MOST_CLASSES ? `, and ${size - MOST_CLASSES} more` : ''}; ${short(holding / rows)} per row`,
    `  because it has ${reason}${reason?.includes('columns') ? '; if they are numbers to predict: --task regression' : ''}`,
    ...(isTable ? columnsOf(dataset) : []),
    partsOf(splits),
    ...(rare.length > 0
      ? [
          `careful: few examples have ${rare
            .slice(0, MOST_CLASSES)
            .map(({ name, count }) => `'${name}' (${count})`)
            .join(
              ', ',
            )} ${rare.length === 1 ? 'holds' : 'hold'}; results for ${rare.length === 1 ? 'it' : 'them'} are unreliable`,
        ]
      : []),
    ...(isTable ? suspiciousColumns(dataset) : []),
  ];
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

const WRITTEN = { ymd: 'year, month, day', dmy: 'day, month, year', mdy: 'month, day, year' } as const;

function columnsOf({ columns, encoding, inputShape }: Dataset): string[] {
  if (!encoding) return columns ? [`columns: ${inputShape[2]} of numbers`] : [];
  const called = (name: string | undefined, i: number): string => name ?? `column ${i + 1}`;
  const numbers = encoding.filter(({ kind }) => kind === 'number').length;
  const dates = encoding.flatMap(({ name, kind, order, time }, i) =>
    kind === 'date' ? [`${called(name, i)} (${WRITTEN[order ?? 'ymd']}${time ? ', with times' : ''})`] : [],
  );
  const gaps = encoding.flatMap(({ name, missing = 0 }, i) => (missing > 0 ? [`${called(name, i)} (${missing})`] : []));
  const texts = encoding.flatMap(({ name, kind, categories = [] }, i) =>
    kind === 'category' ? [`${called(name, i)} (${categories.length} categories)`] : [],
  );
  return [
    `columns: ${numbers} of numbers${texts.length > 0 ? `; of text: ${texts.join(', ')}` : ''}${dates.length > 0 ? `; of dates: ${dates.join(', ')}` : ''}`,
    ...(gaps.length > 0 ? [`missing values, replaced by the mean and marked: ${gaps.join(', ')}`] : []),
    ...encoding.flatMap(({ name, kind, reason }, i) =>
      kind === 'left out' ? [`left out: ${called(name, i)}: ${reason}`] : [],
    ),
  ];
}

/** Test examples seen in training: performance on memorized examples says nothing about new ones. */
function repeats({ test }: Splits, seen: Readonly<Record<string, number>>): string[] {
  return Object.entries(seen)
    .filter(([, count]) => count > 0)
    .map(
      ([part, count]) =>
        `careful: ${count} of the ${test.indices.length} test examples ${count === 1 ? 'is' : 'are'} in the ${part} part too, with identical values; the test result says less about new examples`,
    );
}

/** The same for near-duplicate images. */
function nearRepeats({ test }: Splits, nearly: NearlySeen | undefined): string[] {
  return Object.entries(nearly?.parts ?? {})
    .filter(([, count]) => count > 0)
    .map(
      ([part, count]) =>
        `careful: of ${count} of ${nearly!.lookedAt === test.indices.length ? `the ${test.indices.length}` : `${nearly!.lookedAt} of the ${test.indices.length}`} test images nearly the same one is in the ${part} part; the test result says less about new examples`,
    );
}

/** Classes with no examples in an evaluation part. */
function absences(splits: Splits, nameOf: (index: number) => string): string[] {
  return (['validation', 'test'] as const).flatMap((part) => {
    const { labels, classes } = splits[part];
    const absent = [...classCounts(labels, classes)].flatMap((count, index) => (count === 0 ? [nameOf(index)] : []));
    if (absent.length === 0) return [];
    const named = absent.slice(0, MOST_CLASSES).map((name) => `'${name}'`);
    return [
      `careful: the ${part} part has no example of ${named.join(', ')}${absent.length > MOST_CLASSES ? `, and ${absent.length - MOST_CLASSES} more` : ''}: nothing is learned of ${absent.length === 1 ? 'it' : 'them'} there`,
    ];
  });
}

/** Classes that are how programs write a missing value; `none` may be a class. */
const unknownLabels = (byClass: readonly { name: string; count: number }[]): string[] =>
  byClass
    .filter(({ name }) => isMissing(name) && name.toLowerCase() !== 'none')
    .map(
      ({ name, count }) =>
        `careful: '${name}' is learned as a class (${count} rows); if it means that the label is missing, remove these rows`,
    );

function warningsOf(byClass: readonly { name: string; count: number }[], total: number): string[] {
  const largest = byClass.reduce((most, one) => (one.count > most.count ? one : most));
  const rare = byClass.filter(({ count }) => count < RARE);
  const share = largest.count / total;
  return [
    ...(share >= DOMINANT
      ? [
          `careful: ${(100 * share).toFixed(1)} % of the examples are '${largest.name}', so always answering this class is right that often; accuracy says little here`,
        ]
      : []),
    ...(rare.length > 0
      ? [
          `careful: few examples of ${rare
            .slice(0, MOST_CLASSES)
            .map(({ name, count }) => `'${name}' (${count})`)
            .join(', ')}; results for these classes are unreliable`,
        ]
      : []),
  ];
}
