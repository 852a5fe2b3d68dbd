/** The files in a zip archive, stored or deflated. */
import { crc32, inflateRawSync } from 'node:zlib';
import { WeftError } from '../errors.js';
import { MOST_UNPACKED_BYTES } from './source.js';

export interface ZipEntry {
  readonly name: string;
  /** Decompresses it. */
  content(): Buffer;
}

const [END, CENTRAL, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];

/** The files of an archive in order; `remedy` is for errors, which name `path`. */
export function unzip(file: Buffer, path: string, remedy: string): ZipEntry[] {
  const broken = (what: string): WeftError =>
    new WeftError('data', `${path} is not a valid archive: ${what}`, `copy it again, or ${remedy}`);
  let end = file.length - 22;
  while (end >= 0 && file.readUInt32LE(end) !== END) end--;
  if (end < 0) throw broken('its directory is missing');
  const count = file.readUInt16LE(end + 10);
  let at = file.readUInt32LE(end + 16);
  return Array.from({ length: count }, () => {
    if (at + 46 > file.length || file.readUInt32LE(at) !== CENTRAL) throw broken('its directory is damaged');
    const method = file.readUInt16LE(at + 10);
    const [sum, packed, size] = [16, 20, 24].map((offset) => file.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => file.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = file.readUInt32LE(at + 42);
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + extra + comment;
    return {
      name,
      content() {
        if (packed === 0xffffffff || size === 0xffffffff || local === 0xffffffff || size > MOST_UNPACKED_BYTES)
          throw new WeftError('data', `${path} (${name}) is larger than 1 GiB`, 'split it, or use fewer examples');
        if (local + 30 > file.length || file.readUInt32LE(local) !== LOCAL)
          throw broken(`'${name}' is not where it should be`);
        const begin = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
        const content = file.subarray(begin, begin + packed);
        if (content.length !== packed || (method !== 0 && method !== 8))
          throw broken(`'${name}' is cut off or packed in another way`);
        const unpacked = method === 0 ? content : inflated(content, size);
        if (unpacked === undefined || unpacked.length !== size || crc32(unpacked) !== sum)
          throw broken(`'${name}' is damaged`);
        return unpacked;
      },
    };
  });
}

function inflated(content: Buffer, size: number): Buffer | undefined {
  try {
    return inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
  } catch {
    return undefined; // its checksum would be wrong as well
  }
}
