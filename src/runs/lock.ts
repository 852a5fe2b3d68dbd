/**
 * One writer at a time. The lock is a file that names its holder and carries a heartbeat. It is taken over immediately
 * from a process that is certainly gone; from one that is not visible from here (another container, another machine),
 * after its lease has expired.
 */
import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { WeftError } from '../errors.js';
import { diskError } from './atomic-write.js';
import { hasExpired, LEASE_SECONDS, leaseText, startHeartbeat, tokenIn } from './lease.js';
import { readTextIfThere } from './read-text.js';
import { type ProcessIdentity, type Standing, standingOf, thisProcess } from './process-identity.js';

export interface RunLock {
  /** To be called before any action reserved to the holder: throws WeftError('run') if the lock has been taken over. */
  check(): void;
  /** Releases the lock; also done when the process exits. */
  release(): void;
}

export interface LockOptions {
  /** The locked object, in errors. */
  readonly name?: string;
  /** Called once if the holder is not visible from here and its heartbeat is being watched. */
  readonly onWait?: ((message: string) => void) | undefined;
  /** Seconds without a heartbeat after which others may take the lock over. */
  readonly leaseSeconds?: number;
}

/** Acquires the lock file at `path`; throws WeftError('run') while another process, or this one, holds it. */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<RunLock> {
  const { name = 'the run', onWait = () => {}, leaseSeconds = LEASE_SECONDS } = options;
  const mine = JSON.stringify({ ...thisProcess(), lease: leaseSeconds, nonce: randomUUID() });
  await claim(path, mine, { name, onWait });
  const heartbeat = startHeartbeat(path, mine, leaseSeconds);
  const release = (): void => {
    process.off('exit', release);
    heartbeat.stop();
    if (isMine(path, mine)) rmSync(path, { force: true });
  };
  process.on('exit', release);
  return {
    check() {
      if (heartbeat.fault === 'stopped') throw lost(path, name, 'its sign of life has stopped');
      if (heartbeat.fault === 'lost' || !isMine(path, mine)) throw lost(path, name, lossOf(path));
    },
    release,
  };
}

/** The visible state of the holder of the lock at `path`: `free` if there is none; nothing is acquired or changed. */
export function lockState(path: string): Standing | 'free' {
  const text = contentOf(path);
  if (text === undefined) return 'free';
  const holder = holderIn(text);
  return holder ? standingOf(holder) : 'unknown';
}

/** The holder of the lock, according to the file. */
interface Holder extends ProcessIdentity {
  /** Seconds; absent in locks of version 0.1. */
  readonly lease?: number;
}

type ClaimOptions = Required<Pick<LockOptions, 'name'>> & { readonly onWait: (message: string) => void };

async function claim(path: string, mine: string, options: ClaimOptions): Promise<void> {
  const draft = `${path}-${randomUUID()}`;
  try {
    writeFileSync(draft, leaseText(mine), { flag: 'wx', flush: true });
    while (!createFrom(draft, path)) {
      const theirs = contentOf(path);
      if (theirs === undefined) continue; // just released
      const holder = holderIn(theirs);
      const standing = holder ? standingOf(holder) : 'unknown';
      if (standing === 'alive') throw inUse(path, options.name, holder);
      if (standing === 'unknown' && !(await isAbandoned(path, theirs, holder, options))) continue;
      await takeOver(path, theirs, draft, mine, options);
      return;
    }
  } catch (cause) {
    throw diskError(path, cause);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Watches a lock whose holder is not visible; false when it was released or changed hands. Throws when the holder shows
 * a heartbeat.
 */
async function isAbandoned(
  path: string,
  seen: string,
  holder: Holder | undefined,
  { name, onWait }: ClaimOptions,
): Promise<boolean> {
  const seconds = holder ? (holder.lease ?? LEASE_SECONDS) : UNREADABLE_SECONDS;
  if (holder)
    onWait(
      `${name} was in use by ${whereIs(holder)}; waiting for a sign of life, at most ${Math.ceil(1.1 * seconds)} s`,
    );
  if (await hasExpired(() => contentOf(path), seen, seconds)) return true;
  const now = contentOf(path);
  if (holder && now !== undefined && tokenIn(now) === tokenIn(seen)) throw inUse(path, name, holder);
  return false;
}

/** On a file system without links, a lock is visible before its text is complete. */
const UNREADABLE_SECONDS = 2;

/** Creates `path` with the draft's content in one step; false if it exists. */
function createFrom(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    if (isCode(error, 'ENOENT')) throw error;
  }
  try {
    copyFileSync(draft, path, constants.COPYFILE_EXCL); // a file system without links
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * Replaces a stale lock. Of several processes that detected it, only the one that holds the lock's own lock acts, and
 * only if the stale lock still exists.
 */
async function takeOver(
  path: string,
  stale: string,
  draft: string,
  mine: string,
  options: ClaimOptions,
): Promise<void> {
  const guard = `${path}.takeover`;
  await claim(guard, mine, options);
  try {
    const current = contentOf(path);
    if (current !== stale) throw inUse(path, options.name, current === undefined ? undefined : holderIn(current));
    renameSync(draft, path);
  } finally {
    rmSync(guard, { force: true });
  }
}

function inUse(path: string, name: string, holder: Holder | undefined): WeftError {
  if (!holder) return new WeftError('run', `${path} was just taken by another process`, 'wait until it has finished');
  if (holder.lease === undefined && holder.host !== hostname()) {
    return new WeftError(
      'run',
      `${name} is in use by ${whereIs(holder)}`,
      `wait until it has finished; if that machine is gone for good, delete ${path}`,
    );
  }
  if (standingOf(holder) === 'unknown')
    return new WeftError(
      'run',
      `${name} is in use by ${whereIs(holder)}`,
      'wait until it has finished, or stop it there',
    );
  return new WeftError(
    'run',
    `${name} is in use by process ${holder.pid}`,
    `wait until it has finished, or stop it with \`kill ${holder.pid}\``,
  );
}

const lost = (path: string, name: string, why: string): WeftError =>
  new WeftError(
    'run',
    `this process no longer holds ${name}: ${why}`,
    `nothing more was written; ${path} says which process works there now`,
  );

function lossOf(path: string): string {
  const text = contentOf(path);
  if (text === undefined) return `${path} was deleted`;
  const holder = holderIn(text);
  return `${holder ? whereIs(holder) : 'another process'} has taken it over`;
}

function whereIs({ pid, host, namespace }: Holder): string {
  if (host !== hostname()) return `process ${pid} on ${host}`;
  return namespace === thisProcess().namespace
    ? `process ${pid} of an earlier boot, or of another machine called ${host}`
    : `process ${pid} of another container on ${host}`;
}

const isMine = (path: string, mine: string): boolean => {
  const text = contentOf(path);
  return text !== undefined && tokenIn(text) === mine;
};

const contentOf = (path: string): string | undefined =>
  readTextIfThere(path, { remedy: `if no process uses it, delete ${path}` });

/** The holder, or undefined for an incompletely written file. */
function holderIn(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(tokenIn(text)) as Holder;
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
}

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;
