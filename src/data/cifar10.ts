/**
 * CIFAR-10's binary form: records of 3,073 bytes, each a label followed by the red, green and blue planes of a 32x32
 * image [Krizhevsky 2009, "Learning multiple layers of features from tiny images"].
 */
import { join } from 'node:path';
import { WeftError } from '../errors.js';
import { defineDataset, type Dataset } from './dataset.js';
import { listFolder, readSource, type SourceFile } from './source.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;
const CLASS_NAMES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** The files in a folder that hold training batches (any number of `data_batch_*.bin`) and the test batch. */
export function findCifarFiles(folder: string): { train: string[]; test: string[] } {
  const matching = (pattern: RegExp): string[] =>
    listFolder(folder)
      .filter((file) => pattern.test(file))
      .map((file) => join(folder, file));
  return { train: matching(/^data_batch_\w+\.bin(\.gz)?$/), test: matching(/^test_batch\.bin(\.gz)?$/) };
}

/** Reads every `data_batch_*.bin` in a folder for training and `test_batch.bin`, if present, for testing. */
export function readCifarFolder(folder: string, name: string): Dataset {
  const files = findCifarFiles(folder);
  if (files.train.length === 0)
    throw new WeftError('data', `${folder} has no data_batch_*.bin`, "unpack CIFAR-10's binary version there");
  const train = files.train.map(readSource);
  const test = files.test.map(readSource);
  return defineDataset(
    {
      name,
      inputShape: [SIDE, SIDE, 3],
      classes: CLASS_NAMES.length,
      classNames: CLASS_NAMES,
      train: decodeRecords(train),
      test: test.length > 0 ? decodeRecords(test) : undefined,
      sources: [...train, ...test].map((file) => file.source),
    },
    folder,
  );
}

/** The records of all files in order, planes interleaved into [count, 32, 32, 3]. */
function decodeRecords(files: readonly SourceFile[]): { images: Uint8Array; labels: Uint8Array } {
  const count = files.reduce((total, file) => total + recordCount(file), 0);
  const images = new Uint8Array(count * 3 * PLANE);
  const labels = new Uint8Array(count);
  let example = 0;
  for (const { bytes, source } of files) {
    for (let start = 0; start < bytes.length; start += RECORD, example++) {
      const label = bytes[start]!;
      if (label >= CLASS_NAMES.length)
        throw new WeftError(
          'data',
          `${source.path}: record ${start / RECORD} has the label ${label}, not one of 0..9`,
          "the file is corrupt or not CIFAR-10's binary version: download it again",
        );
      labels[example] = label;
      let out = example * 3 * PLANE;
      for (let red = start + 1; red < start + 1 + PLANE; red++) {
        images[out++] = bytes[red]!;
        images[out++] = bytes[red + PLANE]!;
        images[out++] = bytes[red + 2 * PLANE]!;
      }
    }
  }
  return { images, labels };
}

function recordCount({ bytes, source }: SourceFile): number {
  if (bytes.length === 0 || bytes.length % RECORD !== 0)
    throw new WeftError(
      'data',
      `${source.path}: ${bytes.length} bytes are not a whole number of CIFAR-10 records of ${RECORD} bytes`,
      "the file is truncated, or not CIFAR-10's binary version: download it again",
    );
  return bytes.length / RECORD;
}
