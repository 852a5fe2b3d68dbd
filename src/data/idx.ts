/**
 * The IDX format of MNIST and its relatives: two zero bytes, a type, the number of dimensions, the dimensions as
 * big-endian 32-bit integers, then the values [LeCun, "The MNIST database"].
 */
import { join } from 'node:path';
import { WeftError } from '../errors.js';
import { defineDataset, type Dataset, type Source } from './dataset.js';
import { listFolder, readSource } from './source.js';

export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const COPY_AGAIN = 'the file is truncated or corrupt: fetch or copy it again';
const FILE_NAME = /^(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?$/;

/** Parses an IDX array of unsigned bytes; `path` is used in messages. */
export function parseIdx(bytes: Uint8Array, path: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0)
    throw new WeftError('data', `${path} is not an IDX file: it does not start with two zero bytes`, COPY_AGAIN);
  if (bytes[2] !== UNSIGNED_BYTE)
    throw new WeftError(
      'data',
      `${path}: IDX type 0x${bytes[2]!.toString(16).padStart(2, '0')} is not supported`,
      'only unsigned bytes (type 0x08) are supported, the type of MNIST and similar data sets',
    );
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (rank === 0 || bytes.length < start)
    throw new WeftError('data', `${path}: the IDX header of ${rank} dimensions is truncated`, COPY_AGAIN);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - start !== size)
    throw new WeftError(
      'data',
      `${path}: the header announces ${shape.join(' x ')} = ${size} bytes, but the file has ${bytes.length - start}`,
      COPY_AGAIN,
    );
  return { shape, values: bytes.subarray(start) };
}

/** The IDX files of a folder as `part-kind -> path`; a plain file is preferred to its gzipped counterpart. */
export function findIdxFiles(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of listFolder(folder)) {
    const [, part, kind] = FILE_NAME.exec(file) ?? [];
    if (!part) continue;
    const key = `${part === 'train' ? 'train' : 'test'}-${kind}`;
    if (!found.has(key)) found.set(key, join(folder, file));
  }
  return found;
}

/** Reads `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and, if present, the `t10k` pair, gzipped or not. */
export function readIdxFolder(folder: string, name: string): Dataset {
  const files = findIdxFiles(folder);
  const train = readPart(folder, files, 'train');
  const test = files.has('test-images') || files.has('test-labels') ? readPart(folder, files, 'test') : undefined;
  const [height, width] = train.size;
  if (test && (test.size[0] !== height || test.size[1] !== width))
    throw new WeftError(
      'data',
      `${test.sources[0].path}: images of ${test.size.join(' x ')}, but those for training are ${height} x ${width}`,
      'training and test files must come from one data set',
    );
  return defineDataset(
    {
      name,
      inputShape: [height, width, 1],
      classes: train.labels.reduce((most, label) => Math.max(most, label + 1), 0),
      train,
      test,
      sources: [...train.sources, ...(test?.sources ?? [])],
    },
    train.sources[1].path,
  );
}

interface IdxPart {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly size: readonly [height: number, width: number];
  readonly sources: readonly [images: Source, labels: Source];
}

function readPart(folder: string, files: Map<string, string>, part: 'train' | 'test'): IdxPart {
  const [images, labels] = (['images', 'labels'] as const).map((kind) => {
    const path = files.get(`${part}-${kind}`);
    const rank = kind === 'images' ? 3 : 1;
    const expected = `${part === 'train' ? 'train' : 't10k'}-${kind}-idx${rank}-ubyte`;
    if (!path) throw new WeftError('data', `${folder} lacks ${expected}`, `put ${expected} or ${expected}.gz there`);
    const { bytes, source } = readSource(path);
    const array = parseIdx(bytes, path);
    if (array.shape.length !== rank)
      throw new WeftError(
        'data',
        `${path}: ${array.shape.length} dimensions, but ${kind} have ${rank}`,
        'check that image and label files are not mixed up',
      );
    return { ...array, source };
  }) as [IdxArray & { source: Source }, IdxArray & { source: Source }];
  if (images.shape[0] !== labels.shape[0])
    throw new WeftError(
      'data',
      `${images.source.path} has ${images.shape[0]} images, ${labels.source.path} ${labels.shape[0]} labels`,
      'both files must come from one data set',
    );
  return {
    images: images.values,
    labels: labels.values,
    size: [images.shape[1]!, images.shape[2]!],
    sources: [images.source, labels.source],
  };
}
