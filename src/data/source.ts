/** Reading a file whole: its hash for the record, its content unpacked where it is gzipped. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, readdirSync, type Stats, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { systemReason, WeftError } from '../errors.js';
import type { Source } from './dataset.js';

export interface SourceFile {
  /** The content, unpacked. */
  readonly bytes: Uint8Array;
  /** Path, size and hash of the file as it lies on disk. */
  readonly source: Source;
}

/** The content of a file, gunzipped if it starts with gzip's magic number whatever its name is. */
export function readSource(path: string): SourceFile {
  const raw = readBytes(path);
  return {
    bytes: raw[0] === 0x1f && raw[1] === 0x8b ? gunzip(raw, path) : raw,
    source: { path, sha256: sha256(raw), bytes: raw.length },
  };
}

/**
 * The unchanged content of a file. Only plain files are read: a pipe would wait forever, and a device may never end. Throws
 * where the file is larger than `most` bytes.
 */
export function readBytes(path: string, most = MOST_FILE_BYTES): Buffer {
  const { size } = requireFile(path);
  if (size > most)
    throw new WeftError(
      'data',
      `${path} has ${size} bytes, more than the limit of ${most}`,
      'check that it is the right file, or split it',
    );
  return readable(path, () => readFileSync(path));
}

/** The content of a file of any size in buffers of at most `size` bytes; each is overwritten by the next. */
export function* piecesOf(path: string, size = PIECE_BYTES): Generator<Uint8Array> {
  requireFile(path);
  const file = readable(path, () => openSync(path, 'r'));
  try {
    const buffer = new Uint8Array(size);
    for (;;) {
      const read = readable(path, () => readSync(file, buffer));
      if (read === 0) return;
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

export const PIECE_BYTES = 2 ** 22;

/** Path, size and hash of a file of any size. */
export function hashFile(path: string): Source {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const piece of piecesOf(path)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { path, sha256: hash.digest('hex'), bytes };
}

/** Node reads no larger file at once. */
const MOST_FILE_BYTES = 2 ** 31 - 1;

/** What the file system says of a file; refuses folders, pipes, sockets and devices by name. */
export function requireFile(path: string): Stats {
  const found = readable(path, () => statSync(path));
  if (found.isFile()) return found;
  const kind = found.isDirectory()
    ? 'a folder'
    : found.isFIFO()
      ? 'a pipe'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  throw new WeftError('data', `${path} is ${kind}, not a file`, 'name a file');
}

/** The names of what lies in a folder (with `recursive` also deeper, as relative paths), in order. */
export const listFolder = (path: string, { recursive = false } = {}): string[] =>
  readable(path, () => readdirSync(path, { recursive, encoding: 'utf8' }).sort());

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // not there, or what cannot be looked at, or no path at all
  }
}

/** What `read` gives of a path, a failure told with the path. */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new WeftError(
      'data',
      `cannot read ${path}: ${systemReason(cause)?.[0] ?? (cause as Error).message}`,
      'check the path and that you may read it',
      { cause },
    );
  }
}

/** A line as `sha256sum` writes it: what would end the line is escaped, and a backslash before the hash says so. */
function listed(hash: string, path: string): string {
  const name = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${name === path ? '' : '\\'}${hash}  ${name}`;
}

/** Hash and path in such a line. */
export function readListed(line: string): { readonly hash: string; readonly path: string } {
  const isEscaped = line.startsWith('\\');
  const text = isEscaped ? line.slice(1) : line;
  const [hash, name] = [text.slice(0, HASH_LENGTH), text.slice(HASH_LENGTH + 2)];
  const path = isEscaped
    ? name.replace(/\\([\\nr])/g, (_, one) => (one === 'n' ? '\n' : one === 'r' ? '\r' : '\\'))
    : name;
  return { hash, path };
}

const HASH_LENGTH = 64;

/** The files of a folder as one source, whose hash covers every path and content. */
export function folderSource(path: string, files: readonly Source[]): Source {
  const listing = files.map(({ sha256, path }) => `${listed(sha256, path)}\n`).join('');
  return { path, sha256: sha256(listing), bytes: files.reduce((total, file) => total + file.bytes, 0), listing };
}

export const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/** A gzip file that unpacks to more is refused: some kB of it can fill any memory. */
export const MOST_UNPACKED_BYTES = 2 ** 30;
/** Bytes that one byte of a gzip file can stand for. */
const MOST_GZIP_RATIO = 1032;

function gunzip(raw: Buffer, path: string): Buffer {
  const tooLarge = new WeftError(
    'data',
    `${path} unpacks to more than ${MOST_UNPACKED_BYTES / 2 ** 30} GB`,
    'unpack it (gunzip) if it is the right file',
  );
  // The last four bytes of a whole file say how much there is; what they leave unsaid the bound on the output finds.
  const claimed = raw.length >= 18 ? raw.readUInt32LE(raw.length - 4) : 0;
  if (claimed > MOST_UNPACKED_BYTES && claimed <= raw.length * MOST_GZIP_RATIO) throw tooLarge;
  try {
    return gunzipSync(raw, { maxOutputLength: MOST_UNPACKED_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge;
    throw new WeftError(
      'data',
      `${path} is a truncated or corrupt gzip file (${(cause as Error).message})`,
      'download or copy it again',
      { cause },
    );
  }
}
