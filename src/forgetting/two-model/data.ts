/** The parts of a data set for the two-model experiment. */
import { type Dataset, measureNormalization, openDataset, splitDataset } from '../../data/index.js';
import { proto10 } from '../../data/proto10.js';
import { type TwoModelData } from './experiment.js';

export interface TwoModelDataOptions {
  /** `proto-10`, or whatever `openDataset` knows. */
  readonly source: string;
  readonly path?: string | undefined;
  readonly seed: number;
  /** Held-out examples for Fisher information and for stopping A: shares or numbers. */
  readonly fisher?: number;
  readonly stopping?: number;
}

/** Opens the data and holds out a part for Fisher information and one for stopping A. */
export function openTwoModelData({ source, path, seed, fisher, stopping }: TwoModelDataOptions): TwoModelData {
  const dataset: Dataset =
    source === 'proto-10' ? proto10(seed) : openDataset(source, path === undefined ? {} : { path });
  const large = dataset.train.count >= LARGE;
  const splits = splitDataset(dataset, {
    seed,
    fisher: fisher ?? (large ? 4000 : 0.2),
    validation: stopping ?? (large ? 1000 : 0.1),
  });
  const plain = source === 'proto-10' && { mean: [0], std: [1] };
  return {
    train: splits.train,
    fisher: splits.fisher!,
    stopping: splits.validation,
    test: splits.test,
    normalization: plain || measureNormalization(splits.train),
  };
}

/** Minimum number of examples for the calibrated sizes of the held-out parts. */
const LARGE = 10_000;
