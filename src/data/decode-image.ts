/** PNG and JPEG files as plain RGB. */
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { WeftError } from '../errors.js';

export interface RgbImage {
  readonly height: number;
  readonly width: number;
  /** Row-major [height, width, 3]. */
  readonly pixels: Uint8Array;
}

/** A corrupt header must not make the decoder fill the memory. */
const MOST_MEGAPIXELS = 64;

const PNG_START = [0x89, 0x50, 0x4e, 0x47];
const JPEG_START = [0xff, 0xd8];

/** Decodes a PNG (transparency over white) or a JPEG, told apart by their content; `path` is for messages. */
export function decodeImage(bytes: Buffer, path: string): RgbImage {
  const decode = startsWith(bytes, PNG_START) ? decodePng : startsWith(bytes, JPEG_START) ? decodeJpeg : undefined;
  if (!decode) throw new WeftError('data', `${path} is neither a PNG nor a JPEG`, 'convert or remove the file');
  try {
    return decode(bytes);
  } catch (cause) {
    throw new WeftError(
      'data',
      `${path} is a truncated or corrupt image (${(cause as Error).message})`,
      'mend, replace or remove the file',
      { cause },
    );
  }
}

const startsWith = (bytes: Buffer, start: readonly number[]): boolean => start.every((byte, i) => bytes[i] === byte);

function decodePng(bytes: Buffer): RgbImage {
  if (bytes.length < 33) throw new Error('no header');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width * height > MOST_MEGAPIXELS * 1e6)
    throw new Error(`${width} x ${height} is over ${MOST_MEGAPIXELS} megapixels`);
  const { data } = PNG.sync.read(bytes);
  if (data.length !== 4 * width * height) throw new Error(`no ${width} x ${height} pixels in it`);
  const pixels = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    const alpha = data[from + 3]! / 255;
    for (let c = 0; c < 3; c++) pixels[to++] = Math.round(data[from + c]! * alpha + 255 * (1 - alpha));
  }
  return { height, width, pixels };
}

function decodeJpeg(bytes: Buffer): RgbImage {
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MOST_MEGAPIXELS,
    maxMemoryUsageInMB: 1024,
  });
  if (width * height === 0 || data.length !== 3 * width * height)
    throw new Error(`no ${width} x ${height} pixels in it`);
  return { height, width, pixels: data };
}
