/**
 * The run's events, one JSON object per line, in an append-only file. A checkpoint records its length; resuming
 * truncates it to that length, so that repeated work is not recorded twice.
 */
import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { readable, requireFile } from '../data/source.js';
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import { diskError } from './atomic-write.js';

/** An event; the fields depend on the type. NaN becomes null. */
export interface JournalEvent {
  readonly type: string;
  readonly [field: string]: Json;
}

export interface JournalOptions {
  /** Number of bytes to keep, from a checkpoint; by default all complete lines. */
  readonly position?: number;
  /** The hash that the kept bytes must have, from the same checkpoint. */
  readonly sha256?: string | undefined;
  /**
   * For types with a `step`: how many events to keep in full detail. With each doubling of the step beyond that, half
   * as many are kept, so that n steps leave about detail * (1 + log2(n / detail) / 2) events.
   */
  readonly detail?: Readonly<Record<string, number>>;
  /** Called before the file is changed; if it throws, the file is unchanged. */
  readonly guard?: () => void;
}

export interface Journal {
  /**
   * Appends an event; it is in the file when this returns. Events carry no time, so that the same seed gives the same
   * bytes.
   */
  append(event: JournalEvent): void;
  /** Flushes to disk; returns the file's length in bytes, for a checkpoint. */
  sync(): number;
  /** sha256 of the current file. */
  digest(): string;
  close(): void;
}

/** Opens or creates the journal at `path` for writing. */
export function openJournal(path: string, { position, sha256, detail = {}, guard }: JournalOptions = {}): Journal {
  guard?.();
  if (existsSync(path)) requireFile(path, EVENTS);
  // Everything to be truncated must exist.
  if (position && !existsSync(path)) throw unfit(path, position);
  const descriptor = guarded(path, () => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644));
  let end = endOf(descriptor, path, position);
  const hash = hashOf(descriptor, end);
  if (sha256 !== undefined && hash.copy().digest('hex') !== sha256) {
    closeSync(descriptor);
    throw changedEvents(path, end);
  }
  guarded(path, () => ftruncateSync(descriptor, end));
  return {
    append(event) {
      const { type, step } = event;
      if (typeof step === 'number' && step % stride(step, detail[type]) !== 0) return;
      const line = Buffer.from(`${JSON.stringify(event)}\n`);
      guard?.();
      try {
        for (let written = 0; written < line.length;)
          written += writeSync(descriptor, line, written, line.length - written, end + written);
      } catch (cause) {
        ftruncateSync(descriptor, end);
        throw diskError(path, cause);
      }
      end += line.length;
      hash.update(line);
    },
    sync() {
      guarded(path, () => fsyncSync(descriptor));
      return end;
    },
    digest: () => hash.copy().digest('hex'),
    close: () => closeSync(descriptor),
  };
}

/** Throws unless the first bytes of the file, as many as a checkpoint recorded, have the recorded hash. */
export function checkEvents(path: string, { events, sha256 }: EventsMark): void {
  const descriptor = openForReading(path);
  try {
    if (fstatSync(descriptor).size < events || hashOf(descriptor, events).digest('hex') !== sha256)
      throw changedEvents(path, events);
  } finally {
    closeSync(descriptor);
  }
}

/** The length of a journal at a checkpoint, and the hash of its content. */
export interface EventsMark {
  readonly events: number;
  readonly sha256: string;
}

/** All events up to the last complete line, read on demand. */
export function* readEvents(path: string): Generator<JournalEvent> {
  const descriptor = openForReading(path);
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest: Buffer[] = []; // the beginning of a line whose end has not been read yet
    let line = 0;
    for (let length; (length = readSync(descriptor, chunk)) > 0;) {
      const text = chunk.subarray(0, length);
      let start = 0;
      for (let end; (end = text.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
        yield parseLine(Buffer.concat([...rest, text.subarray(start, end)]), path, ++line);
        rest = [];
      }
      rest.push(Buffer.from(text.subarray(start)));
      if (rest.length * CHUNK_BYTES > LONGEST_LINE) throw tooLong(path);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The last events, oldest first, without reading those before them. */
export function tailEvents(path: string, count: number): JournalEvent[] {
  const descriptor = openForReading(path);
  try {
    const size = fstatSync(descriptor).size;
    for (let bytes = CHUNK_BYTES; ; bytes *= 4) {
      const start = Math.max(0, size - bytes);
      const text = Buffer.alloc(size - start);
      const length = readSync(descriptor, text, 0, text.length, start);
      const lines = text
        .toString('utf8', 0, length)
        .split('\n')
        .slice(start === 0 ? 0 : 1, -1);
      if (start === 0 || lines.length >= count)
        return lines.slice(Math.max(0, lines.length - count)).map((line) => parseLine(line, path));
      if (bytes > count * LONGEST_LINE) throw tooLong(path);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Maximum size of an event file. Long searches reach a few hundred MB. */
export const EVENTS = { code: 'run', most: 2 ** 32, remedy: 'check that this is the directory of a run' } as const;
/** A longer line is not an event. */
const LONGEST_LINE = 2 ** 24;

const CHUNK_BYTES = 1 << 16;
const NEWLINE = 0x0a;

/**
 * 1 up to `detail` steps, then 2, 4, … with each doubling; depends only on the step, so that a resumed run keeps the
 * same events.
 */
function stride(step: number, detail: number | undefined): number {
  return detail === undefined || step < detail ? 1 : 2 ** (Math.floor(Math.log2(step / detail)) + 1);
}

/** `position`, or the end of the last complete line. */
function endOf(descriptor: number, path: string, position: number | undefined): number {
  const size = fstatSync(descriptor).size;
  const end = position ?? lastLineEnd(descriptor, size);
  if (end > size || (end > 0 && byteAt(descriptor, end - 1) !== NEWLINE)) {
    closeSync(descriptor);
    throw unfit(path, end);
  }
  return end;
}

/** The hash of the first `end` bytes. */
function hashOf(descriptor: number, end: number): Hash {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let start = 0; start < end;) {
    const length = readSync(descriptor, chunk, 0, Math.min(chunk.length, end - start), start);
    if (length === 0) break; // truncated just now
    hash.update(chunk.subarray(0, length));
    start += length;
  }
  return hash;
}

const tooLong = (path: string): WeftError =>
  new WeftError(
    'run',
    `${path} has a line of more than ${LONGEST_LINE} bytes, which is not an event`,
    'the file was edited or the disk is failing; restore the original',
  );

const changedEvents = (path: string, end: number): WeftError =>
  new WeftError(
    'run',
    `${path} does not match the checkpoint: its first ${end} bytes are damaged, were changed, or belong to another run`,
    'restore the original; if the damage is after an older checkpoint, that checkpoint can be used: delete the newest folder in checkpoints/',
  );

const unfit = (path: string, end: number): WeftError =>
  new WeftError(
    'run',
    `${path} does not match the checkpoint: no line ends at byte ${end}`,
    'the file was edited, truncated or deleted; restore the original',
  );

function lastLineEnd(descriptor: number, size: number): number {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const length = readSync(descriptor, chunk, 0, end - start, start);
    const newline = chunk.subarray(0, length).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}

function byteAt(descriptor: number, position: number): number {
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, position);
  return byte[0]!;
}

function parseLine(line: Uint8Array | string, path: string, number?: number): JournalEvent {
  try {
    return JSON.parse(line.toString()) as JournalEvent;
  } catch (cause) {
    throw new WeftError(
      'run',
      `${path}${number ? `, line ${number},` : ''} is not an event: ${(cause as Error).message}`,
      'the file was edited or the disk is failing; delete the line to continue',
      { cause },
    );
  }
}

function openForReading(path: string): number {
  requireFile(path, EVENTS);
  return readable(path, () => openSync(path, 'r'), EVENTS);
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw diskError(path, cause);
  }
}
