/** PNG and JPEG files as plain RGB. */
import { inflateSync } from 'node:zlib';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { WeftError } from '../errors.js';
import { orientationOf, upright } from './orientation.js';
import { rgbOverWhite } from './pixels.js';

export interface RgbImage {
  readonly height: number;
  readonly width: number;
  /**
   * Row-major [height, width, 3], 0 to 255; floats if the file has 16 bits per sample, so that no precision is lost.
   */
  readonly pixels: Uint8Array | Float32Array;
  /** Whether any pixel was transparent. */
  readonly transparent?: boolean;
}

/** The maximum number of pixels of an image: a corrupt header must not make the decoder exhaust memory. */
export const MOST_MEGAPIXELS = 64;

const PNG_START = [0x89, 0x50, 0x4e, 0x47];
const JPEG_START = [0xff, 0xd8];
/** Other formats by their first bytes, so that errors can name them. */
const OTHERS: readonly [start: RegExp, name: string][] = [
  [/^RIFF[^]{4}WEBP/, 'a WebP'],
  [/^GIF8/, 'a GIF'],
  [/^BM/, 'a BMP'],
  [/^(II\*\0|MM\0\*)/, 'a TIFF'],
  [/^[^]{4}ftyp(heic|heix|mif1)/, 'a HEIC'],
  [/^[^]{4}ftypavif/, 'an AVIF'],
];

/**
 * Decodes a PNG (transparency over white) or a JPEG (upright, by its EXIF orientation), recognized by content; `path`
 * is used in messages.
 */
export function decodeImage(bytes: Buffer, path: string): RgbImage {
  const decode = startsWith(bytes, PNG_START) ? decodePng : startsWith(bytes, JPEG_START) ? decodeJpeg : undefined;
  if (!decode) {
    const start = bytes.toString('latin1', 0, 16);
    const other = OTHERS.find(([pattern]) => pattern.test(start))?.[1];
    const found = bytes.length === 0 ? ' (it is empty)' : other === undefined ? '' : ` (it is ${other} image)`;
    throw new WeftError(
      'data',
      `${path} is not an image that can be read${found}`,
      'convert it to PNG or JPEG, or remove it',
    );
  }
  try {
    return decode(bytes, path);
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    throw new WeftError(
      'data',
      `${path} is a truncated or corrupt image (${(cause as Error).message})`,
      'fix, replace or remove the file',
      { cause },
    );
  }
}

const startsWith = (bytes: Buffer, start: readonly number[]): boolean => start.every((byte, i) => bytes[i] === byte);

function requireSize(width: number, height: number, path: string): void {
  if (width * height > MOST_MEGAPIXELS * 1e6)
    throw new WeftError(
      'data',
      `${path} has ${width} x ${height} pixels, over ${MOST_MEGAPIXELS} megapixels`,
      'make it smaller, or remove it if it is corrupt',
    );
}

function decodePng(bytes: Buffer, path: string): RgbImage {
  if (bytes.length < 33) throw new Error('no header');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  requireSize(width, height, path);
  const deep = bytes[24] === 16;
  if (bytes[28] !== 0) requireInterlacedSize(bytes, width, height);
  const { data } = PNG.sync.read(bytes, { skipRescale: deep });
  if (data.length !== 4 * width * height) throw new Error(`no ${width} x ${height} pixels in it`);
  const samples = deep ? Uint16Array.from(data) : Uint8Array.from(data);
  return { height, width, ...rgbOverWhite(samples, 4) };
}

/** The decoder limits the decompressed size of other images, but not of interlaced ones. */
function requireInterlacedSize(bytes: Buffer, width: number, height: number): void {
  const parts: Buffer[] = [];
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  // Seven passes of at most 8 bytes per pixel, and one byte for each of their rows.
  inflateSync(Buffer.concat(parts), { maxOutputLength: 8 * width * height + 7 * (height + 1) + 64 });
}

function decodeJpeg(bytes: Buffer, path: string): RgbImage {
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MOST_MEGAPIXELS,
    maxMemoryUsageInMB: 1024,
  });
  requireSize(width, height, path);
  if (width * height === 0 || data.length !== 3 * width * height)
    throw new Error(`no ${width} x ${height} pixels in it`);
  return upright({ height, width, pixels: data }, orientationOf(bytes));
}
