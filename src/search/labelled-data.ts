/** Examples with a class each: pictures and tables. */
import { type SearchConfig } from '../config/schema.js';
import { batches, type BatchesOptions, batchTensors, mergeSplits, prepareData, type PreparedData, type Split } from '../data/index.js';
import { WeftError } from '../errors.js';
import { type BatchSource } from '../training/batch.js';
import { type DataFacts, type SearchBatches, type SearchData } from './data.js';
import { defined } from './defined.js';

const EVALUATION_BATCH = 256;

/** Opens and splits the data set that a configuration names. */
export function openLabelled({ seed, data }: SearchConfig): SearchData {
  const { source, path, size, channels, label, header, imageShape, subset, labelNoise, test, validation, derive, fisher } = data;
  for (const option of ['bptt', 'vocabulary'] as const) {
    if (data[option] !== undefined) throw new WeftError('config', `the data option '${option}' has no meaning for '${source}'`, 'it belongs to texts; leave it out');
  }
  const prepared = prepareData({
    source,
    options: defined({ path, size, channels, label, header, imageShape }),
    subset: defined(subset),
    split: defined({ test, validation, derive, fisher }),
    labelNoise,
  }, seed);
  const { dataset: { inputShape, classes, classNames }, splits, normalization, record } = prepared;
  return {
    task: { inputShape, classes },
    record: record as unknown as DataFacts,
    counts: { train: splits.train.indices.length, validation: splits.validation.indices.length, test: splits.test.indices.length },
    card: { normalization, classNames: classNames ?? Array.from({ length: classes }, (_, i) => String(i)) },
    batches: (config) => labelledBatches(config, prepared),
  };
}

function labelledBatches({ seed, data, search, derive, retrain }: SearchConfig, { splits, normalization }: PreparedData): SearchBatches {
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
