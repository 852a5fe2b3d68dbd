/** The information in the first bytes of an image: its format and, for a PNG or JPEG, its size. */
import { extname } from 'node:path';
import { orientationOf } from './orientation.js';

export type ImageForm = 'png' | 'jpeg' | 'foreign';

export interface ImageHeader {
  /** `foreign` formats are decoded by sharp only. */
  readonly form: ImageForm;
  /** After it is turned upright; undefined if it is not known without decoding. */
  readonly size?: readonly [height: number, width: number];
  /** For a JPEG: four ink channels (CMYK). */
  readonly cmyk?: boolean;
}

const PNG_START = '\x89PNG';
const JPEG_START = '\xff\xd8';
const FOREIGN = /^(RIFF[^]{4}WEBP|GIF8|II\*\0|MM\0\*|[^]{4}ftypavi[fs])/;

/** The formats that are read, as readable text. */
export const READABLE_FORMATS = 'PNG, JPEG, WebP, GIF, TIFF or AVIF';

const FOREIGN_NAMES = ['.webp', '.gif', '.tif', '.tiff', '.avif'];

/** Whether a file with this name is decoded by sharp only. */
export const isForeignName = (path: string): boolean => FOREIGN_NAMES.includes(extname(path).toLowerCase());

/** Undefined if it is not a readable image. */
export function headerOf(bytes: Buffer): ImageHeader | undefined {
  const start = bytes.toString('latin1', 0, 16);
  if (start.startsWith(PNG_START))
    return {
      form: 'png',
      ...(bytes.length >= 24 && { size: [bytes.readUInt32BE(20), bytes.readUInt32BE(16)] }),
    };
  if (start.startsWith(JPEG_START)) {
    return { form: 'jpeg', ...jpegFrame(bytes) };
  }
  return FOREIGN.test(start) ? { form: 'foreign' } : undefined;
}

/** Relative to the start of the frame [ITU-T T.81, B.2.2]. */
function jpegFrame(bytes: Buffer): Pick<ImageHeader, 'size' | 'cmyk'> {
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // fill bytes may precede a marker
      continue;
    }
    if (marker === 0xc0 || (marker > 0xc0 && marker <= 0xcf && marker % 4 !== 0)) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      const cmyk = bytes[at + 9] === 4;
      return { size: orientationOf(bytes) >= 5 ? [width, height] : [height, width], cmyk };
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return {};
}
