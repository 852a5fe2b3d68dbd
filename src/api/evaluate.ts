/** Evaluates a trained network on its test part, or on other data. */
import { join } from 'node:path';
import { type SearchConfig } from '../config/index.js';
import {
  allExamples,
  batches,
  decoderLike,
  type Dataset,
  type InputForm,
  isDataCode,
  laterCharset,
  nameOfTable,
  openWithFitting,
  readSeries,
  recordedDecoder,
  sayDecoders,
  scaleTargets,
  type SeriesForm,
  type TargetScaling,
  unscaleTargets,
  withColumns,
} from '../data/index.js';
import { WeftError } from '../errors.js';
import { openData, type SearchData } from '../search/data.js';
import { defined } from '../search/defined.js';
import { labelMeasures } from '../search/label-measures.js';
import { loadModel, type Model } from '../search/model.js';
import { hasSameFiles } from '../search/recorded-data.js';
import { type Tested } from '../search/state.js';
import { otherText } from '../search/text-data.js';
import { type RegressionMeasures, regressionMeasures } from '../statistics/index.js';
import { catalogue } from '../supernet/catalogue.js';
import { loadBackend } from '../tensor/backend.js';
import { stream } from '../tensor/rng.js';
import { type BatchSource } from '../training/batch.js';
import { evaluateChild, FINAL_EVALUATION } from '../training/evaluate.js';
import { languageMeasures } from '../training/language.js';
import { predictValues } from '../training/predict.js';
import { exampleSource } from '../training/sources.js';
import { datasetFrom, type GivenData } from './memory-data.js';
import {
  loadRecordedData,
  openRecorded,
  type RecordedRun,
  spaceOfModel,
  type SpaceOptions,
  warnOfDecoders,
} from './recorded-run.js';
import { loadData } from './registry.js';

const BATCH = 256;

export interface EvaluateOptions extends SpaceOptions {
  /**
   * Other data in the same format, by name, path or in memory, or the current location of the run's own; the run's test
   * part by default.
   */
  readonly data?: string | GivenData | undefined;
  /**
   * Called if images are decoded differently from those that the network was trained on, and with the series that are
   * too short for a window.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface EvaluationOutcome {
  /** The run's directory. */
  readonly run: string;
  /** Name of the space that the network comes from. */
  readonly space: string;
  /** Whether it was the test part of the run's own data. */
  readonly own: boolean;
  /** Absent for regression. */
  readonly accuracy?: number;
  /** Mean cross-entropy in nats; for regression the squared error, in scaled units. */
  readonly loss: number;
  /** Number of examples; for texts, of tokens. */
  readonly count: number;
  /** For a language model. */
  readonly measures: ReturnType<typeof languageMeasures> | undefined;
  /** Errors of predicted numbers, each in its own unit. */
  readonly targets?: readonly ({ readonly name: string } & RegressionMeasures)[];
  /** For multi-label data. */
  readonly labels?: NonNullable<Tested['labels']>;
}

/** See `evaluateRun` in index.ts. */
export async function evaluateRun(
  directory: string,
  { data, onWarning = () => undefined, ...options }: EvaluateOptions = {},
): Promise<EvaluationOutcome> {
  const recorded = openRecorded(directory);
  const { run, backend } = recorded;
  await loadBackend(backend);
  const made = typeof data === 'string' && isDataCode(data) ? await loadData(data) : data;
  const given = typeof made === 'object' ? await datasetFrom(made) : made;
  const model = await loadModel(run.path, () => spaceOfModel(run.path, options));
  try {
    const own =
      given === undefined
        ? await loadRecordedData(recorded, { ...options, onWarning })
        : ownData(directory, given, onWarning);
    const source = own ? testBatches(own, recorded.config, model) : otherBatches(given!, model, recorded, onWarning);
    const { accuracy, loss, count } = evaluateChild(model.child, model.store, source, FINAL_EVALUATION);
    if (!Number.isFinite(loss))
      throw new WeftError(
        'numeric',
        `the loss of ${join(run.path, 'model.safetensors')} on ${given === undefined ? 'its test part' : nameOf(given)} is ${loss}`,
        'its weights are too large to compute with, or the data has a different scale than the training data',
      );
    const { level, space, targets, task } = model.card;
    return {
      run: run.path,
      space,
      own: own !== undefined,
      ...(accuracy !== null && { accuracy }),
      loss,
      count,
      ...(targets && { targets: measureValues(model, source, targets) }),
      ...(task.kind === 'multi-label' && {
        labels: labelMeasures(predictValues(model.child, model.store, source, task.classes), task.classes),
      }),
      measures: level && languageMeasures(loss, level),
    };
  } finally {
    model.store.dispose();
  }
}

/** The errors of the network's predictions, each in its own unit. */
function measureValues(
  { child, store }: Model,
  source: BatchSource,
  scaling: TargetScaling,
): ({ name: string } & RegressionMeasures)[] {
  const { names } = scaling;
  const { predicted, actual } = predictValues(child, store, source, names.length);
  const [said, known] = [unscaleTargets(predicted, scaling), unscaleTargets(actual, scaling)];
  const of = (values: Float64Array, target: number): Float64Array =>
    values.filter((_, i) => i % names.length === target);
  return names.map((name, target) => ({
    name,
    ...regressionMeasures(of(known, target), of(said, target), { rng: stream(0, 'evaluate', name) }),
  }));
}

const nameOf = (data: string | Dataset): string => (typeof data === 'string' ? data : data.name);

/**
 * The data of the run, if `data` consists of the same files; a network must not be evaluated on its training data.
 * Throws WeftError('data') if the files are now read differently, so that the assignment of examples to parts is
 * unknown.
 */
function ownData(
  directory: string,
  data: string | Dataset,
  onWarning: (message: string) => void,
): SearchData | undefined {
  const recorded = openRecorded(directory, { data });
  const opened = openedAlike(recorded.config, typeof data === 'object' ? data : undefined);
  if (!opened || !hasSameFiles(recorded.run, opened)) return undefined;
  warnOfDecoders(recorded, opened, onWarning);
  return opened;
}

/** The data read as configured; undefined if it cannot be read that way, and is therefore different data. */
function openedAlike(config: SearchConfig, dataset: Dataset | undefined): SearchData | undefined {
  try {
    return openData(config, dataset);
  } catch (error) {
    if (error instanceof WeftError) return undefined;
    throw error;
  }
}

const testBatches = (data: SearchData, config: SearchConfig, { space }: Model): BatchSource =>
  data.batches(config, { carries: catalogue(space.supernet).states.size > 0 }).test;

function otherBatches(
  data: string | Dataset,
  model: Model,
  recorded: RecordedRun,
  onWarning: (message: string) => void,
): BatchSource {
  if (model.card.task.kind !== 'language') return otherExamples(data, model, recorded, onWarning);
  if (typeof data === 'string') return otherText(data, model.card);
  throw new WeftError(
    'unsupported',
    `${recorded.run.path} is a language model, but ${data.name} consists of labelled examples`,
    'name a text by its path',
  );
}

/**
 * All examples of another data set (its test part if it has one), read like those of the run, with the network's
 * classes or targets.
 */
function otherExamples(
  source: string | Dataset,
  { card, normalization }: Model,
  { run, config }: RecordedRun,
  onWarning: (message: string) => void,
): BatchSource {
  const { inputShape, classes, kind } = card.task;
  const { targets } = card;
  const isMultiLabel = kind === 'multi-label';
  const { columns, encoding } = run.manifest.facts['data'] as Pick<InputForm, 'columns' | 'encoding'>;
  const decoder = recordedDecoder(run.manifest.facts['data'] as object);
  const { series } = run.manifest.facts['data'] as Pick<InputForm, 'series'>;
  const opened =
    typeof source === 'string' && series
      ? openWindows(source, card, config, series)
      : typeof source === 'string'
        ? openFitting(source, card, config, { columns, encoding, decoder })
        : source;
  const dataset =
    columns && !series && !encoding && typeof source === 'string' ? withColumns(opened, columns, source) : opened;
  if (dataset.inputShape.join() !== inputShape.join() || (!targets && !isMultiLabel && dataset.classes !== classes)) {
    throw new WeftError(
      'data',
      `${nameOf(source)} has examples of [${dataset.inputShape.join(', ')}] in ${dataset.classes} classes; the network takes [${inputShape.join(', ')}] in ${classes}`,
      'evaluate on data of the same format',
    );
  }
  if (decoder !== undefined && dataset.decoder !== undefined && decoder !== dataset.decoder)
    onWarning(sayDecoders(run.path, { before: decoder, now: dataset.decoder }));
  dataset.warnings?.forEach(onWarning);
  if (isMultiLabel) requireSameLabels(dataset, card.classNames);
  else if (targets) requireSameTargets(dataset, targets);
  else requireSameClasses(dataset, card.classNames);
  const all = allExamples(dataset);
  const split = targets ? scaleTargets(all, targets) : all;
  return exampleSource(
    batches(split, {
      batchSize: Math.min(BATCH, split.indices.length),
      seed: 0,
      normalization,
      shuffle: false,
      last: 'keep',
    }),
  );
}

/** All windows of another series, made like those of the run. */
function openWindows(
  source: string,
  { classNames, targets }: Model['card'],
  { data: { label, header, charset } }: SearchConfig,
  form: SeriesForm,
): Dataset {
  return readSeries(source, nameOfTable(source), {
    window: form.window,
    ...defined({ label: label ?? targets?.names[0], header, charset: laterCharset(source, charset) }),
    validation: 0,
    test: 0,
    known: { form, classNames: targets ? undefined : classNames },
  });
}

function openFitting(
  source: string,
  { task, classNames, targets }: Model['card'],
  { data }: SearchConfig,
  { columns, encoding, decoder }: Pick<InputForm, 'columns' | 'encoding' | 'decoder'>,
): Dataset {
  const [height, width, channels] = task.inputShape as [number, number, number];
  const { label, labelSeparator, header, charset, imageShape } = data;
  return openWithFitting(
    source,
    defined({
      size: [height, width] as const,
      decoder: decoderLike(decoder),
      channels: channels === 1 ? (1 as const) : channels === 3 ? (3 as const) : undefined,
      // If the table has a header, the column is identified by name only.
      label: label ?? (columns ? targets?.names : undefined),
      labelSeparator,
      task: targets ? ('regression' as const) : ('classification' as const),
      header,
      charset: laterCharset(source, charset),
      imageShape,
      classNames: targets ? undefined : classNames,
      encoding,
    }),
  );
}

function requireSameLabels({ name, targets }: Dataset, known: readonly string[]): void {
  if (targets?.areFlags && targets.names.join('\n') === known.join('\n')) return;
  throw new WeftError(
    'data',
    `${name} has ${targets?.areFlags ? `the labels ${targets.names.join(', ')}` : 'one answer per row'}; the labels of the network are ${known.join(', ')}`,
    'evaluate on data of the same format',
  );
}

function requireSameTargets({ name, targets }: Dataset, known: TargetScaling): void {
  if (targets?.names.join('\n') === known.names.join('\n')) return;
  throw new WeftError(
    'data',
    targets
      ? `${name} has the targets ${targets.names.join(', ')}; those of the network are ${known.names.join(', ')}`
      : `${name} has classes, and the network predicts ${known.names.join(', ')}`,
    'evaluate on data of the same format',
  );
}

/** Names in memory must be in the network's order; files are read with the network's names. */
function requireSameClasses({ name, classNames }: Dataset, known: readonly string[]): void {
  if (!classNames || classNames.join('\n') === known.join('\n')) return;
  throw new WeftError(
    'data',
    `${name} has the classes ${classNames.join(', ')}; those of the network are ${known.join(', ')}`,
    `give them in this order: classNames: ${JSON.stringify(known)}`,
  );
}
