/** Images sorted into one folder per class: `root/cat/1.png`, or `root/train/cat/1.png` and `root/test/cat/9.png`. */
import { dirname } from 'node:path';
import { WeftError } from '../errors.js';
import { placeOfName } from './class-names.js';
import { defineDataset, type Dataset, type InputShape } from './dataset.js';
import { type ImageFiles, listImageFiles } from './image-files.js';
import { type ImageList, type ImageListOptions, readImageList } from './image-list.js';
import { toLuma } from './pixels.js';
import { readImages, type ReadImagesOptions } from './read-images.js';
import { folderSource } from './source.js';

export { isImageFolder } from './image-files.js';

export interface ImageFolderOptions extends ReadImagesOptions {
  /** 1 for greyscale (ITU-R 601 luma), 3 for RGB. Default: 1 if no image has any colour. */
  readonly channels?: 1 | 3;
  /** The allowed names of class folders, in the order of a network's outputs. Default: those that occur. */
  readonly classNames?: readonly string[];
}

/**
 * Reads a folder of PNG and JPEG images. Classes are the subfolders in alphabetical order; deeper folders belong to
 * their class. Alongside `train/` (or Training, in any case) there may be `val/` and `test/`, with (some of) the same
 * classes.
 */
export function readImageFolder(folder: string, name: string, options: ImageFolderOptions = {}): Dataset {
  const { inner, ...files } = listImageFiles(folder, options.classNames);
  const reason = { reason: `the classes are in '${inner}', the only folder inside` };
  return readImageFiles(files, { folder, name, ...(inner !== undefined && reason) }, options);
}

/** Reads the images that tables list: a single table, or one per part, all in one folder. See `readImageList`. */
export function readListedImages(
  paths: readonly string[],
  name: string,
  options: ImageFolderOptions & ImageListOptions = {},
): Dataset {
  const { tables, reason, absent, ...files } = readImageList(paths, options);
  return readImageFiles(files, { folder: dirname(paths[0]!), name, tables, reason, absent }, options);
}

/** The data set of files whose classes and parts are known; their paths are recorded relative to the folder. */
function readImageFiles(
  { classNames, train, validation, test }: ImageFiles,
  {
    folder,
    name,
    tables = [],
    reason,
    absent = [],
  }: { readonly folder: string; readonly name: string } & Partial<Pick<ImageList, 'tables' | 'reason' | 'absent'>>,
  options: ImageFolderOptions = {},
): Dataset {
  const files = [...train, ...validation, ...test];
  const read = readImages(
    files.map((file) => file.path),
    options,
  );
  const { size, pixels, sources, kept, leftOut, decoder, warnings } = read;
  const channels = options.channels ?? (isGrey(pixels) ? 1 : 3);
  const images = channels === 1 ? toLuma(pixels) : pixels;
  const labels = Int32Array.from(kept, (index) => placeOfName(files[index]!.label, classNames));
  const lost = classNames.find((name, index) => !labels.includes(index) && files.some(({ label }) => label === name));
  if (lost !== undefined)
    throw new WeftError(
      'data',
      `${folder}: no image of the class '${lost}' can be read:${leftOut.map(({ message }) => `\n  ${message}`).join('')}`,
      'fix or replace them, or remove the class',
    );
  const upTo = (end: number): number => kept.filter((index) => index < end).length;
  const [trained, learned] = [upTo(train.length), upTo(train.length + validation.length)];
  const boundary = learned * size[0] * size[1] * channels;
  return defineDataset(
    {
      name,
      inputShape: [...size, channels],
      classes: classNames.length,
      classNames,
      partial: options.classNames !== undefined,
      train: { images: images.subarray(0, boundary), labels: labels.subarray(0, learned) },
      ...(learned > trained && {
        validation: Uint32Array.from({ length: learned - trained }, (_, i) => trained + i),
      }),
      test:
        labels.length > learned ? { images: images.subarray(boundary), labels: labels.subarray(learned) } : undefined,
      decoder,
      ...(warnings.length > 0 && { warnings }),
      ...(reason !== undefined && { reason }),
      ...(absent.length + leftOut.length > 0 && {
        leftOut: [...absent, ...leftOut].map(({ message }) => message),
      }),
      sources: [
        folderSource(
          folder,
          [...tables, ...sources].map((source) => ({ ...source, path: source.path.slice(folder.length + 1) })),
        ),
      ],
    },
    folder,
  );
}

/**
 * Images of any size as [count, height, width, channels], resized to one shape like those of a folder, and the decoder
 * that read them. Throws WeftError('data') naming each that cannot be read.
 */
export function readImagesAs(
  paths: readonly string[],
  [height, width, channels]: InputShape,
  decoder?: ReadImagesOptions['decoder'],
): { readonly images: Uint8Array | Float32Array; readonly decoder: string } {
  const { pixels, decoder: used } = readImages(paths, { size: [height, width], decoder });
  return { images: channels === 1 ? toLuma(pixels) : pixels, decoder: used };
}

function isGrey(pixels: Uint8Array | Float32Array): boolean {
  for (let i = 0; i < pixels.length; i += 3)
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  return true;
}
