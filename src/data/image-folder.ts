/** Images sorted into one folder for each class: `root/cat/1.png`, or `root/train/cat/1.png` and `root/test/cat/9.png`. */
import { WeftError } from '../errors.js';
import { median } from '../statistics/index.js';
import { availableBytes } from '../tensor/memory.js';
import { foreignDecoder, isForeignImage } from './decode-foreign.js';
import { decodeImage, type RgbImage } from './decode-image.js';
import { defineDataset, type Dataset, type InputShape, type Source } from './dataset.js';
import { listImageFiles } from './image-files.js';
import { toLuma } from './pixels.js';
import { resizeImage } from './resize.js';
import { folderSource, readBytes, sha256 } from './source.js';

export { isImageFolder } from './image-files.js';

export interface ImageFolderOptions {
  /** Resize every image to [height, width]. Left out: their own size if all have the same, otherwise a square of at most 64 that most of them fill. */
  readonly size?: readonly [height: number, width: number];
  /** 1 for greyscale (ITU-R 601 luma), 3 for RGB. Left out: 1 if no image has any colour. */
  readonly channels?: 1 | 3;
  /** The classes that folders may be called by, in the order of a network's outputs. Left out: those that occur. */
  readonly classNames?: readonly string[];
}

/**
 * Reads a folder of PNG and JPEG images. Classes are the sub-folders in the order of their names; deeper folders belong to
 * their class. With `train/` (or Training, in any case) there may be `val/` and `test/`, with (some of) the same classes.
 */
export function readImageFolder(folder: string, name: string, options: ImageFolderOptions = {}): Dataset {
  const { classNames, train, validation, test } = listImageFiles(folder, options.classNames);
  const files = [...train, ...validation, ...test];
  const { size, pixels, sources } = readImages(
    files.map((file) => file.path),
    options.size,
  );
  const channels = options.channels ?? (isGrey(pixels) ? 1 : 3);
  const images = channels === 1 ? toLuma(pixels) : pixels;
  const labels = Int32Array.from(files, (file) => classNames.indexOf(file.label));
  const learned = train.length + validation.length;
  const boundary = learned * size[0] * size[1] * channels;
  return defineDataset(
    {
      name,
      inputShape: [...size, channels],
      classes: classNames.length,
      classNames,
      partial: options.classNames !== undefined,
      train: { images: images.subarray(0, boundary), labels: labels.subarray(0, learned) },
      ...(validation.length > 0 && {
        validation: Uint32Array.from(validation, (_, i) => train.length + i),
      }),
      test: test.length > 0 ? { images: images.subarray(boundary), labels: labels.subarray(learned) } : undefined,
      sources: [
        folderSource(
          folder,
          sources.map((source) => ({ ...source, path: source.path.slice(folder.length + 1) })),
        ),
      ],
    },
    folder,
  );
}

/** Images [count, height, width, channels] of any size, brought to one shape as those of a folder are. Throws WeftError('data') naming each that cannot be read. */
export function readImagesAs(
  paths: readonly string[],
  [height, width, channels]: InputShape,
): Uint8Array | Float32Array {
  const { pixels } = readImages(paths, [height, width]);
  return channels === 1 ? toLuma(pixels) : pixels;
}

/** Images that cannot be read and are named at once. */
const MOST_NAMED = 10;

/** All images as one [count, height, width, 3] array; bytes, or floats where an image has more than 8 bits a sample. */
function readImages(
  paths: readonly string[],
  wanted: readonly [number, number] | undefined,
): { size: readonly [number, number]; pixels: Uint8Array | Float32Array; sources: Source[] } {
  let size = wanted;
  let pixels: Uint8Array | Float32Array | undefined;
  let [transparent, mixed] = [false, false];
  /** The shorter side of each image. */
  const shorter: number[] = [];
  const failures: WeftError[] = [];
  const sources: Source[] = [];
  const foreign = foreignDecoder(paths);
  paths.forEach((path, index) => {
    const bytes = readBytes(path, MOST_IMAGE_BYTES);
    let decoded: RgbImage;
    try {
      decoded = isForeignImage(path) ? foreign(path) : decodeImage(bytes, path);
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      failures.push(error);
      return;
    }
    if (failures.length > 0) return; // only what cannot be read matters now
    transparent ||= decoded.transparent ?? false;
    size ??= [decoded.height, decoded.width];
    shorter.push(Math.min(decoded.height, decoded.width));
    mixed ||= wanted === undefined && (decoded.height !== size[0] || decoded.width !== size[1]);
    if (mixed) return; // read again at a common size
    pixels ??= allocate(paths.length, size);
    const image = wanted === undefined ? decoded : resizeImage(decoded, ...wanted);
    if (image.pixels instanceof Float32Array && pixels instanceof Uint8Array) pixels = Float32Array.from(pixels);
    pixels.set(image.pixels, index * image.pixels.length);
    sources.push({ path, sha256: sha256(bytes), bytes: bytes.length });
  });
  if (failures.length === 1) throw failures[0]!;
  if (failures.length > 1) throw allOf(failures, paths.length);
  if (mixed) return readImages(paths, commonSize(shorter));
  if (!size || !pixels)
    throw new WeftError('data', 'no images at all', 'make one folder of PNG or JPEG images for each class');
  if (transparent && pixels.every((value) => value === 255))
    throw new WeftError(
      'data',
      `${paths[0]} and all other images are white once their transparency is laid over white`,
      'what they show is in their transparency alone: lay them over another colour first',
    );
  return { size, pixels, sources };
}

/** No photograph is larger; a device or a film may be. */
const MOST_IMAGE_BYTES = 2 ** 28;

function allOf(failures: readonly WeftError[], count: number): WeftError {
  const named = failures.slice(0, MOST_NAMED).map(({ message }) => `\n  ${message}`);
  const more = failures.length > MOST_NAMED ? `\n  and ${failures.length - MOST_NAMED} more` : '';
  return new WeftError(
    'data',
    `${failures.length} of ${count} images cannot be read:${named.join('')}${more}`,
    'fix, replace or remove these files',
  );
}

/** Sides of squares that small networks are searched on. */
const SIDES = [64, 48, 32, 24, 16, 8];

/** For images of different sizes, a square that most of them fill: the largest of the usual ones within the median of their shorter sides. */
function commonSize(shorter: readonly number[]): readonly [number, number] {
  const typical = Math.floor(median(shorter));
  const side = SIDES.find((one) => one <= typical) ?? typical;
  return [side, side];
}

function allocate(count: number, [height, width]: readonly [number, number]): Uint8Array {
  const bytes = count * height * width * 3;
  if (bytes > availableBytes())
    throw new WeftError(
      'data',
      `${count} images of ${width} x ${height} need ${Math.round(bytes / 2 ** 20)} MB of memory`,
      'set data.size to make them smaller, for example data.size: [64, 64]',
    );
  return new Uint8Array(bytes);
}

function isGrey(pixels: Uint8Array | Float32Array): boolean {
  for (let i = 0; i < pixels.length; i += 3)
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  return true;
}
