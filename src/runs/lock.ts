/**
 * One writer a run. The lock is a file that names its holder; it is never taken from a process that may
 * be alive, and what a killed process or an earlier boot has left is taken over.
 */
import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { WeftError } from '../errors.js';
import { diskError } from './atomic-write.js';
import { mayBeAlive, type ProcessIdentity, thisProcess } from './process-identity.js';

export interface RunLock {
  /** Gives the lock back; also done when the process exits. */
  release(): void;
}

/** Takes the lock file at `path`; throws WeftError('run') while another process, or this one, holds it. */
export function acquireLock(path: string): RunLock {
  const mine = JSON.stringify({ ...thisProcess(), nonce: randomUUID() });
  claim(path, mine);
  const release = (): void => {
    process.off('exit', release);
    if (contentOf(path) === mine) rmSync(path, { force: true });
  };
  process.on('exit', release);
  return { release };
}

function claim(path: string, mine: string): void {
  const draft = `${path}-${randomUUID()}`;
  try {
    writeFileSync(draft, mine, { flag: 'wx', flush: true });
    while (!createFrom(draft, path)) {
      const theirs = contentOf(path);
      if (theirs === undefined) continue; // given back in this moment
      const holder = holderIn(theirs);
      if (holder && mayBeAlive(holder)) throw inUse(path, holder);
      takeOver(path, theirs, draft, mine);
      return;
    }
  } catch (cause) {
    throw diskError(path, cause);
  } finally {
    rmSync(draft, { force: true });
  }
}

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
 * Replaces a stale lock. Of several processes that have seen it, only the one that holds the lock of
 * the lock acts, and only if the stale one is still there.
 */
function takeOver(path: string, stale: string, draft: string, mine: string): void {
  const guard = `${path}.takeover`;
  claim(guard, mine);
  try {
    const current = contentOf(path);
    if (current !== stale) throw inUse(path, current === undefined ? undefined : holderIn(current));
    renameSync(draft, path);
  } finally {
    rmSync(guard, { force: true });
  }
}

function inUse(path: string, holder: ProcessIdentity | undefined): WeftError {
  if (!holder) return new WeftError('run', `${path} was just taken by another process`, 'wait until it has finished');
  if (holder.host !== hostname()) {
    return new WeftError(
      'run',
      `the run is in use by process ${holder.pid} on ${holder.host}`,
      `wait until it has finished; if that machine is gone for good, delete ${path}`,
    );
  }
  return new WeftError(
    'run',
    `the run is in use by process ${holder.pid}`,
    `wait until it has finished, or stop it with \`kill ${holder.pid}\``,
  );
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The holder, or undefined for what no process has finished writing. */
function holderIn(text: string): ProcessIdentity | undefined {
  try {
    const holder = JSON.parse(text) as ProcessIdentity;
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
}

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;
