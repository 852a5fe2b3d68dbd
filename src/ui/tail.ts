/**
 * Reads a file of lines as it grows: each line once, in chunks of bounded size, and from the start again if it was
 * truncated.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface Tail {
  /** Reads at most about `bytes` of the appended data. */
  read(path: string, bytes: number): TailStep;
  /** Number of bytes of whole lines read so far, and the size of the file at the last check. */
  readonly position: number;
  readonly size: number;
}

export interface TailStep {
  /** The file was replaced or truncated: anything derived from its earlier lines is invalid. */
  readonly restarted: boolean;
  readonly lines: readonly string[];
  /** Whether whole lines may remain to be read. */
  readonly more: boolean;
  /** Number of lines that were too long to read. */
  readonly skipped: number;
}

/** Bytes before the position that are compared, to detect a file that was truncated and has grown again. */
const MARK_BYTES = 4096;
/** A longer line is not an event. */
const LONGEST_LINE = 1 << 24;
const NEWLINE = 0x0a;

/** A reader at the beginning of a file. */
export function createTail(): Tail {
  let position = 0;
  let size = 0;
  let mark = Buffer.alloc(0);
  return {
    get position() {
      return position;
    },
    get size() {
      return size;
    },
    read(path, bytes) {
      const descriptor = openSync(path, 'r');
      try {
        size = fstatSync(descriptor).size;
        const restarted = size < position || !bytesAt(descriptor, position - mark.length, mark.length).equals(mark);
        if (restarted) {
          position = 0;
          mark = Buffer.alloc(0);
        }
        const { chunk, end, skipped } = wholeLines(descriptor, position, bytes);
        position += end;
        const known = Buffer.concat([mark, chunk.subarray(Math.max(0, end - MARK_BYTES), end)]);
        mark = Buffer.from(known.subarray(Math.max(0, known.length - MARK_BYTES)));
        const lines = skipped || end === 0 ? [] : chunk.toString('utf8', 0, end - 1).split('\n');
        return { restarted, lines, more: end > 0 && position < size, skipped };
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/**
 * The bytes from `position` to the end of the last whole line within `bytes`, or of the first line if that is longer.
 */
function wholeLines(
  descriptor: number,
  position: number,
  bytes: number,
): { chunk: Buffer; end: number; skipped: number } {
  for (let length = bytes; ; length *= 4) {
    const chunk = bytesAt(descriptor, position, Math.min(length, LONGEST_LINE));
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0 || chunk.length < Math.min(length, LONGEST_LINE)) return { chunk, end, skipped: 0 };
    if (length < LONGEST_LINE) continue;
    return { chunk, end: chunk.length, skipped: 1 };
  }
}

function bytesAt(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, length));
  let read = 0;
  for (let count; read < buffer.length; read += count) {
    count = readSync(descriptor, buffer, read, buffer.length - read, position + read);
    if (count === 0) break;
  }
  return buffer.subarray(0, read);
}
