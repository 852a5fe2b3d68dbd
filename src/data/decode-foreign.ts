/**
 * WebP, GIF (its first frame), TIFF and AVIF by sharp (libvips), where it is installed. It decodes asynchronously and data sets are read
 * synchronously, so several files at a time are decoded in a process of their own.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { WeftError } from '../errors.js';
import { MOST_MEGAPIXELS, type RgbImage } from './decode-image.js';

const EXTENSIONS = ['.webp', '.gif', '.tif', '.tiff', '.avif'];

/** Whether a file of this name is decoded here and not in JavaScript. */
export const isForeignImage = (path: string): boolean => EXTENSIONS.includes(extname(path).toLowerCase());

/** Files that one process decodes. */
const AT_A_TIME = 16;
const MOST_BYTES = 2 ** 30;

/** Upright, over white where it is transparent, 8 bits a sample. Answers: status, width, height, transparent, then pixels or the length of an error and its text. */
const PROGRAM = `
import { readFileSync, writeSync } from 'node:fs';
const write = (bytes) => { for (let at = 0; at < bytes.length; at += writeSync(1, bytes, at)); };
const head = (...numbers) => Buffer.from(Uint32Array.from(numbers).buffer);
const { module, paths, limit } = JSON.parse(readFileSync(0, 'utf8'));
const { default: sharp } = await import(module);
sharp.cache(false);
for (const path of paths) {
  try {
    const image = sharp(path, { limitInputPixels: limit, failOn: 'error' });
    const { hasAlpha } = await image.metadata();
    const transparent = hasAlpha && !(await image.stats()).isOpaque;
    const { data, info } = await image.rotate().flatten({ background: '#fff' }).toColourspace('srgb').removeAlpha()
      .raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const rgb = info.channels === 3 ? data : Buffer.from({ length: info.width * info.height * 3 }, (_, i) => data[Math.floor(i / 3) * info.channels]);
    write(head(0, info.width, info.height, transparent ? 1 : 0));
    write(rgb);
  } catch (error) {
    const text = Buffer.from(String(error.message ?? error));
    write(head(1, text.length, 0, 0));
    write(text);
  }
}
`;

/** The images of these files, in their order; what cannot be decoded is a WeftError('data') that names the file. */
export function decodeForeign(paths: readonly string[]): (RgbImage | WeftError)[] {
  const module = findSharp();
  if (module === undefined) return paths.map((path) => refused(path, 'sharp is not installed'));
  const { stdout, status, error } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    input: JSON.stringify({ module, paths, limit: MOST_MEGAPIXELS * 1e6 }),
    maxBuffer: MOST_BYTES,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  // Too large together, or one of them has brought the decoder down.
  if ((error || status !== 0) && paths.length > 1) return paths.flatMap((path) => decodeForeign([path]));
  if (error || status !== 0)
    return paths.map((path) => refused(path, error?.message ?? `the decoder ended with ${status}`));
  let at = 0;
  return paths.map((path) => {
    const [failed, width, height, transparent] = [0, 4, 8, 12].map((offset) => stdout.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
      number,
    ];
    const start = at + 16;
    at = start + (failed ? width : width * height * 3);
    const content = stdout.subarray(start, at);
    return failed
      ? refused(path, content.toString())
      : { width, height, pixels: Uint8Array.from(content), transparent: transparent === 1 };
  });
}

/** Decodes the foreign ones among many files as they are asked for, some ahead. */
export function foreignDecoder(paths: readonly string[]): (path: string) => RgbImage {
  const waiting = paths.filter(isForeignImage);
  const decoded = new Map<string, RgbImage | WeftError>();
  return (path) => {
    if (!decoded.has(path)) {
      const next = waiting.slice(waiting.indexOf(path), waiting.indexOf(path) + AT_A_TIME);
      decodeForeign(next).forEach((image, i) => decoded.set(next[i]!, image));
    }
    const image = decoded.get(path)!;
    decoded.delete(path);
    if (image instanceof WeftError) throw image;
    return image;
  };
}

function findSharp(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('sharp');
  } catch {
    return undefined;
  }
}

const refused = (path: string, reason: string): WeftError =>
  new WeftError(
    'data',
    `${path} cannot be decoded (${reason.split('\n')[0]})`,
    'convert it to PNG or JPEG, or remove it',
  );
