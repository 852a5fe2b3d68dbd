/** The data of the comparison: the first images of MNIST and CIFAR-10 if they are available, else noise. */
import { tf, WeftError } from 'weft-nas';
import { batches, batchTensors, openDataset, prepareData, type PreparedData, type training } from 'weft-nas/study';
import { type Images } from './throughput.js';
import { type Source } from './workloads.js';

export interface DataSources extends Images {
  /** Splits of a source; undefined if it is not available. */
  data(source: Source): PreparedData | undefined;
  /** The missing source, and the reason. */
  missing(): readonly { readonly source: Source; readonly why: string }[];
}

const TITLES: Readonly<Record<Source, string>> = { mnist: 'MNIST', cifar10: 'CIFAR-10' };

/** Opens each source on first use, and takes at most this many of its examples; `path` is the location of MNIST. */
export function openSources({
  path,
  train,
  test,
  seed,
}: {
  path: string | undefined;
  train: number;
  test: number;
  seed: number;
}): DataSources {
  const opened = new Map<Source, PreparedData | { readonly why: string }>();
  const open = (source: Source): PreparedData | { readonly why: string } => {
    const known = opened.get(source);
    if (known) return known;
    let found: PreparedData | { readonly why: string };
    try {
      const options = source === 'mnist' && path !== undefined ? { path } : {};
      const whole = openDataset(source, options);
      const subset = { train: Math.min(train, whole.train.count), test: Math.min(test, whole.test?.count ?? 0) };
      found = prepareData({ source, options, subset, split: { validation: 1 / 12 } }, seed);
    } catch (error) {
      if (!(error instanceof WeftError) || error.code !== 'data') throw error;
      found = { why: error.message };
    }
    opened.set(source, found);
    return found;
  };
  const data = (source: Source): PreparedData | undefined => {
    const found = open(source);
    return 'why' in found ? undefined : found;
  };
  return {
    data,
    missing: () => [...opened].flatMap(([source, found]) => ('why' in found ? [{ source, why: found.why }] : [])),
    kind: (source) => (data(source) ? `images of ${TITLES[source]}` : 'random images'),
    batch({ source, image }, examples) {
      const found = data(source);
      if (!found) return randomImages(image, examples, seed);
      return batchTensors(
        batches(found.splits.train, { seed, normalization: found.normalization, batchSize: examples }).at(0, 0),
      );
    },
  };
}

function randomImages(image: readonly [number, number, number], examples: number, seed: number): training.TensorBatch {
  return {
    inputs: tf.randomUniform([examples, ...image], 0, 1, 'float32', seed),
    labels: tf.tensor1d(
      Int32Array.from({ length: examples }, (_, i) => (i * 7) % 10),
      'int32',
    ),
  };
}
