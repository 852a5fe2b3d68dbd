/** The data of a search, whatever kind they are: what the network is for, and who learns from which batches. */
import { type SearchConfig } from '../config/schema.js';
import { type Dataset, isDataCode, isInMemory, isText, type Surroundings, type TargetScaling } from '../data/index.js';
import { WeftError } from '../errors.js';
import { type Task } from '../graph/define-space.js';
import { type Json } from '../operations/operation.js';
import { type BatchSource } from '../training/batch.js';
import { type PlainExamples } from './assess.js';
import { type PlainFlags } from './assess-flags.js';
import { type PlainValues } from './assess-values.js';
import { openLabelled } from './labelled-data.js';
import { openText } from './text-data.js';

export interface SearchBatches {
  /** Shared weights learn from these, augmented. */
  readonly train: BatchSource;
  /** Validation batches that measure rewards. */
  readonly reward: BatchSource;
  /** The same batches for every candidate of the final choice. */
  readonly derive: BatchSource;
  /** Training and validation part together, augmented: the found network learns from these. Of the training part alone where its optimizer follows the validation loss. */
  readonly retrain: BatchSource;
  /** The same examples as they are, for the batch statistics of the finished network. */
  readonly plain: BatchSource;
  /** The training part as it is: what the sharpness of shared weights is measured on. */
  readonly watched: BatchSource;
  /** The whole validation part, in order: what networks that were trained alone are judged by. */
  readonly validation: BatchSource;
  /** Validation batches on which forgetting is measured. */
  readonly revisited: BatchSource;
  /** A part of its own for Fisher information, where a regularizer needs it. */
  readonly fisher: BatchSource | undefined;
  /** Seen once, at the end. */
  readonly test: BatchSource;
  /** The examples as rows, for the simple models that the network is compared with; undefined where there are no classes, or too many numbers. */
  readonly plainExamples?: () => PlainExamples;
  /** The same where each example has several labels. */
  readonly plainFlags?: () => PlainFlags;
  /** A test example as a PNG, where they are pictures. */
  readonly testPicture?: (example: number) => Uint8Array;
  /** The same where numbers are predicted. */
  readonly plainValues?: () => PlainValues;
}

/** Plain JSON. */
export type DataFacts = { readonly [name: string]: Json } & {
  readonly name: string;
  readonly sources: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
};

export interface SearchData {
  readonly task: Task;
  /** What a run writes down about its data. */
  readonly record: DataFacts;
  /** The hash of each file where the data is a folder; a run keeps it in a file of its own. */
  readonly listing?: string;
  /** What was read, in lines for people; nothing where there is nothing to say. */
  readonly account?: readonly string[];
  /** Examples in each part; of a text tokens. */
  readonly counts: Readonly<Record<'train' | 'validation' | 'test', number>>;
  /** What the card of a trained network says of its data. */
  readonly card: {
    readonly normalization?: { readonly mean: readonly number[]; readonly std: readonly number[] };
    /** Of a classifier in the order of its logits, of a language model its tokens. */
    readonly classNames: readonly string[];
    /** Of numbers that are predicted: what they are called, and how outputs become numbers in their own unit. */
    readonly targets?: TargetScaling;
    readonly level?: 'char' | 'word';
  };
  /** The batches that each phase asks for. `carries` says whether the network has states that continue from batch to batch. */
  batches(config: SearchConfig, options: { carries: boolean }): SearchBatches;
}

/** Divides the data that a configuration names, or `dataset`, which a program has in its memory. `surroundings` is told about the progress of reading. */
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
