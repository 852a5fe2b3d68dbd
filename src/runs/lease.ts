/**
 * A heartbeat in a file, for processes that cannot see the one that wrote it. The holder increments a number at the end
 * of the file every few seconds; a process that sees the same number for a whole lease, by its own clock, may assume
 * that the holder is dead.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Seconds without a heartbeat after which a holder is considered dead. */
export const LEASE_SECONDS = 30;
/** Heartbeats per lease: nine may be late or lost. */
const BEATS = 10;
const DIGITS = 16;

/** The initial content: the holder's own text, without a heartbeat. */
export const leaseText = (token: string): string => `${token}\n${'0'.repeat(DIGITS)}\n`;

/** The holder's part of a lease's text. */
export const tokenIn = (text: string): string => text.split('\n', 1)[0]!;

export interface Heartbeat {
  /**
   * Why the lease is no longer maintained, if so: the file is gone or belongs to another process, or the heartbeat
   * stopped.
   */
  readonly fault: 'lost' | 'stopped' | undefined;
  stop(): void;
}

/**
 * Keeps the lease of `token` in the file at `path` alive from a separate thread: kernels block the main one for
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
 * The thread's program as text: it starts in milliseconds without the main thread's loaders, and no bundler can miss
 * it. It writes only to a file that it has verified to be its own.
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
 * Polls a text until it differs from `seen` or a lease has passed; true if it never changed. Only time spent polling
 * counts, so that the lease does not expire when the machine, with the holder, wakes from sleep.
 */
export async function hasExpired(read: () => string | undefined, seen: string, leaseSeconds: number): Promise<boolean> {
  const pause = leaseSeconds / BEATS / 2;
  // One beat more than the lease: the first poll may have come just before a heartbeat.
  for (let watched = 0; watched < leaseSeconds + 2 * pause; watched += pause) {
    await sleep(1000 * pause);
    if (read() !== seen) return false;
  }
  return true;
}
