/** The data of a search, of whatever kind: the task of the network, and the batches of each phase. */
import { type SearchConfig } from '../config/schema.js';
import { type Dataset, isDataCode, isInMemory, isText, type Surroundings, type TargetScaling } from '../data/index.js';
import { WeftError } from '../errors.js';
import { type Task } from '../graph/define-space.js';
import { type Json } from '../operations/operation.js';
import { type BatchSource } from '../training/batch.js';
import { type PlainExamples } from './assess.js';
import { type PlainFlags } from './assess-multi-label.js';
import { type PlainValues } from './assess-values.js';
import { openLabelled } from './labelled-data.js';
import { openText } from './text-data.js';

export interface SearchBatches {
  /** Augmented batches that the shared weights are trained on. */
  readonly train: BatchSource;
  /** Validation batches that measure rewards. */
  readonly reward: BatchSource;
  /** Batches for the final choice, the same for every candidate. */
  readonly derive: BatchSource;
  /**
   * Augmented batches of the training and validation part together, on which the found network is trained; of the
   * training part only if its optimizer follows the validation loss.
   */
  readonly retrain: BatchSource;
  /** The same examples without augmentation, for the batch statistics of the finished network. */
  readonly plain: BatchSource;
  /** The training part without augmentation, on which the sharpness of shared weights is measured. */
  readonly watched: BatchSource;
  /** The whole validation part in order, on which networks that were trained alone are evaluated. */
  readonly validation: BatchSource;
  /** Validation batches on which forgetting is measured. */
  readonly revisited: BatchSource;
  /** A separate part for Fisher information, if a regularizer needs one. */
  readonly fisher: BatchSource | undefined;
  /** The test part, used only once, at the end. */
  readonly test: BatchSource;
  /**
   * The examples as rows, for the simple models that the network is compared with; undefined if there are no classes,
   * or too many numbers.
   */
  readonly plainExamples?: () => PlainExamples;
  /** The same if each example has several labels. */
  readonly plainFlags?: () => PlainFlags;
  /** A test example as a PNG, if examples are images. */
  readonly testPicture?: (example: number) => Uint8Array;
  /** The same for regression. */
  readonly plainValues?: () => PlainValues;
}

/** Plain JSON. */
export type DataFacts = { readonly [name: string]: Json } & {
  readonly name: string;
  readonly sources: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
};

export interface SearchData {
  readonly task: Task;
  /** What a run records about its data. */
  readonly record: DataFacts;
  /** The hash of each file, if the data is a folder; a run keeps them in a separate file. */
  readonly listing?: string;
  /** A readable summary of what was read, as lines; absent if there is nothing to say. */
  readonly account?: readonly string[];
  /** Number of examples in each part; of tokens for a text. */
  readonly counts: Readonly<Record<'train' | 'validation' | 'test', number>>;
  /** What the model card of a trained network says about its data. */
  readonly card: {
    readonly normalization?: { readonly mean: readonly number[]; readonly std: readonly number[] };
    /** Class names in the order of the logits; for a language model its tokens. */
    readonly classNames: readonly string[];
    /** For regression: the names of the targets, and the scaling from outputs to their own units. */
    readonly targets?: TargetScaling;
    readonly level?: 'char' | 'word';
  };
  /** The batches for each phase. `carries` says whether the network carries states from batch to batch. */
  batches(config: SearchConfig, options: { carries: boolean }): SearchBatches;
}

/**
 * Divides the data that a configuration names, or `dataset`, which a program holds in memory. `surroundings` receives
 * the progress of reading.
 */
export function openData(config: SearchConfig, dataset?: Dataset, surroundings: Surroundings = {}): SearchData {
  if (dataset) return openLabelled(config, dataset);
  if (isInMemory(config.data.source))
    throw new WeftError(
      'data',
      `the data '${config.data.source}' is in the memory of a program, where other processes cannot read it`,
      'give it from that program, for example resumeSearch(run, { data }), or save it as a CSV file and search again',
    );
  if (isDataCode(config.data.source))
    throw new WeftError(
      'data',
      `the data '${config.data.source}' is made by code, which is not loaded here`,
      'search and evaluate in the same process: jobs in other processes do not load data sets of your own',
    );
  return isText(config.data.source) || config.data.level !== undefined
    ? openText(config)
    : openLabelled(config, undefined, surroundings);
}
