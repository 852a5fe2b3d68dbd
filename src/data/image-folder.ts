/** Images sorted into one folder for each class: `root/cat/1.png`, or `root/train/cat/1.png` and `root/test/cat/9.png`. */
import { basename, extname, join } from 'node:path';
import { WeftError, unknownNameHint } from '../errors.js';
import { decodeImage, type RgbImage } from './decode-image.js';
import { defineDataset, type Dataset, type Source } from './dataset.js';
import { resizeImage } from './resize.js';
import { folderSource, isFolder, listFolder, readBytes, sha256 } from './source.js';

export interface ImageFolderOptions {
  /** Resize every image to [height, width]. Left out: all images must be of one size. */
  readonly size?: readonly [height: number, width: number];
  /** 1 for greyscale (ITU-R 601 luma), 3 for RGB. Left out: 1 if no image has any colour. */
  readonly channels?: 1 | 3;
}

const READABLE = ['.png', '.jpg', '.jpeg'];
const UNREADABLE = ['.gif', '.webp', '.bmp', '.tif', '.tiff', '.avif', '.heic'];

/** The visible sub-folders of a folder, by name. */
const subfolders = (folder: string): string[] =>
  listFolder(folder).filter((name) => !name.startsWith('.') && isFolder(join(folder, name)));

const isReadable = (file: string): boolean => READABLE.includes(extname(file).toLowerCase());

/** Whether `train` is a part with a folder for each class, not a class of that name. */
const hasTrainPart = (folder: string): boolean =>
  subfolders(folder).includes('train') && subfolders(join(folder, 'train')).length > 0;

/** Whether any class folder holds a readable image. */
export function isImageFolder(folder: string): boolean {
  const root = hasTrainPart(folder) ? join(folder, 'train') : folder;
  return subfolders(root).some((label) => listFolder(join(root, label), { recursive: true }).some(isReadable));
}

/**
 * Reads a folder of PNG and JPEG images. Classes are the sub-folders in the order of their names; deeper folders belong to
 * their class. With `train/` there may be `test/`, with (some of) the same classes.
 */
export function readImageFolder(folder: string, name: string, options: ImageFolderOptions = {}): Dataset {
  const parted = hasTrainPart(folder);
  const trainFolder = parted ? join(folder, 'train') : folder;
  const testFolder = parted && subfolders(folder).includes('test') ? join(folder, 'test') : undefined;
  const classNames = subfolders(trainFolder);
  const files = listImages(trainFolder, classNames);
  const trainCount = files.length;
  if (testFolder) {
    const stranger = subfolders(testFolder).find((label) => !classNames.includes(label));
    if (stranger !== undefined)
      throw new WeftError(
        'data',
        `${join(testFolder, stranger)}: no class of that name in ${trainFolder}`,
        unknownNameHint(stranger, classNames),
      );
    files.push(
      ...listImages(
        testFolder,
        classNames.filter((label) => subfolders(testFolder).includes(label)),
      ),
    );
  }

  const { size, pixels, sources } = readImages(
    files.map((file) => file.path),
    options.size,
  );
  const channels = options.channels ?? (isGrey(pixels) ? 1 : 3);
  const images = channels === 1 ? toLuma(pixels) : pixels;
  const labels = Int32Array.from(files, (file) => classNames.indexOf(file.label));
  const boundary = trainCount * size[0] * size[1] * channels;
  return defineDataset(
    {
      name,
      inputShape: [...size, channels],
      classes: classNames.length,
      classNames,
      train: { images: images.subarray(0, boundary), labels: labels.subarray(0, trainCount) },
      test: testFolder ? { images: images.subarray(boundary), labels: labels.subarray(trainCount) } : undefined,
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

interface LabelledFile {
  readonly path: string;
  readonly label: string;
}

function listImages(folder: string, classNames: readonly string[]): LabelledFile[] {
  return classNames.flatMap((label) => {
    const files = listFolder(join(folder, label), { recursive: true })
      .filter((file) => !basename(file).startsWith('.'))
      .map((file) => ({ path: join(folder, label, file), label }));
    const unreadable = files.find(({ path }) => UNREADABLE.includes(extname(path).toLowerCase()));
    if (unreadable)
      throw new WeftError(
        'data',
        `${unreadable.path}: ${extname(unreadable.path)} images are not read`,
        'convert it to PNG or JPEG',
      );
    const images = files.filter(({ path }) => isReadable(path));
    if (images.length === 0)
      throw new WeftError(
        'data',
        `${join(folder, label)} holds no PNG or JPEG image`,
        `put images of the class '${label}' there or remove the folder`,
      );
    return images;
  });
}

/** All images as one [count, height, width, 3] array. */
function readImages(
  paths: readonly string[],
  wanted: readonly [number, number] | undefined,
): { size: readonly [number, number]; pixels: Uint8Array; sources: Source[] } {
  let size = wanted;
  let pixels = new Uint8Array();
  const sources = paths.map((path, index): Source => {
    const bytes = readBytes(path);
    const decoded = decodeImage(bytes, path);
    if (!size) size = [decoded.height, decoded.width];
    if (index === 0) pixels = allocate(paths.length, size);
    const image = fitted(decoded, size, wanted !== undefined, path, paths[0]!);
    pixels.set(image.pixels, index * image.pixels.length);
    return { path, sha256: sha256(bytes), bytes: bytes.length };
  });
  if (!size) throw new WeftError('data', 'no images at all', 'make one folder of PNG or JPEG images for each class');
  return { size, pixels, sources };
}

function fitted(
  image: RgbImage,
  size: readonly [number, number],
  resize: boolean,
  path: string,
  firstPath: string,
): RgbImage {
  if (resize) return resizeImage(image, ...size);
  if (image.height === size[0] && image.width === size[1]) return image;
  throw new WeftError(
    'data',
    `${path} is ${image.width} x ${image.height}, but ${firstPath} is ${size[1]} x ${size[0]}`,
    'give the option size to bring all images to one size, for example size: [32, 32]',
  );
}

function allocate(count: number, [height, width]: readonly [number, number]): Uint8Array<ArrayBuffer> {
  const bytes = count * height * width * 3;
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new WeftError(
      'data',
      `${count} images of ${width} x ${height} need ${Math.round(bytes / 2 ** 20)} MB of memory`,
      'give the option size to make them smaller',
      { cause },
    );
  }
}

function isGrey(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3)
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  return true;
}

function toLuma(pixels: Uint8Array): Uint8Array {
  const grey = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i++)
    grey[i] = Math.round(0.299 * pixels[3 * i]! + 0.587 * pixels[3 * i + 1]! + 0.114 * pixels[3 * i + 2]!);
  return grey;
}
