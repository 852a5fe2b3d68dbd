/**
 * An exported network's description of itself: its inputs, how pictures, rows and texts are converted to them, its
 * training data and its results. Plain JSON, in `userDefinedMetadata` of model.json and in MODEL.md.
 */
import { basename } from 'node:path';
import {
  type Charset,
  type Column,
  END_OF_LINE,
  type Normalization,
  type SeriesForm,
  type ForecastChange,
  type TargetScaling,
  UNKNOWN,
  widthOf,
} from '../data/index.js';
import { type Assessment } from '../search/assess.js';
import { type FlagAssessment } from '../search/assess-multi-label.js';
import { type Tested } from '../search/state.js';
import { type ValueAssessment } from '../search/assess-values.js';
import { type Model } from '../search/model.js';
import { type RoundedType } from './rounding.js';

export interface ModelFacts {
  readonly space: string;
  readonly architecture: string;
  /** In the order of the outputs; empty for regression. */
  readonly classNames: readonly string[];
  /** Whether any number of classes may apply at once: each probability is independent. */
  readonly multiLabel?: true;
  /** Names of the targets, in the order of the outputs, and their mean and deviation in the training data. */
  readonly targets?: TargetScaling;
  /** For a forecast as a change from the last row of the window, which the graph itself adds. */
  readonly change?: ForecastChange;
  /** [H,W,C] of one example, or [T] of a window of token ids. */
  readonly inputShape: readonly number[];
  /** Part of the network: inputs are given in the units of the data set. */
  readonly normalization: Normalization;
  /** The white value in these units, if the inputs are pictures. */
  readonly largestPixel: number;
  /** The temperature that divides the logits inside the network, so that the probabilities are calibrated. */
  readonly temperature?: number;
  readonly level?: 'char' | 'word';
  /** How inputs are made. */
  readonly input: InputContract;
  readonly data?: TrainingData;
  readonly results?: Results;
  /** Present if the weights of model.json and model.onnx have lower precision than in training. */
  readonly rounding?: Rounding;
}

/** Weights with reduced precision, and its effect on the same test examples. */
export interface Rounding {
  readonly weights: RoundedType;
  /** Number of labels compared. */
  readonly count: number;
  readonly before: Measured;
  readonly after: Measured;
  /** The runtime of the timed graphs, for example `TensorFlow.js (native)`. */
  readonly runtime: string;
}

export interface Measured {
  /** Of the weights of `model.json`. */
  readonly bytes: number;
  /** Of the graph for one example, the median of several runs. */
  readonly milliseconds: number;
  readonly loss: number;
  /** Null for regression. */
  readonly accuracy: number | null;
}

export type InputContract = PictureInput | TableInput | SeriesInput | TextInput | ArrayInput;

/**
 * Pictures: decoded, resized, converted to grey if there is one channel, and scaled from 0..255 to the units of the
 * data set.
 */
export interface PictureInput {
  readonly kind: 'picture';
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly white: number;
  /**
   * Per axis, vertical and horizontal alike: the mean over the area when shrinking, bilinear when growing, then rounded
   * to integer levels.
   */
  readonly resize: 'area mean when shrinking, bilinear when growing';
  /** Turned upright by the EXIF orientation of the file. */
  readonly orientation: 'exif';
  /** The background behind transparent pixels. */
  readonly background: 'white';
  /** The decoder of the training pictures, with its version, if they were files. */
  readonly decoder?: string;
  /** How three channels are converted to one. */
  readonly grey?: 'ITU-R 601 luma: 0.299 R + 0.587 G + 0.114 B';
}

/** Rows of a table. */
export interface TableInput {
  readonly kind: 'table';
  /** The column names, if the table has a header and every column is numeric without missing values. */
  readonly columns?: readonly string[];
  /** The type of each column, in the order of the inputs; a missing number becomes the mean of the training data. */
  readonly encoding?: readonly Column[];
  /** The encoding of the files, if it is not UTF-8 or UTF-16. */
  readonly charset?: Charset;
}

/** Windows of the rows of a series, the oldest row first: [1, window, columns]. */
export interface SeriesInput {
  readonly kind: 'series';
  readonly series: SeriesForm;
  readonly charset?: Charset;
}

/** Windows of token ids; the tokens are the class names. */
export interface TextInput {
  readonly kind: 'text';
  readonly level: 'char' | 'word';
  readonly length: number;
  /** The token of id 0, for anything outside the vocabulary. */
  readonly unknown: string;
  /** Ends each line of a word-level text. */
  readonly endOfLine?: string;
}

/** Any other array of numbers. */
export interface ArrayInput {
  readonly kind: 'array';
}

export interface TrainingData {
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[];
  /** Number of examples in each part; for texts, of tokens. */
  readonly parts: Readonly<Record<string, number>>;
}

export interface Results {
  readonly parameters?: number;
  readonly seed?: number;
  /** On the test part, used once. */
  readonly test?: {
    readonly loss: number;
    readonly accuracy?: number;
    readonly perplexity?: number;
    readonly bitsPerCharacter?: number;
    readonly labels?: NonNullable<Tested['labels']>;
    readonly targets?: readonly { name: string; rmse: number; mae: number; r2?: number }[];
  };
  /** The network compared with simpler models. */
  readonly assessment?: Partial<Assessment> | Partial<FlagAssessment> | Partial<ValueAssessment>;
}

export interface FactsOptions {
  /** The white value in the data set; 255 by default. */
  readonly largestPixel?: number | undefined;
  /** The run's record of its data. */
  readonly record?: unknown;
  readonly charset?: Charset | undefined;
  readonly results?: Results;
}

interface Recorded {
  readonly name: string;
  readonly columns?: readonly string[];
  readonly encoding?: readonly Column[];
  readonly series?: SeriesForm;
  readonly decoder?: string;
  readonly sources?: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
  readonly splits?: Readonly<Record<string, { readonly count: number }>>;
}

/** The facts of a model, including the run's record if given. */
export function factsOf(
  { card, space, normalization }: Model,
  { largestPixel = 255, record, charset, results }: FactsOptions = {},
): ModelFacts {
  const recorded = record as Recorded | undefined;
  return {
    space: space.name,
    architecture: card.architecture,
    classNames: card.classNames,
    inputShape: card.task.inputShape,
    normalization,
    largestPixel,
    ...(card.task.kind === 'multi-label' && { multiLabel: true }),
    ...(card.targets && { targets: card.targets }),
    ...(card.task.change && { change: card.task.change }),
    ...(card.temperature !== undefined && { temperature: card.temperature }),
    ...(card.level && { level: card.level }),
    input: inputOf(card.task.inputShape, { level: card.level, white: largestPixel, normalization, recorded, charset }),
    ...(recorded && { data: dataOf(recorded) }),
    ...(results && { results }),
  };
}

interface Known {
  readonly level: 'char' | 'word' | undefined;
  readonly white: number;
  readonly normalization: Normalization;
  readonly recorded: Recorded | undefined;
  readonly charset: Charset | undefined;
}

function inputOf(
  inputShape: readonly number[],
  { level, white, normalization, recorded, charset }: Known,
): InputContract {
  if (level)
    return {
      kind: 'text',
      level,
      length: inputShape[0]!,
      unknown: UNKNOWN,
      ...(level === 'word' && { endOfLine: END_OF_LINE }),
    };
  if (recorded?.series) return { kind: 'series', series: recorded.series, ...(charset && { charset }) };
  const [height, width, channels] = inputShape as [number, number, number];
  if (height === 1 && width === 1) {
    const { columns, encoding } = recorded ?? {};
    const encoded = encoding?.reduce((sum, column) => sum + widthOf(column), 0) === channels;
    return {
      kind: 'table',
      ...(encoded ? { encoding } : columns?.length === channels && { columns }),
      ...(charset && { charset }),
    };
  }
  // For values about zero, black and white are unknown.
  if ((channels !== 1 && channels !== 3) || normalization.mean.some((value) => value < 0)) return { kind: 'array' };
  return {
    kind: 'picture',
    height,
    width,
    channels,
    white,
    resize: 'area mean when shrinking, bilinear when growing',
    orientation: 'exif',
    background: 'white',
    ...(recorded?.decoder !== undefined && { decoder: recorded.decoder }),
    ...(channels === 1 && { grey: 'ITU-R 601 luma: 0.299 R + 0.587 G + 0.114 B' }),
  };
}

/** Without the folders that contained the files. */
const dataOf = ({ name, sources = [], splits = {} }: Recorded): TrainingData => ({
  name,
  files: sources.map(({ path, sha256, bytes }) => ({ name: basename(path), sha256, bytes })),
  parts: Object.fromEntries(Object.entries(splits).map(([part, { count }]) => [part, count])),
});
