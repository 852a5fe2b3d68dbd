/**
 * Files and folders that are either there whole or not at all. Content goes to a hidden name beside the
 * target, is forced to the disk, and takes the target's name in one step.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { WeftError } from '../errors.js';
import { now } from './clock.js';
import { placeOfIds, processExists } from './process-identity.js';

export type Content = Uint8Array | string;

export interface WriteOptions {
  /** Called right before anything takes its place or loses it; what it throws leaves all as it was. */
  readonly guard?: () => void;
}

/** Writes or replaces a file. On failure the old file, if any, is untouched and nothing new is left. */
export function writeFileAtomic(path: string, content: Content, options: WriteOptions = {}): void {
  replace(path, (temporary) => writeDurable(temporary, content), options);
}

/** Writes or replaces a folder of files, by name. */
export function writeFolderAtomic(
  path: string,
  files: Readonly<Record<string, Content>>,
  options: WriteOptions = {},
): void {
  replace(
    path,
    (temporary) => {
      mkdirSync(temporary);
      for (const [name, content] of Object.entries(files)) writeDurable(join(temporary, name), content);
      syncFolder(temporary);
      if (!existsSync(path)) return;
      // No folder can be renamed over a full one. Whoever is killed between the two steps leaves the old one to `removeUnfinished`.
      options.guard?.();
      renameSync(path, temporary + OLD);
    },
    options,
  );
}

/**
 * Removes from a folder what processes that are gone have left unfinished in it (all of it where nobody else may write there), and
 * gives a folder back its name whose replacement never came. What a process that cannot be seen from here left stays for an hour.
 */
export function removeUnfinished(folder: string, { alone = false }: { alone?: boolean } = {}): void {
  for (const name of readdirSync(folder)) {
    const [, pid, place, target] = UNFINISHED.exec(name) ?? [];
    if (pid === undefined || target === undefined) continue;
    const path = join(folder, name);
    const abandoned =
      place === undefined || place === placeOfIds() ? !processExists(Number(pid)) : secondsSinceChange(path) > 3600;
    if (!alone && !abandoned) continue;
    if (target.endsWith(OLD)) putBack(path, join(folder, target.slice(0, -OLD.length)));
    remove(path);
  }
}

/** Removes a folder so that it is never seen half gone. */
export function removeFolder(path: string, { guard }: WriteOptions = {}): void {
  const doomed = unfinished(path);
  guard?.();
  try {
    renameSync(path, doomed);
    remove(doomed);
  } catch (cause) {
    throw diskError(path, cause);
  }
}

/** A failed write in words: what was to be written, why it could not be, what to do. */
export function diskError(path: string, cause: unknown): WeftError {
  if (cause instanceof WeftError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const [reason, hint] = REASONS[code ?? ''] ?? [message, 'check the path and the disk'];
  return new WeftError('disk', `cannot write ${path}: ${reason}`, hint, { cause });
}

/** Forces a folder's entries to the disk, so that a rename survives a power cut. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const FULL = 'free some space and try again: nothing that was finished is lost';
const DENIED = 'choose a folder that you may write to';
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', FULL],
  EDQUOT: ['the disk quota is used up', FULL],
  EFBIG: ['the file would be larger than this process may write', 'raise the limit (`ulimit -f`) and try again'],
  EACCES: ['permission denied', DENIED],
  EPERM: ['permission denied', DENIED],
  EROFS: ['the file system is read-only', DENIED],
  ENOENT: ['its folder does not exist', 'create the folder or check the path'],
  ENOTDIR: ['a part of its path is a file, not a folder', 'check the path'],
};

/** Whose file it is: a process by its id, and the place in which that id counts (version 0.1 did not say). */
const UNFINISHED = /^\.unfinished-(\d+)(?:@([0-9a-f]{8}))?-(.*)$/s;
const unfinished = (path: string): string =>
  join(dirname(path), `.unfinished-${process.pid}@${placeOfIds()}-${basename(path)}`);

function secondsSinceChange(path: string): number {
  try {
    return (now().getTime() - statSync(path).mtimeMs) / 1000;
  } catch {
    return 0; // finished, or removed by its owner, in this moment
  }
}

function replace(path: string, write: (temporary: string) => void, { guard }: WriteOptions): void {
  const temporary = unfinished(path);
  try {
    remove(temporary);
    write(temporary);
    guard?.();
    renameSync(temporary, path);
    syncFolder(dirname(path));
    remove(temporary + OLD);
  } catch (cause) {
    try {
      remove(temporary);
      putBack(temporary + OLD, path);
    } catch {
      // The first failure is the one to tell about.
    }
    throw diskError(path, cause);
  }
}

/** Ends the name of a folder that is about to be replaced. */
const OLD = '-old';

/** Gives a folder that was moved aside its name again, unless its replacement is there. */
function putBack(aside: string, path: string): void {
  if (existsSync(aside) && !existsSync(path)) renameSync(aside, path);
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

const writeDurable = (path: string, content: Content): void => writeFileSync(path, content, { flush: true });
