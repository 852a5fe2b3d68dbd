/** Reads a whole file: its hash for the record, its content decompressed if it is gzipped. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, readdirSync, type Stats, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { systemReason, WeftError, type WeftErrorCode } from '../errors.js';
import type { Source } from './dataset.js';

export interface SourceFile {
  /** The decompressed content. */
  readonly bytes: Uint8Array;
  /** Path, size and hash of the file as it lies on disk. */
  readonly source: Source;
}

/** The content of a file, gunzipped if it starts with gzip's magic number, whatever its name. */
export function readSource(path: string): SourceFile {
  const raw = readBytes(path);
  return {
    bytes: raw[0] === 0x1f && raw[1] === 0x8b ? gunzip(raw, path) : raw,
    source: { path, sha256: sha256(raw), bytes: raw.length },
  };
}

/** The kind of file that is accepted, and the error for any other. */
export interface FileRules {
  /** The largest size, in bytes. Default: 2 GiB, because Node reads no more at once. */
  readonly most?: number;
  /** The kind of the error. Default: data. */
  readonly code?: WeftErrorCode;
  /** The remedy for a file that cannot be read, is not a regular file or is too large. */
  readonly remedy?: string | undefined;
}

/** The raw content of a file, which must satisfy the rules. Throws WeftError with the system error as its cause. */
export function readBytes(path: string, rules: FileRules = {}): Buffer {
  requireFile(path, { most: MOST_FILE_BYTES, ...rules });
  return readable(path, () => readFileSync(path), rules);
}

/** The content of a file of any size in buffers of at most `size` bytes; each buffer is reused for the next. */
export function* piecesOf(path: string, size = PIECE_BYTES, rules: FileRules = {}): Generator<Uint8Array> {
  requireFile(path, rules);
  const file = readable(path, () => openSync(path, 'r'), rules);
  try {
    const buffer = new Uint8Array(size);
    for (;;) {
      const read = readable(path, () => readSync(file, buffer), rules);
      if (read === 0) return;
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

export const PIECE_BYTES = 2 ** 22;

/** Path, size and hash of a file of any size. */
export function hashFile(path: string, rules: FileRules = {}): Source {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const piece of piecesOf(path, PIECE_BYTES, rules)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { path, sha256: hash.digest('hex'), bytes };
}

/** Node cannot read larger files at once. */
const MOST_FILE_BYTES = 2 ** 31 - 1;

/**
 * The file's status. Folders, pipes, sockets and devices are rejected by type: a pipe would block forever, and a device
 * may never end. So is a file larger than `most` bytes.
 */
export function requireFile(path: string, rules: FileRules = {}): Stats {
  const { most = Infinity, code = 'data', remedy } = rules;
  const found = readable(path, () => statSync(path), rules);
  if (found.isFile()) {
    if (found.size <= most) return found;
    throw new WeftError(
      code,
      `${path} has ${found.size} bytes, more than the limit of ${most}`,
      remedy ?? 'check that it is the right file, or split it',
    );
  }
  const kind = found.isDirectory()
    ? 'a folder'
    : found.isFIFO()
      ? 'a pipe'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  throw new WeftError(code, `${path} is ${kind}, not a file`, remedy ?? 'name a file');
}

/** The entries of a folder (with `recursive`, all descendants as relative paths), sorted. */
export const listFolder = (path: string, { recursive = false } = {}): string[] =>
  readable(path, () => readdirSync(path, { recursive, encoding: 'utf8' }).sort());

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // missing, inaccessible, or not a path at all
  }
}

/** The result of `read` on a path; a failure is reported with the path. */
export function readable<T>(path: string, read: () => T, { code = 'data', remedy }: FileRules = {}): T {
  try {
    return read();
  } catch (cause) {
    throw new WeftError(
      code,
      `cannot read ${path}: ${systemReason(cause)?.[0] ?? (cause as Error).message}`,
      remedy ?? 'check the path and that you may read it',
      { cause },
    );
  }
}

/** Whether an error of `readBytes` means that the file does not exist. */
export const isMissing = (error: unknown): boolean =>
  error instanceof WeftError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/**
 * A line as `sha256sum` writes it: line-breaking characters in the path are escaped, which a backslash before the hash
 * indicates.
 */
function listed(hash: string, path: string): string {
  const name = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${name === path ? '' : '\\'}${hash}  ${name}`;
}

/** The hash and path in such a line. */
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

/** The files of a folder as one source whose hash covers every path and its content. */
export function folderSource(path: string, files: readonly Source[]): Source {
  const listing = files.map(({ sha256, path }) => `${listed(sha256, path)}\n`).join('');
  return { path, sha256: sha256(listing), bytes: files.reduce((total, file) => total + file.bytes, 0), listing };
}

export const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/** A gzip file that decompresses to more is rejected: a few kB can otherwise exhaust any memory. */
export const MOST_UNPACKED_BYTES = 2 ** 30;
/** The highest compression ratio of gzip. */
const MOST_GZIP_RATIO = 1032;

function gunzip(raw: Buffer, path: string): Buffer {
  const tooLarge = new WeftError(
    'data',
    `${path} unpacks to more than ${MOST_UNPACKED_BYTES / 2 ** 30} GB`,
    'unpack it (gunzip) if it is the right file',
  );
  // The last four bytes of a complete file give its size modulo 2^32; the limit on the output catches the rest.
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
