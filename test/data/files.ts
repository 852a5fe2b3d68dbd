/** Small data files for the tests of this folder, written into temporary folders that disappear afterwards. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { WeftError, type WeftErrorCode } from '../../src/errors.js';

const folders: string[] = [];

/** A new folder with these files in it; parent folders are made as needed. */
export function folderWith(files: Record<string, Uint8Array | string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft-data-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
}

/** Removes what `folderWith` made: call it in an `after` hook. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

/** The folder of a real data set beside the project, or undefined. */
export function sharedData(name: string): string | undefined {
  const folder = resolve(process.cwd(), '..', 'shared', 'data', name);
  return existsSync(folder) ? folder : undefined;
}

/** Expects a WeftError whose message and hint match every pattern. */
export function expectError(code: WeftErrorCode, action: () => unknown, ...patterns: (RegExp | string)[]): void {
  let caught: unknown;
  try {
    action();
  } catch (error) {
    caught = error;
  }
  expect(caught).to.be.instanceOf(WeftError);
  const { code: actual, message, hint } = caught as WeftError;
  expect(actual).to.equal(code);
  expect(hint, 'remedy').to.be.a('string').that.is.not.empty;
  for (const pattern of patterns)
    if (typeof pattern === 'string') expect(`${message}\n${hint}`).to.include(pattern);
    else expect(`${message}\n${hint}`).to.match(pattern);
}

/** An IDX file of unsigned bytes. */
export function idx(shape: readonly number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 8;
  header[3] = shape.length;
  shape.forEach((length, i) => header.writeUInt32BE(length, 4 + 4 * i));
  return Buffer.concat([header, Buffer.from(Uint8Array.from(values))]);
}

/** Two training images and two test images of 2x3 in the four files of MNIST. */
export const tinyMnist = (): Record<string, Buffer> => ({
  'train-images-idx3-ubyte': idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  'train-labels-idx1-ubyte': idx([2], [1, 0]),
  't10k-images-idx3-ubyte': idx([2, 2, 3], [21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32]),
  't10k-labels-idx1-ubyte': idx([2], [0, 1]),
});

/**
 * So many training and test images of a size in the four files of MNIST, in grey levels without a pattern; the labels
 * of the classes in turn.
 */
export function mnistOf({
  size,
  classes,
  train,
  test,
}: {
  size: number;
  classes: number;
  train: number;
  test: number;
}): Record<string, Buffer> {
  const part = (name: string, count: number): Record<string, Buffer> => ({
    [`${name}-images-idx3-ubyte`]: idx(
      [count, size, size],
      Array.from({ length: size * size * count }, (_, i) => (37 * i) % 256),
    ),
    [`${name}-labels-idx1-ubyte`]: idx(
      [count],
      Array.from({ length: count }, (_, i) => i % classes),
    ),
  });
  return { ...part('train', train), ...part('t10k', test) };
}

/** CIFAR-10 records with these labels; channel c of pixel (y, x) of record i is (64 c + 32 y + x + i) mod 256. */
export function cifar(labels: readonly number[]): Buffer {
  const bytes = Buffer.alloc(labels.length * 3073);
  labels.forEach((label, i) => {
    bytes[i * 3073] = label;
    for (let c = 0; c < 3; c++)
      for (let place = 0; place < 1024; place++) bytes[i * 3073 + 1 + c * 1024 + place] = 64 * c + place + i;
  });
  return bytes;
}

export type Colour = readonly [red: number, green: number, blue: number, alpha?: number];

function rgba(height: number, width: number, colour: (y: number, x: number) => Colour): Buffer {
  const data = Buffer.alloc(height * width * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [red, green, blue, alpha = 255] = colour(y, x);
      data.set([red, green, blue, alpha], (y * width + x) * 4);
    }
  return data;
}

export function png(height: number, width: number, colour: (y: number, x: number) => Colour): Buffer {
  return PNG.sync.write(Object.assign(new PNG({ width, height }), { data: rgba(height, width, colour) }));
}

export function jpg(height: number, width: number, colour: (y: number, x: number) => Colour): Buffer {
  return jpeg.encode({ width, height, data: rgba(height, width, colour) }, 100).data;
}

/** `count` images of one colour each in the folder `name`, for `folderWith`. */
export function classFolder(name: string, count: number, colour: Colour, size = 4): Record<string, Buffer> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `${name}/${i}.png`,
      png(size, size, () => [colour[0] + i, colour[1], colour[2]]),
    ]),
  );
}

/** A JPEG with an EXIF segment that says how to turn it. */
export function withOrientation(file: Uint8Array, orientation: number): Buffer {
  const tiff = Buffer.from([
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    0x01,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  const body = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, body.length + 2]);
  return Buffer.concat([file.subarray(0, 2), head, body, file.subarray(2)]);
}
