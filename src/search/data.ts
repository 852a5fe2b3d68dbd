/** The batches of a search: who learns from which examples. */
import { type SearchConfig } from '../config/schema.js';
import { batches, type BatchesOptions, batchTensors, mergeSplits, prepareData, type PreparedData, type Split } from '../data/index.js';
import { type BatchSource } from '../training/batch.js';

export interface SearchBatches {
  /** Shared weights learn from these, augmented. */
  readonly train: BatchSource;
  /** Validation batches that measure rewards. */
  readonly reward: BatchSource;
  /** The same batches for every candidate of the final choice. */
  readonly derive: BatchSource;
  /** Training and validation part together, augmented: the found network learns from these. */
  readonly retrain: BatchSource;
  /** The same examples as they are, for the batch statistics of the finished network. */
  readonly plain: BatchSource;
  /** Seen once, at the end. */
  readonly test: BatchSource;
}

const EVALUATION_BATCH = 256;

/** Opens and splits the data that a configuration names. */
export function openData({ seed, data }: SearchConfig): PreparedData {
  const { source, path, size, channels, label, header, imageShape, subset, labelNoise, test, validation, derive, fisher } = data;
  return prepareData({
    source,
    options: defined({ path, size, channels, label, header, imageShape }),
    subset: defined(subset),
    split: defined({ test, validation, derive, fisher }),
    labelNoise,
  }, seed);
}

/** The batches that each phase of a search asks for. */
export function openBatches({ seed, data, search, derive, retrain }: SearchConfig, { splits, normalization }: PreparedData): SearchBatches {
  const together = mergeSplits('train', [splits.train, splits.validation]);
  const source = (split: Split, options: Omit<BatchesOptions, 'seed' | 'normalization'>): BatchSource => {
    const all = batches(split, { seed, normalization, ...options });
    return { count: all.examplesPerEpoch, steps: all.stepsPerEpoch, at: (epoch, step) => batchTensors(all.at(epoch, step)) };
  };
  const atMost = (size: number, split: Split): number => Math.min(size, split.indices.length);
  const chosen = splits.derive ?? splits.validation;
  return {
    train: source(splits.train, { batchSize: search.batchSize, augment: defined(data.augment) }),
    reward: source(splits.validation, { batchSize: atMost(search.rewardBatchSize, splits.validation), name: 'reward' }),
    derive: source(chosen, { batchSize: atMost(derive.batchSize, chosen), name: 'derive' }),
    retrain: source(together, { batchSize: retrain.batchSize, name: 'retrain', augment: defined(retrain.augment ?? data.augment) }),
    plain: source(together, { batchSize: atMost(EVALUATION_BATCH, together), name: 'plain' }),
    test: source(splits.test, { batchSize: EVALUATION_BATCH, shuffle: false, last: 'keep' }),
  };
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined: "not given" and "given as undefined" are different things to a strict type. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
