/** Image files resized to one size: hashed, looked up in the cache, decoded by sharp or in JavaScript. */
import { extname } from 'node:path';
import { WeftError } from '../errors.js';
import { median } from '../statistics/summary.js';
import { availableBytes } from '../tensor/memory.js';
import { badImages } from './bad-images.js';
import { decodeImage, MOST_MEGAPIXELS, type RgbImage } from './decode-image.js';
import { decodeBySharp, type DecodingFailure, type ImageJob, measureBySharp, sharpName } from './decode-sharp.js';
import { decoderName, isSharp, javascriptName } from './decoder-names.js';
import type { Source } from './dataset.js';
import { cacheFolder, imageCache, type ImageCache, MOST_ENTRY_BYTES } from './image-cache.js';
import { isRefusedForm } from './image-files.js';
import { headerOf, type ImageForm, isForeignName } from './image-header.js';
import { resizeImage } from './resize.js';
import { hashFile, readBytes, sha256 } from './source.js';

export interface ReadImagesOptions {
  /**
   * [height, width] of all images. Default: their own if all share one of at most 128 pixels a side, otherwise a square
   * of at most 64 that most of them fill.
   */
  readonly size?: readonly [height: number, width: number] | undefined;
  /** The decoder of JPEG and PNG. Default: sharp if it loads. */
  readonly decoder?: 'sharp' | 'javascript' | undefined;
  /** Whether unreadable files are an error, or skipped and reported. Default: error. */
  readonly onBadFile?: 'error' | 'skip' | undefined;
  /** Called with the number of images read so far and the total. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface ReadImages {
  readonly size: readonly [height: number, width: number];
  /** [count, height, width, 3] of 0 to 255; bytes, or floats if an image has more than 8 bits per sample. */
  readonly pixels: Uint8Array | Float32Array;
  /** The files that were read and those that were skipped, except files that could not be opened at all. */
  readonly sources: readonly Source[];
  /** Indices of the paths that were read, ascending. */
  readonly kept: readonly number[];
  /** Files that could not be read and were skipped. */
  readonly leftOut: readonly WeftError[];
  /** Cautions about files that were read, one sentence each. */
  readonly warnings: readonly string[];
  /** The decoder of PNG and JPEG, with its version. */
  readonly decoder: string;
}

/** No photograph is larger, whereas a device or a film may be. */
const MOST_IMAGE_BYTES = 2 ** 28;

/** A file with a valid image header. */
interface Found extends Source {
  readonly index: number;
  readonly form: ImageForm;
  readonly measured: readonly [height: number, width: number] | undefined;
  readonly cmyk: boolean;
  /** Number of frames or pages, of which the first is read. */
  readonly frames?: number | undefined;
  /** The content of a small file, so that it is not read twice. */
  readonly content: Buffer | undefined;
}

/** Reads images. Throws WeftError('data') naming every file that cannot be read, unless they are to be skipped. */
export function readImages(paths: readonly string[], options: ReadImagesOptions = {}): ReadImages {
  const { onBadFile = 'error', onProgress } = options;
  const failures = new Map<number, WeftError>();
  const room = { bytes: MOST_HELD_BYTES };
  let found = paths.flatMap((path, index) => attempt(failures, index, () => look(path, index, room)) ?? []);
  found = measured(found, failures);
  const decoder = { name: decoderName(options.decoder) };
  let size: readonly [number, number];
  let images: Collected;
  // Undecodable files do not affect the size: without them it may be different.
  for (;;) {
    const good = found.filter(({ index }) => !failures.has(index));
    size = options.size ?? commonSize(good) ?? [1, 1];
    const before = failures.size;
    images = collector(onBadFile === 'error' && before > 0 ? undefined : paths.length, size);
    decodeAll(good, size, { decoder, failures, images, onProgress, total: paths.length });
    if (failures.size === before || onBadFile === 'error') break;
    const next = options.size ?? commonSize(good.filter(({ index }) => !failures.has(index))) ?? size;
    if (next.join() === size.join()) break;
  }
  const errors = [...failures].sort(([a], [b]) => a - b).map(([, error]) => error);
  if (errors.length > 0 && (onBadFile === 'error' || errors.length === paths.length))
    throw badImages(errors, paths.length, { what: 'cannot be read', remedy: 'fix, replace or remove these files' });
  const read = found.filter(({ index }) => images.has(index));
  if (read.length === 0)
    throw new WeftError('data', 'it contains no images', 'make one folder of images for each class');
  const kept = read.map(({ index }) => index);
  const { pixels, transparent } = images.finish(kept);
  if (transparent && pixels.every((value) => value === 255))
    throw new WeftError(
      'data',
      `${paths[0]} and all other images are white when their transparent pixels are drawn on white`,
      'their content is only in their transparency: draw them on another colour first',
    );
  return {
    size,
    pixels,
    sources: sourcesOf(paths, found),
    kept,
    leftOut: errors,
    warnings: severalFrames(read),
    decoder:
      isSharp(decoder.name) || found.every(({ form }) => form !== 'foreign')
        ? decoder.name
        : [decoder.name, sharpName()].join(', '),
  };
}

/**
 * In the order of the paths. Skipped files belong to the record too: with other content they might be images, or be
 * skipped for another reason.
 */
function sourcesOf(paths: readonly string[], found: readonly Found[]): Source[] {
  const known = new Map(found.map((file) => [file.index, file]));
  return paths.flatMap((path, index) => {
    const { sha256, bytes } = known.get(index) ?? hashOfUnread(path) ?? {};
    return sha256 === undefined ? [] : [{ path, sha256, bytes: bytes! }];
  });
}

/** Undefined if nothing of it can be read. */
function hashOfUnread(path: string): Source | undefined {
  try {
    return hashFile(path);
  } catch (error) {
    if (error instanceof WeftError) return undefined; // the skipped files already include a sentence about it
    throw error;
  }
}

function attempt<T>(failures: Map<number, WeftError>, index: number, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    failures.set(index, error);
    return undefined;
  }
}

/** Limit on small files held in memory between inspection and decoding, in total; and the size limit of each. */
const MOST_HELD_BYTES = 2 ** 27;
const SMALL_FILE_BYTES = 2 ** 14;

function look(path: string, index: number, room: { bytes: number }): Found {
  if (isRefusedForm(path))
    throw new WeftError(
      'data',
      `${path}: ${extname(path).toLowerCase()} images are not supported`,
      'convert it to PNG or JPEG',
    );
  const bytes = readBytes(path, { most: MOST_IMAGE_BYTES });
  const header = headerOf(bytes);
  if (!header) {
    if (isForeignName(path))
      throw refused({ path, form: 'foreign' }, { reason: 'its content is not an image of this type' });
    decodeImage(bytes, path); // rejects it by its type
  }
  const { form, size, cmyk = false } = header!;
  if (size) requireSize(size, path);
  const content = bytes.length <= Math.min(SMALL_FILE_BYTES, room.bytes) ? bytes : undefined;
  room.bytes -= content?.length ?? 0;
  return { index, path, sha256: sha256(bytes), bytes: bytes.length, form, measured: size, cmyk, content };
}

function requireSize([height, width]: readonly [number, number], path: string): void {
  if (width * height > MOST_MEGAPIXELS * 1e6)
    throw new WeftError(
      'data',
      `${path} has ${width} x ${height} pixels, over ${MOST_MEGAPIXELS} megapixels`,
      'make it smaller, or remove it if it is corrupt',
    );
}

/** The files with the sizes given by their first bytes. */
function measured(found: readonly Found[], failures: Map<number, WeftError>): Found[] {
  const unknown = found.filter(({ form, measured }) => form === 'foreign' && !measured);
  if (unknown.length === 0) return [...found];
  const answers = measureBySharp(unknown.map((file) => jobOf(file)));
  const sizes = new Map<number, Pick<Found, 'measured' | 'frames'>>();
  unknown.forEach((file, i) => {
    const answer = answers?.[i] ?? { reason: 'sharp does not load here' };
    if ('reason' in answer) failures.set(file.index, refused(file, answer));
    else
      attempt(failures, file.index, () => {
        const size = [answer.height, answer.width] as const;
        requireSize(size, file.path);
        sizes.set(file.index, { measured: size, frames: answer.frames });
      });
  });
  return found.map((file) => ({ ...file, ...sizes.get(file.index) }));
}

function severalFrames(read: readonly Found[]): string[] {
  const found = read.filter(({ frames = 1 }) => frames > 1);
  const [first] = found;
  if (!first) return [];
  const [files, their] = found.length === 1 ? ['1 image has', 'its'] : [`${found.length} images have`, 'their'];
  return [
    `${files} several frames or pages, of which only the first is read (${first.path}: ${first.frames}); save ${their} others as files if they are examples`,
  ];
}

/** Side lengths of squares that small networks are searched on. */
const SIDES = [64, 48, 32, 24, 16, 8];

/** The longest side of equally sized images that are left at full size: camera photographs would take all memory. */
const LONGEST_KEPT = 128;

/**
 * The size of all if they have the same and it is small; otherwise a square that most of them fill: the largest of the
 * usual ones within the median of their shorter sides.
 */
function commonSize(found: readonly Found[]): readonly [number, number] | undefined {
  const sizes = found.flatMap(({ measured }) => (measured ? [measured] : []));
  const [first] = sizes;
  if (!first) return undefined;
  const isOne = sizes.every(([height, width]) => height === first[0] && width === first[1]);
  if (isOne && Math.max(first[0], first[1]) <= LONGEST_KEPT) return first;
  const typical = Math.floor(median(sizes.map(([height, width]) => Math.min(height, width))));
  const side = SIDES.find((one) => one <= typical) ?? typical;
  return [side, side];
}

interface Collected {
  readonly has: (index: number) => boolean;
  readonly count: () => number;
  readonly add: (index: number, image: RgbImage) => void;
  /** The pixels of these, ascending, one after the other. */
  readonly finish: (kept: readonly number[]) => { pixels: Uint8Array | Float32Array; transparent: boolean };
}

/** Puts images into one array; with `count` undefined they are not kept, because others have failed. */
function collector(count: number | undefined, [height, width]: readonly [number, number]): Collected {
  const each = height * width * 3;
  if (count !== undefined && count * each > availableBytes())
    throw new WeftError(
      'data',
      `${count} images of ${width} x ${height} need ${Math.round((count * each) / 2 ** 20)} MB of memory`,
      'set data.size to make them smaller, for example data.size: [64, 64]',
    );
  let pixels: Uint8Array | Float32Array = new Uint8Array((count ?? 0) * each);
  let transparent = false;
  const known = new Set<number>();
  return {
    has: (index) => known.has(index),
    count: () => known.size,
    add(index, image) {
      known.add(index);
      if (count === undefined) return;
      transparent ||= image.transparent ?? false;
      if (image.pixels instanceof Float32Array && pixels instanceof Uint8Array) pixels = Float32Array.from(pixels);
      pixels.set(image.pixels, index * each);
    },
    finish(kept) {
      kept.forEach((index, place) => pixels.copyWithin(place * each, index * each, (index + 1) * each));
      return { pixels: pixels.subarray(0, kept.length * each), transparent };
    },
  };
}

/** What a process is given at a time: bytes of files, images, and bytes of answers. */
const AT_A_TIME = { bytes: 2 ** 26, images: 512, answer: 2 ** 28 };

interface Decoding {
  /** Changes if sharp turns out not to load. */
  readonly decoder: { name: string };
  readonly failures: Map<number, WeftError>;
  readonly images: Collected;
  readonly onProgress: ReadImagesOptions['onProgress'];
  readonly total: number;
}

function decodeAll(found: readonly Found[], size: readonly [number, number], decoding: Decoding): void {
  const { decoder, failures, images, onProgress, total } = decoding;
  const cache = cacheFor(size, decoder.name);
  /** Files that only sharp decodes are not cached as decoded by JavaScript. */
  const isKept = (file: Found): boolean =>
    isWorthKeeping(file, size) && (file.form !== 'foreign' || isSharp(decoder.name));
  const tell = (): void => onProgress?.(images.count() + failures.size, total);
  const waiting = found.filter((file) => {
    const image = isKept(file) ? cache?.get(file.sha256, size) : undefined;
    if (image) images.add(file.index, image);
    return !image;
  });
  tell();
  const keep = (file: Found, image: RgbImage): void => {
    images.add(file.index, image);
    if (isKept(file)) cache?.put(file.sha256, image);
  };
  const forSharp = whoseDecoder(waiting, decoder.name);
  for (const files of portions(waiting, size)) {
    const bySharp = files.filter(forSharp);
    const answers = decodeBySharp(bySharp.map((file) => jobOf(file, size)));
    if (!answers && bySharp.length > 0 && isSharp(decoder.name)) {
      decoder.name = javascriptName();
      return decodeAll(found, size, decoding);
    }
    bySharp.forEach((file, i) => {
      const answer = answers?.[i] ?? { reason: 'sharp does not load here' };
      if ('reason' in answer) failures.set(file.index, refused(file, answer));
      else keep(file, answer);
    });
    for (const file of files.filter((file) => !forSharp(file)))
      attempt(failures, file.index, () =>
        keep(
          file,
          resizeImage(
            decodeImage(file.content ?? readBytes(file.path, { most: MOST_IMAGE_BYTES }), file.path),
            ...size,
          ),
        ),
      );
    tell();
  }
  cache?.trim();
}

const jobOf = ({ path, form, sha256 }: Found, size?: readonly [number, number]): ImageJob => ({
  path,
  form,
  sha256,
  size,
});

/** PNGs with fewer pixels in total are decoded before a separate process would have started. */
const FEW_PIXELS = 2 ** 20;

/**
 * Selects the files for sharp. Both decoders give byte-identical PNGs, so PNGs that JavaScript decodes faster are left
 * to it. So are CMYK JPEGs, because sharp converts them through a colour profile, which no browser does.
 */
function whoseDecoder(waiting: readonly Found[], decoder: string): (file: Found) => boolean {
  if (!isSharp(decoder)) return ({ form }) => form === 'foreign';
  const pixels = waiting.reduce(
    (sum, { form, measured = [0, 0] }) => sum + (form === 'png' ? measured[0] * measured[1] : 0),
    0,
  );
  return ({ form, cmyk }) => !cmyk && (form !== 'png' || pixels > FEW_PIXELS);
}

/** Decoding small images is as fast as looking them up in the cache. */
const LEAST_PIXELS_KEPT = 2 ** 16;
const isWorthKeeping = ({ measured }: Found, [height, width]: readonly [number, number]): boolean =>
  measured !== undefined && measured[0] * measured[1] >= Math.max(LEAST_PIXELS_KEPT, 4 * height * width);

function cacheFor([height, width]: readonly [number, number], decoder: string): ImageCache | undefined {
  const folder = cacheFolder();
  return folder !== undefined && height * width * 3 <= MOST_ENTRY_BYTES ? imageCache(folder, decoder) : undefined;
}

function* portions(files: readonly Found[], [height, width]: readonly [number, number]): Generator<Found[]> {
  const most = Math.max(1, Math.min(AT_A_TIME.images, Math.floor(AT_A_TIME.answer / (height * width * 12))));
  let portion: Found[] = [];
  let bytes = 0;
  for (const file of files) {
    if (portion.length === most || (portion.length > 0 && bytes + file.bytes > AT_A_TIME.bytes)) {
      yield portion;
      [portion, bytes] = [[], 0];
    }
    portion.push(file);
    bytes += file.bytes;
  }
  if (portion.length > 0) yield portion;
}

function refused({ path, form }: Pick<Found, 'path' | 'form'>, { reason }: DecodingFailure): WeftError {
  return form === 'foreign'
    ? new WeftError('data', `${path} cannot be decoded (${reason})`, 'convert it to PNG or JPEG, or remove it')
    : new WeftError('data', `${path} is a truncated or corrupt image (${reason})`, 'fix, replace or remove the file');
}
