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
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { WeftError } from '../errors.js';
import { processExists } from './process-identity.js';

export type Content = Uint8Array | string;

const UNFINISHED = '.unfinished-';

/** Writes or replaces a file. On failure the old file, if any, is untouched and nothing new is left. */
export function writeFileAtomic(path: string, content: Content): void {
  replace(path, (temporary) => writeDurable(temporary, content));
}

/** Writes or replaces a folder of files, by name. */
export function writeFolderAtomic(path: string, files: Readonly<Record<string, Content>>): void {
  replace(path, (temporary) => {
    mkdirSync(temporary);
    for (const [name, content] of Object.entries(files)) writeDurable(join(temporary, name), content);
    syncFolder(temporary);
    // No folder can be renamed over a full one. For a moment the target is missing, but it is never torn.
    if (existsSync(path)) renameSync(path, `${temporary}-old`);
  });
}

/** Removes from a folder what processes that are gone have left unfinished in it. */
export function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(UNFINISHED) && !processExists(Number.parseInt(name.slice(UNFINISHED.length))))
      remove(join(folder, name));
  }
}

/** Removes a folder so that it is never seen half gone. */
export function removeFolder(path: string): void {
  const doomed = unfinished(path);
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

const unfinished = (path: string): string => join(dirname(path), `${UNFINISHED}${process.pid}-${basename(path)}`);

function replace(path: string, write: (temporary: string) => void): void {
  const temporary = unfinished(path);
  try {
    remove(temporary);
    write(temporary);
    renameSync(temporary, path);
    syncFolder(dirname(path));
    remove(`${temporary}-old`);
  } catch (cause) {
    try {
      remove(temporary);
    } catch {
      // The first failure is the one to tell about.
    }
    throw diskError(path, cause);
  }
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

const writeDurable = (path: string, content: Content): void => writeFileSync(path, content, { flush: true });
