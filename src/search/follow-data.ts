/**
 * Derives unset settings from the data: images or a table, how many examples, how large. They apply to the user's own
 * data; recipes and data sets known by name have their own. How they were found: docs/explanation/measurements.md.
 */
import { checkConfig, mergeConfig, type RawConfig } from '../config/load.js';
import { type SearchConfig, type SearchConfigInput } from '../config/schema.js';
import { datasetNames, isDataCode, isInMemory, isText } from '../data/index.js';
import { type InputShape } from '../data/dataset.js';
import { type SearchData } from './data.js';

/** Epochs that the user has not set, and that a time budget may therefore increase. */
export interface OpenEpochs {
  /** Maximum number; undefined if the user has set it. */
  readonly search: number | undefined;
  readonly retrain: number | undefined;
}

export interface Following {
  readonly config: SearchConfig;
  /** What was chosen and why, as readable lines; empty if nothing was derived. */
  readonly reasons: readonly string[];
  readonly open: OpenEpochs;
}

/** Settings for one kind of data. */
interface Settings {
  readonly fields: SearchConfigInput;
  /** Fields and the reasons for their values; reasons for fields that the user has set are omitted. */
  readonly reasons: readonly { readonly field: readonly string[]; readonly words: string }[];
  /** Maximum numbers of epochs that a budget may pay for: beyond them longer training was not better. */
  readonly most: { readonly search: number; readonly retrain: number };
}

const NOTHING_OPEN: OpenEpochs = { search: undefined, retrain: undefined };

/**
 * The configuration with the fields that are not `written` set to suit the data; `keepsSpace` leaves the space alone.
 */
export function followData(
  config: SearchConfig,
  written: RawConfig,
  data: SearchData,
  { keepsSpace = false }: { readonly keepsSpace?: boolean } = {},
): Following {
  const settings = isOwn(config) ? settingsFor(data) : undefined;
  if (!settings) return { config, reasons: [], open: NOTHING_OPEN };
  const { fields, reasons, most } = settings;
  const has = (path: readonly string[]): boolean => writes(written, path);
  // Augmentations exclude each other: a user who names one has chosen all.
  const augments = has(['data', 'augment']) || has(['retrain', 'augment']);
  const space = (written['space'] ?? {}) as RawConfig;
  const chosen: Readonly<Record<string, boolean>> = {
    data: augments,
    controller: has(['controller']),
    // Options belong together: a user who names one has considered the others.
    space:
      keepsSpace ||
      Object.keys(space).some((option) => option !== 'name') ||
      (space['name'] ?? fields.space!.name) !== fields.space!.name,
  };
  const under = Object.fromEntries(Object.entries(fields).filter(([field]) => chosen[field] !== true));
  const said = reasons.filter(({ field }) => !chosen[field[0]!] && (field.length === 1 || !has(field)));
  const open = (phase: 'search' | 'retrain'): number | undefined => (has([phase, 'epochs']) ? undefined : most[phase]);
  return {
    config: checkConfig(mergeConfig(under, written)),
    reasons:
      said.length === 0
        ? []
        : ['settings chosen from the data, because none were given:', ...said.map(({ words }) => `- ${words}`)],
    open: { search: open('search'), retrain: open('retrain') },
  };
}

/** Whether the data are the user's own files, without a recipe: anyone who names one of the others knows what it is. */
function isOwn({ recipe, data: { source, level } }: SearchConfig): boolean {
  return (
    recipe === undefined &&
    level === undefined &&
    !datasetNames.includes(source) &&
    !isText(source) &&
    !isInMemory(source) &&
    !isDataCode(source)
  );
}

function writes(written: RawConfig, [field, ...rest]: readonly string[]): boolean {
  const value = written[field!];
  if (value === undefined) return false;
  return rest.length === 0 || (typeof value === 'object' && value !== null && writes(value as RawConfig, rest));
}

function settingsFor({ task, counts }: SearchData): Settings | undefined {
  if (task.kind === 'language') return undefined;
  const [height, width] = task.inputShape as InputShape;
  const examples = counts.train + counts.validation;
  if (height === 1 && width > 1)
    return seriesSettings(task.inputShape as InputShape, examples, counts.train, task.kind === 'regression');
  return height === 1
    ? tableSettings(examples, counts.train, task.kind === 'regression')
    : imageSettings(task.inputShape as InputShape, examples, counts.train);
}

/** The largest power of two up to `most` that gives `steps` batches of the examples. */
function batchSize(examples: number, most: number, steps: number): number {
  let size = most;
  while (size > 2 && examples < steps * size) size /= 2;
  return size;
}

/** Number of epochs that gives about this number of steps. */
const epochsOf = (steps: number, examples: number, size: number, [least, most]: readonly [number, number]): number =>
  Math.min(most, Math.max(least, Math.round(steps / Math.max(1, Math.floor(examples / size)))));

/** Number of examples below which networks memorize them. */
const FEW_ROWS = 5000;
const FEW_IMAGES = 5000;
const FEWEST_WINDOWS = 1000;

interface RowSettings {
  readonly space: { readonly name: string };
  /** Reason for the choice of the space. */
  readonly why: string;
  /** What an example is called, in the plural. */
  readonly noun: string;
  readonly few: boolean;
  readonly size: number;
  readonly weightDecay: number;
  readonly search: number;
  readonly retrain: number;
  readonly examples: number;
  readonly train: number;
  readonly isRegression: boolean;
}

/** What the settings for table rows and for windows of a series have in common. */
function rowSettings({
  space,
  why,
  noun,
  few,
  size,
  weightDecay,
  search,
  retrain,
  examples,
  train,
  isRegression,
}: RowSettings): Settings {
  const optimizer = { name: 'adamw', learningRate: 0.003, schedule: { name: 'cosine' }, weightDecay } as const;
  return {
    fields: {
      space,
      controller: { name: 'enas', learningRate: 0.01 },
      search: { epochs: search, batchSize: size, rounds: 5, samplesPerRound: 8, probe: 5, optimizer },
      derive: { candidates: 20, random: 20 },
      retrain: { epochs: retrain, batchSize: size, optimizer },
    },
    reasons: [
      {
        field: ['space'],
        words: why,
      },
      {
        field: ['search', 'optimizer'],
        words: `adamw with a weight decay of ${weightDecay}${few ? `: ${examples} ${noun} can be memorized` : ''}`,
      },
      { field: ['search', 'batchSize'], words: `batches of ${size}: ${train} ${noun} for the search` },
      {
        field: ['retrain', 'epochs'],
        words: `${search} epochs of search and ${retrain} of retraining${isRegression ? ', the best of which is kept' : ''}`,
      },
    ],
    most: { search: 2 * search, retrain },
  };
}

function tableSettings(examples: number, train: number, isRegression: boolean): Settings {
  const few = examples < FEW_ROWS;
  const size = batchSize(train, few ? 32 : 256, 8);
  // Memorization increases the squared error, while accuracy hardly suffers.
  const weightDecay = few ? (isRegression ? 1 : 0.3) : 0.01;
  const keep = few ? { keep: isRegression ? 0.7 : 0.8 } : {};
  const space = few
    ? { name: 'mlp', depth: 2, widths: [32, 64], direct: true, ...keep }
    : { name: 'mlp', depth: 3, widths: [64, 128], direct: true };
  const search = epochsOf(few ? 400 : 3000, train, size, few ? [15, 30] : [2, 30]);
  const retrain = epochsOf(few ? 1200 : 10_000, examples, size, few ? [40, isRegression ? 60 : 100] : [5, 100]);
  return rowSettings({
    space,
    why: `space mlp with widths ${space.widths.join(' and ')}, up to ${space.depth} hidden layers plus a linear part: ${few ? 'for few rows a linear model is often best' : 'a table'}`,
    noun: 'rows',
    ...{ few, size, weightDecay, search, retrain, examples, train, isRegression },
  });
}

/**
 * Settings for windows of a series: neighbouring windows are nearly the same, so that few rows are memorized as soon as
 * in a table.
 */
function seriesSettings([, rows]: InputShape, examples: number, train: number, isRegression: boolean): Settings {
  const few = examples < FEW_ROWS;
  // From very few windows a network learns no more than a linear model does, and then only if it is regularized.
  const fewest = examples < FEWEST_WINDOWS;
  const size = batchSize(train, few ? 32 : 128, 8);
  const weightDecay = fewest ? 1 : few ? 0.3 : 0.01;
  const space = {
    name: 'conv-1d',
    layers: few ? 3 : 4,
    filters: few ? 8 : 16,
    // The outer steps of a kernel of three lie within the window.
    dilations: [1, 2, 4].filter((dilation) => dilation === 1 || 2 * dilation < rows),
    reductions: rows < 8 ? 0 : rows < 32 ? 1 : 2,
    direct: true,
    ...(few && { keep: fewest ? 0.5 : 0.9 }),
    retrainFilters: few ? 12 : 24,
  };
  const search = epochsOf(few ? 400 : 2400, train, size, few ? [10, 30] : [2, 30]);
  // Series that follow a rule are worth training longer; if there is none, the best epoch is an early one, and it is
  // kept.
  const steps = isRegression ? 6000 : 1200;
  const retrain = epochsOf(few ? steps : 8000, examples, size, few ? [30, isRegression ? 150 : 100] : [5, 100]);
  return rowSettings({
    space,
    why: `space conv-1d with ${space.layers} layers of ${space.filters} filters, ${space.retrainFilters} when retrained, plus a linear model of the whole window: windows of ${rows} rows`,
    noun: 'windows',
    ...{ few, size, weightDecay, search, retrain, examples, train, isRegression },
  });
}

/** Side above which images are expensive, and below which they are not reduced. */
const LARGE = 40;
const TINY = 16;

function imageSettings([height, width, channels]: InputShape, examples: number, train: number): Settings {
  const few = examples < FEW_IMAGES;
  const side = Math.min(height, width);
  const size = batchSize(train, few ? 32 : 64, 8);
  const filters = side <= LARGE ? 16 : 8;
  const space = {
    name: 'macro-cnn',
    layers: few ? 4 : 6,
    filters,
    reductions: side < TINY ? 1 : 2,
    growth: 2,
    retrainFilters: filters + filters / 2,
  };
  // Eight pixels of 64, four of 32, one of 8.
  const move = Math.max(1, Math.round(side / 8));
  const tiny = side < 8;
  const augment = tiny
    ? {}
    : channels === 3
      ? { crop: move, flip: true }
      : { shift: Math.max(1, Math.round(side / 14)) };
  const weightDecay = few ? 0.005 : 0.0005;
  const optimizer = { name: 'nesterov', learningRate: 0.05, schedule: { name: 'cosine' }, clipNorm: 5 } as const;
  const search = epochsOf(few ? 240 : 2400, train, size, [few ? 10 : 3, 40]);
  const retrain = epochsOf(few ? 1500 : 8000, examples, size, [few ? 30 : 5, 120]);
  return {
    fields: {
      space,
      controller: { name: 'enas', learningRate: 0.01 },
      data: { augment },
      search: {
        epochs: search,
        batchSize: size,
        rounds: 4,
        samplesPerRound: 6,
        probe: 4,
        optimizer: { ...optimizer, weightDecay: weightDecay / 5 },
      },
      derive: { candidates: 30, random: 10, batches: 1 },
      retrain: { epochs: retrain, batchSize: size, optimizer: { ...optimizer, weightDecay } },
    },
    reasons: [
      {
        field: ['space'],
        words: `space macro-cnn with ${space.layers} layers of ${filters} filters, ${space.retrainFilters} when retrained, and twice as many at each of ${space.reductions} reductions: ${examples} images of ${height}x${width} to learn from`,
      },
      {
        field: ['data', 'augment'],
        words: tiny
          ? 'images not augmented: they are too small to be moved'
          : channels === 3
            ? `moved by up to ${move} pixels and mirrored: colour images are assumed to be photos (data.augment={} turns this off, for example if left and right differ)`
            : `moved by up to ${augment.shift} pixels, not mirrored: grey images may be drawings or writing`,
      },
      {
        field: ['retrain', 'optimizer'],
        words: `weight decay ${weightDecay} in retraining${few ? `: ${examples} images can be memorized` : ''}`,
      },
      { field: ['search', 'batchSize'], words: `batches of ${size}: ${train} images for the search` },
      { field: ['retrain', 'epochs'], words: `${search} epochs of search, ${retrain} of retraining` },
    ],
    most: { search: 2 * search, retrain: 4 * retrain },
  };
}
