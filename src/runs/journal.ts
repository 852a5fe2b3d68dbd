/**
 * The run's events, one JSON object a line, in a file that only grows. A checkpoint records how far it had
 * grown; resuming cuts it back to there, so that what is done again is not told twice.
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import { diskError } from './atomic-write.js';

/** Something that happened; the fields depend on the type. NaN becomes null. */
export interface JournalEvent {
  readonly type: string;
  readonly [field: string]: Json;
}

export interface JournalOptions {
  /** Bytes to keep, from a checkpoint; all whole lines if not given. */
  readonly position?: number;
  /**
   * For types with a `step`: how many events to keep in full detail. Each time the steps double from there, half as
   * many are kept, so that n steps leave about detail * (1 + log2(n / detail) / 2) events.
   */
  readonly detail?: Readonly<Record<string, number>>;
  /** Called before the file is changed; what it throws leaves it as it was. */
  readonly guard?: () => void;
}

export interface Journal {
  /** Adds an event; in the file when this returns. Events carry no time, so that the same seed gives the same bytes. */
  append(event: JournalEvent): void;
  /** Forces all to the disk; returns the file's length in bytes, for a checkpoint. */
  sync(): number;
  close(): void;
}

/** Opens or creates the journal at `path` for writing. */
export function openJournal(path: string, { position, detail = {}, guard }: JournalOptions = {}): Journal {
  guard?.();
  const descriptor = guarded(path, () => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644));
  let end = cutBack(descriptor, path, position);
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
    },
    sync() {
      guarded(path, () => fsyncSync(descriptor));
      return end;
    },
    close: () => closeSync(descriptor),
  };
}

/** All events from the first to the last whole line, read as they are asked for. */
export function* readEvents(path: string): Generator<JournalEvent> {
  const descriptor = openForReading(path);
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    let line = 0;
    for (let length; (length = readSync(descriptor, chunk)) > 0;) {
      const text = Buffer.concat([rest, chunk.subarray(0, length)]);
      let start = 0;
      for (let end; (end = text.indexOf(NEWLINE, start)) >= 0; start = end + 1)
        yield parseLine(text.subarray(start, end), path, ++line);
      rest = text.subarray(start);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The last events, oldest first, without reading what lies before them. */
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
    }
  } finally {
    closeSync(descriptor);
  }
}

const CHUNK_BYTES = 1 << 16;
const NEWLINE = 0x0a;

/** 1 up to `detail` steps, then 2, 4, … with each doubling; depends on nothing but the step, so that a resumed run keeps the same. */
function stride(step: number, detail: number | undefined): number {
  return detail === undefined || step < detail ? 1 : 2 ** (Math.floor(Math.log2(step / detail)) + 1);
}

/** Cuts the file to `position`, or to its last whole line; returns its new length. */
function cutBack(descriptor: number, path: string, position: number | undefined): number {
  const size = fstatSync(descriptor).size;
  const end = position ?? lastLineEnd(descriptor, size);
  if (end > size || (end > 0 && byteAt(descriptor, end - 1) !== NEWLINE)) {
    closeSync(descriptor);
    throw new WeftError(
      'run',
      `${path} does not fit the checkpoint: no line ends at byte ${end}`,
      'the file was changed by hand or cut off; put back the original',
    );
  }
  guarded(path, () => ftruncateSync(descriptor, end));
  return end;
}

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
      `${path}${number ? `, line ${number},` : ''} is no event: ${(cause as Error).message}`,
      'the file was changed by hand or the disk is failing; delete the line to go on',
      { cause },
    );
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new WeftError(
      'run',
      `cannot read ${path}: ${(cause as Error).message}`,
      'check that this is the directory of a run',
      { cause },
    );
  }
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw diskError(path, cause);
  }
}
