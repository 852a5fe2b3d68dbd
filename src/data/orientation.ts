/**
 * The orientation that a camera writes into a JPEG [Exif 2.32, section 4.6.4, tag 274]: how the stored image has to be
 * rotated or mirrored to be upright. Every viewer applies it.
 */
import type { RgbImage } from './decode-image.js';

const ORIENTATION_TAG = 0x0112;
const APP1 = 0xe1;
const START_OF_SCAN = 0xda;

/** The orientation of a JPEG, 1 (as stored) to 8. */
export function orientationOf(bytes: Buffer): number {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    if (marker === START_OF_SCAN) break;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (marker === APP1 && bytes.toString('latin1', at + 4, at + 10) === 'Exif\0\0')
      return orientationIn(bytes.subarray(at + 10, end));
    at = end;
  }
  return 1;
}

/** The same for a TIFF structure; 1 if it is missing or invalid. */
function orientationIn(tiff: Buffer): number {
  if (tiff.length < 8) return 1;
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const short = (at: number): number =>
    at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at);
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  for (let i = 0; i < short(directory); i++) {
    const entry = directory + 2 + 12 * i;
    if (short(entry) !== ORIENTATION_TAG) continue;
    const value = short(entry + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The image turned upright. */
export function upright(image: RgbImage, orientation: number): RgbImage {
  if (orientation === 1) return image;
  const sideways = orientation >= 5;
  const [height, width] = sideways ? [image.width, image.height] : [image.height, image.width];
  // Whether rows and columns of the stored image are counted from the end.
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const pixels = new Uint8Array(image.pixels.length);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [row, column] = sideways ? [x, y] : [y, x];
      const storedRow = fromBottom ? image.height - 1 - row : row;
      const storedColumn = fromRight ? image.width - 1 - column : column;
      const from = 3 * (storedRow * image.width + storedColumn);
      for (let c = 0; c < 3; c++) pixels[to++] = image.pixels[from + c]!;
    }
  return { ...image, height, width, pixels };
}
