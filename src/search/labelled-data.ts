/** Data with a class or regression targets for each example: images and tables. */
import { type SearchConfig } from '../config/schema.js';
import {
  summarizeData,
  batches,
  type BatchesOptions,
  type Dataset,
  mergeSplits,
  nameOfTable,
  readSeries,
  pictureOf,
  prepareData,
  type PreparedData,
  type Split,
  type Surroundings,
  whiteOf,
} from '../data/index.js';
import { WeftError } from '../errors.js';
import { holdsOutValidation } from './kept-epoch.js';
import { type BatchSource } from '../training/batch.js';
import { exampleSource } from '../training/sources.js';
import { classWeights, flagWeights, sayClassWeights, sayFlagWeights } from './class-weights.js';
import { type DataFacts, type SearchBatches, type SearchData } from './data.js';
import { fisherExamples, fisherShare } from './fisher-part.js';
import { defined } from './defined.js';
import { plainRows } from './plain-rows.js';

const EVALUATION_BATCH = 256;

/** Splits the data set that a configuration names, or `dataset`. */
export function openLabelled(config: SearchConfig, dataset?: Dataset, surroundings: Surroundings = {}): SearchData {
  const { seed, data } = config;
  const { source, task, subset, labelNoise, test, validation, derive } = data;
  for (const option of ['bptt', 'vocabulary'] as const) {
    if (data[option] !== undefined)
      throw new WeftError(
        'config',
        `the data option '${option}' does not apply to '${source}'`,
        'it applies to texts; leave it out',
      );
  }
  if (data.sampling === 'balanced' && data.classWeights !== undefined)
    throw new WeftError(
      'config',
      'data.sampling: balanced and data.classWeights both increase the weight of rare classes, so together they would do so twice',
      'leave one of them out',
    );
  const options = readingOptions(data);
  const [foreign] = Object.keys(options);
  if (dataset && foreign !== undefined)
    throw new WeftError(
      'config',
      `the data option '${foreign}' says how files are read, but the data is in memory`,
      'leave it out, and give the data in the form that the network should see',
    );
  const series = dataset ? undefined : openSeries(config);
  const prepared = prepareData(
    {
      source: dataset ?? series ?? source,
      options: { ...(!series && options), ...(!dataset && !series && { task: task ?? 'auto' }) },
      subset: defined(subset),
      split: defined({ test, validation, derive, fisher: fisherShare(config) }),
      labelNoise,
      forecast: data.forecast,
    },
    seed,
    surroundings,
  );
  const { inputShape, classes } = prepared.dataset;
  const { splits, normalization, scaling, change, record, listing } = prepared;
  if (data.forecast === 'change' && !change)
    throw new WeftError(
      'config',
      'data.forecast: change needs windows of at least two rows that contain the past of the number to predict',
      'leave it out, or see data.window, data.label and data.ignore',
    );
  const flags = prepared.dataset.targets?.areFlags ? prepared.dataset.targets.names : undefined;
  const names = flags ?? namesOf(prepared.dataset);
  const weights = weightsOf(config, prepared);
  return {
    task: scaling
      ? { kind: 'regression', inputShape, classes: scaling.names.length, ...(change && { change }) }
      : flags
        ? { kind: 'multi-label', inputShape, classes: flags.length }
        : { inputShape, classes },
    record: record as unknown as DataFacts,
    ...(listing !== undefined && { listing }),
    account: [
      ...summarizeData(prepared.dataset, splits, record.testSeenIn, record.testNearlySeenIn),
      ...(weights ? [(flags ? sayFlagWeights : sayClassWeights)(weights, names)] : []),
      ...(change
        ? ['forecasts are changes from the last row of the window (data.forecast: value predicts the value itself)']
        : []),
      ...(data.sampling === 'balanced' && !prepared.dataset.targets
        ? ['training batches draw every class equally often']
        : []),
    ],
    counts: {
      train: splits.train.indices.length,
      validation: splits.validation.indices.length,
      test: splits.test.indices.length,
    },
    card: scaling ? { normalization, classNames: [], targets: scaling } : { normalization, classNames: names },
    batches: (config) => labelledBatches(config, prepared),
  };
}

/** Fields that say how files are read. */
const READING = [
  'path',
  'size',
  'channels',
  'decoder',
  'onBadFile',
  'label',
  'labelSeparator',
  'task',
  'header',
  'charset',
  'ignore',
  'imageShape',
] as const satisfies readonly (keyof SearchConfig['data'])[];

/** The reading options that are set. */
const readingOptions = (data: SearchConfig['data']) =>
  defined(Object.fromEntries(READING.map((name) => [name, data[name]])) as Pick<typeof data, (typeof READING)[number]>);

/** The windows of a series, if the configuration asks for windows. */
function openSeries(config: SearchConfig): Dataset | undefined {
  const { data } = config;
  const {
    source,
    window,
    horizon,
    group,
    time,
    season,
    forecast,
    label,
    task,
    header,
    charset,
    ignore,
    validation,
    test,
  } = data;
  if (window === undefined) {
    const [foreign] = Object.keys(defined({ horizon, group, time, season, forecast }));
    if (foreign !== undefined)
      throw new WeftError('config', `data.${foreign} applies to windows of series`, 'set data.window, or leave it out');
    return undefined;
  }
  const refused: readonly (readonly [boolean, string, string])[] = [
    [data.derive !== undefined, 'data.derive', 'would draw windows that overlap with those of the training part'],
    [
      fisherShare(config) !== undefined,
      'data.fisher',
      'would draw windows that overlap with those of the training part',
    ],
    [Object.keys(data.subset).length > 0, 'data.subset', 'would leave out windows at random'],
    [data.imageShape !== undefined, 'data.imageShape', 'makes an image of a row'],
    [data.labelSeparator !== undefined, 'data.labelSeparator', 'gives several labels to a row'],
    [typeof label === 'object', 'data.label', 'names several columns'],
    [season !== undefined && season > window, 'data.season', `is longer than the window of ${window} rows`],
    [validation >= 1 || test >= 1, 'data.validation and data.test', 'are shares of the time here'],
  ];
  for (const [wrong, field, why] of refused)
    if (wrong)
      throw new WeftError(
        'config',
        `${field} ${why}, but the data is windows of a series`,
        field.includes(' and ')
          ? 'give fractions below 1'
          : field === 'data.label'
            ? 'name one'
            : field === 'data.season'
              ? 'increase data.window'
              : 'leave it out',
      );
  return readSeries(source, nameOfTable(source), {
    window,
    ...defined({ horizon, group, time, label, task, header, charset, ignore }),
    validation,
    test,
  });
}

/** The names of the classes. */
const namesOf = ({ classNames, classes }: PreparedData['dataset']): readonly string[] =>
  classNames ?? Array.from({ length: classes }, (_, i) => String(i));

/** Class weights from the training part; the same for everything that is trained. */
function weightsOf({ data }: SearchConfig, { dataset, splits }: PreparedData): Float32Array | undefined {
  const { targets } = dataset;
  if (targets?.areFlags) return flagWeights(data.classWeights, splits.train.targets!, targets.names);
  return targets ? undefined : classWeights(data.classWeights, splits.train.labels, namesOf(dataset));
}

/** The batches of a prepared data set. */
export function labelledBatches(config: SearchConfig, prepared: PreparedData): SearchBatches {
  const { splits, normalization } = prepared;
  const { seed, data, search, forgetting, derive, retrain } = config;
  const together = holdsOutValidation(retrain) ? splits.train : mergeSplits('train', [splits.train, splits.validation]);
  checkBatchSizes([
    ['search.batchSize', search.batchSize, splits.train],
    ['retrain.batchSize', retrain.batchSize, together],
  ]);
  const source = (
    split: Split,
    options: Omit<BatchesOptions, 'seed' | 'normalization'> & { readonly weights?: Float32Array | undefined },
  ): BatchSource => {
    const { weights, ...rest } = options;
    return exampleSource(batches(split, { seed, normalization, ...rest }), weights);
  };
  const atMost = (size: number, split: Split): number => Math.min(size, split.indices.length);
  const chosen = splits.derive ?? splits.validation;
  const estimate = fisherExamples(config, splits.fisher);
  const weights = weightsOf(config, prepared);
  const balanced = data.sampling === 'balanced';
  return {
    train: source(splits.train, { batchSize: search.batchSize, augment: defined(data.augment), weights, balanced }),
    reward: source(splits.validation, { batchSize: atMost(search.rewardBatchSize, splits.validation), name: 'reward' }),
    derive: source(chosen, { batchSize: atMost(derive.batchSize, chosen), name: 'derive' }),
    retrain: source(together, {
      batchSize: retrain.batchSize,
      name: 'retrain',
      augment: defined(retrain.augment ?? data.augment),
      weights,
      balanced,
    }),
    plain: source(together, { batchSize: atMost(EVALUATION_BATCH, together), name: 'plain', weights }),
    watched: source(splits.train, {
      batchSize: atMost(EVALUATION_BATCH, splits.train),
      name: 'watched',
      weights,
      balanced,
    }),
    validation: source(splits.validation, { batchSize: EVALUATION_BATCH, shuffle: false, last: 'keep' }),
    revisited: source(splits.validation, { batchSize: atMost(forgetting.batchSize, splits.validation), name: 'judge' }),
    fisher:
      estimate === undefined
        ? undefined
        : source(exceptTest(splits.fisher!, splits.test), {
            batchSize: atMost(estimate, splits.fisher!),
            name: 'fisher',
          }),
    test: source(splits.test, { batchSize: EVALUATION_BATCH, shuffle: false, last: 'keep' }),
    ...plainRows(prepared, together, { seed, season: data.season }),
    ...testPictures(prepared, data.source),
  };
}

/** Refuses batches larger than their part of the data, all fields at once. */
function checkBatchSizes(fields: readonly (readonly [field: string, size: number, split: Split])[]): void {
  const tooLarge = fields.filter(([, size, { indices }]) => size > indices.length);
  if (tooLarge.length === 0) return;
  throw new WeftError(
    'config',
    tooLarge
      .map(
        ([, size, { name, indices }]) =>
          `the ${name} split has ${indices.length} examples, fewer than one batch of ${size}`,
      )
      .join('; '),
    `set ${tooLarge.map(([field, , { indices }]) => `${field} to at most ${indices.length}`).join(' and ')}, or use more data`,
  );
}

/** Test examples as PNG images, if it is known which values are black and white. */
function testPictures(
  { dataset: { inputShape, series }, splits: { test }, normalization }: PreparedData,
  source: string,
): Pick<SearchBatches, 'testPicture'> {
  const [height, width, channels] = inputShape;
  const white = series ? undefined : whiteOf(source, normalization);
  if ((height === 1 && width === 1) || (channels !== 1 && channels !== 3) || white === undefined) return {};
  return { testPicture: (example) => pictureOf(test.examples.images, test.indices[example]!, inputShape, white) };
}

/** The split itself; refuses one that contains test data. */
export function exceptTest(split: Split, test: Split): Split {
  const tested = new Set(test.indices);
  if (split.name === 'test' || (split.examples === test.examples && split.indices.some((index) => tested.has(index)))) {
    throw new WeftError(
      'data',
      'Fisher information would be estimated on test data, which would then influence the weights',
      'hold out a separate part for it: data.fisher: 0.1',
    );
  }
  return split;
}
