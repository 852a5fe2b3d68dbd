/**
 * A sign of life in a file, for those who cannot see the process that wrote it. The holder counts up a number at the
 * end of the file every few seconds; a process that sees the same number for a whole lease, by its own clock, may
 * assume that the holder is dead.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Seconds without a sign of life after which a holder is taken for dead. */
export const LEASE_SECONDS = 30;
/** Signs of life in a lease: nine may be late or lost. */
const BEATS = 10;
const DIGITS = 16;

/** What is written at first: the holder's own text, and no sign of life yet. */
export const leaseText = (token: string): string => `${token}\n${'0'.repeat(DIGITS)}\n`;

/** The holder's part of a lease's text. */
export const tokenIn = (text: string): string => text.split('\n', 1)[0]!;

export interface Heartbeat {
  /** Why the lease is no longer kept up, if it is not: the file is gone or another's, or nothing beats. */
  readonly fault: 'lost' | 'stopped' | undefined;
  stop(): void;
}

/**
 * Keeps the lease of `token` in the file at `path` alive, from a thread of its own: kernels block the main one for
 * minutes.
 */
export function startHeartbeat(path: string, token: string, leaseSeconds: number): Heartbeat {
  const lost = new Int32Array(new SharedArrayBuffer(4));
  let stopped = false;
  const thread = new Worker(BEAT, {
    eval: true,
    execArgv: [],
    stdin: false,
    workerData: { path, token, milliseconds: (1000 * leaseSeconds) / BEATS, digits: DIGITS, lost },
  });
  thread.on('error', () => (stopped = true));
  thread.unref();
  return {
    get fault() {
      return Atomics.load(lost, 0) === 1 ? 'lost' : stopped ? 'stopped' : undefined;
    },
    stop: () => void thread.terminate(),
  };
}

/**
 * The thread's program, as a text: it starts in milliseconds without the loaders of the main thread, and no bundler can
 * miss it. It writes only into a file that it has seen to be its own.
 */
const BEAT = `
const { closeSync, openSync, readSync, writeSync } = require('node:fs');
const { path, token, milliseconds, digits, lost } = require('node:worker_threads').workerData;
const own = Buffer.from(token + '\\n');
let count = 0;
const timer = setInterval(() => {
  let file;
  try {
    file = openSync(path, 'r+');
    const found = Buffer.alloc(own.length);
    readSync(file, found, 0, own.length, 0);
    if (found.equals(own)) writeSync(file, String(++count).padStart(digits, '0'), own.length);
    else Atomics.store(lost, 0, 1);
  } catch (error) {
    if (error.code === 'ENOENT') Atomics.store(lost, 0, 1);
  } finally {
    if (file !== undefined) closeSync(file);
  }
  if (Atomics.load(lost, 0) === 1) clearInterval(timer);
}, milliseconds);
`;

/**
 * Looks at a text until it differs from `seen` or a lease has passed; true if it never changed. Only time in which it
 * was looked at counts, so that a machine that slept, holder and all, does not find the lease expired on waking.
 */
export async function hasExpired(read: () => string | undefined, seen: string, leaseSeconds: number): Promise<boolean> {
  const pause = leaseSeconds / BEATS / 2;
  // One beat more than the lease: the first look may have come just before a sign of life.
  for (let watched = 0; watched < leaseSeconds + 2 * pause; watched += pause) {
    await sleep(1000 * pause);
    if (read() !== seen) return false;
  }
  return true;
}
