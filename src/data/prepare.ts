/** Everything that a run needs from its data, from a plain description of it. */
import { measureChange, type ForecastChange } from './forecast-change.js';
import type { Dataset } from './dataset.js';
import { countNearlySeen, type NearlySeen } from './near-duplicates.js';
import { measureNormalization, type Normalization } from './normalization.js';
import { openDataset, type OpenOptions, type Surroundings } from './open.js';
import { findSeen, recordSplits, splitDataset, type SplitOptions, type SplitRecord, type Splits } from './split.js';
import { addLabelNoise, takeSubset, type SubsetOptions } from './subset.js';
import { requireBothAnswers } from './multi-label.js';
import { measureTargets, scaleAllTargets, type TargetScaling } from './targets.js';

export interface DataConfig {
  /** A name or a path, see `openDataset`, or the data itself. */
  readonly source: string | Dataset;
  readonly options?: OpenOptions;
  readonly subset?: Omit<SubsetOptions, 'seed'>;
  readonly split?: Omit<SplitOptions, 'seed'>;
  /** Rate of symmetric label noise in the training split. Default 0. */
  readonly labelNoise?: number;
  /**
   * Whether a forecast is the change from the last row of the window, if its past is in a window of several rows (the
   * default), or the value itself.
   */
  readonly forecast?: 'change' | 'value' | undefined;
}

/** The data record of a run: plain JSON. */
export interface DataRecord extends Pick<
  Dataset,
  | 'name'
  | 'inputShape'
  | 'classes'
  | 'classNames'
  | 'columns'
  | 'encoding'
  | 'series'
  | 'sources'
  | 'decoder'
  | 'leftOut'
> {
  /** Whether examples have multiple labels, which `classNames` names. */
  readonly multiLabel?: true;
  /** For regression: the names of the targets, and how they were scaled; `classes` is then their number. */
  readonly targets?: TargetScaling;
  /** For a forecast as a change from the last row of the window; `targets` are then in the unit of changes. */
  readonly change?: ForecastChange;
  readonly splits: Record<string, SplitRecord>;
  /** Number of test examples that also occur in another part, by the part's name. */
  readonly testSeenIn?: Record<string, number>;
  /** The same for near-duplicate test images without an exact duplicate; `lookedAt`: how many were examined. */
  readonly testNearlySeenIn?: NearlySeen;
  readonly normalization: Normalization;
  readonly labelNoise: { readonly rate: number; readonly changed: number };
}

export interface PreparedData {
  readonly dataset: Dataset;
  readonly splits: Splits;
  /** Of the training split. */
  readonly normalization: Normalization;
  /** Of the training split, for regression; the targets of all splits are scaled by it. */
  readonly scaling?: TargetScaling;
  /** For a forecast as a change from the last row of the window. */
  readonly change?: ForecastChange;
  /** Positions in the training split with a wrong label. */
  readonly changedLabels: Uint32Array;
  readonly record: DataRecord;
  /** The hash of each file if the data is a folder: too long for the record, which holds the hash of this text. */
  readonly listing?: string;
}

/**
 * Opens a data set, takes a subset, splits it, adds label noise to the training split and measures its normalization;
 * targets are scaled.
 */
export function prepareData(config: DataConfig, seed: number, surroundings: Surroundings = {}): PreparedData {
  const { source, options, subset, split, labelNoise = 0, forecast } = config;
  const whole = typeof source === 'string' ? openDataset(source, options, surroundings) : source;
  const dataset = subset ? takeSubset(whole, { ...subset, seed }) : whole;
  const clean = splitDataset(dataset, { ...split, seed });
  const { split: train, changed } = addLabelNoise(clean.train, { rate: labelNoise, seed });
  const noisy = { ...clean, train };
  const normalization = measureNormalization(train);
  const flags = dataset.targets?.areFlags ? dataset.targets.names : undefined;
  if (flags) requireBothAnswers(train, flags);
  const values = dataset.targets && !flags ? measureTargets(noisy, dataset.targets.names) : undefined;
  const own = forecast === 'value' ? undefined : pastOf(dataset);
  const { scaling, change } =
    values && own !== undefined ? measureChange(train, own, normalization, values) : { scaling: values };
  const splits = scaling ? scaleAllTargets(noisy, scaling) : noisy;
  const { name, inputShape, classes, classNames, columns, encoding, series, decoder, leftOut } = dataset;
  const seen = findSeen(noisy);
  const listing = dataset.sources.map((source) => source.listing ?? '').join('');
  return {
    ...(listing !== '' && { listing }),
    dataset,
    splits,
    normalization,
    ...(scaling && { scaling }),
    ...(change && { change }),
    changedLabels: changed,
    record: {
      name,
      inputShape,
      classes: (scaling?.names ?? flags)?.length ?? classes,
      ...(scaling && { targets: scaling }),
      ...(change && { change }),
      ...((flags ?? classNames) && { classNames: flags ?? classNames! }),
      ...(flags && { multiLabel: true }),
      ...(columns && { columns }),
      ...(encoding && { encoding }),
      ...(series && { series }),
      ...(decoder !== undefined && { decoder }),
      ...(leftOut && { leftOut }),
      sources: dataset.sources.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
      splits: recordSplits(noisy),
      testSeenIn: Object.fromEntries(Object.entries(seen).map(([name, equal]) => [name, equal.filter(Boolean).length])),
      ...(decoder !== undefined && { testNearlySeenIn: countNearlySeen(noisy, seen) }),
      normalization,
      labelNoise: { rate: labelNoise, changed: changed.length },
    },
  };
}

/** The column of a window that holds the past of the predicted number; undefined if there is no past to change from. */
const pastOf = ({ series }: Pick<Dataset, 'series'>): number | undefined =>
  series && series.horizon > 0 && series.window > 1 ? series.own : undefined;
