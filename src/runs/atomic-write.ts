/**
 * Files and folders that exist completely or not at all. Content is written to a hidden name next to the
 * target, is forced to the disk, and takes the target's name in one step.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { systemReason, WeftError } from '../errors.js';
import { now } from './clock.js';
import { placeOfIds, processExists } from './process-identity.js';

export type Content = Uint8Array | string;

export interface WriteOptions {
  /** Called right before anything takes its place or loses it; what it throws leaves all as it was. */
  readonly guard?: () => void;
}

/** Writes or replaces a file. On failure the old file, if any, is untouched and nothing new is left. */
export function writeFileAtomic(path: string, content: Content, options: WriteOptions = {}): void {
  requireKind(path, 'file');
  replace(path, (temporary) => writeDurable(temporary, content), options);
}

/** Writes or replaces a folder of files, by name. */
export function writeFolderAtomic(
  path: string,
  files: Readonly<Record<string, Content>>,
  options: WriteOptions = {},
): void {
  requireKind(path, 'folder');
  replace(
    path,
    (temporary) => {
      mkdirSync(temporary);
      for (const [name, content] of Object.entries(files)) writeDurable(join(temporary, name), content);
      syncFolder(temporary);
      if (!existsSync(path)) return;
      // No folder can be renamed over a full one. Whoever is killed between the two steps leaves the old one to
      // `removeUnfinished`.
      options.guard?.();
      renameSync(path, temporary + OLD);
    },
    options,
  );
}

/**
 * Creates a folder and those above it, where they are missing, and makes sure that files can be written there; `undo`
 * removes those again, as far as they are empty.
 */
export function makeFolder(path: string): { undo(): void } {
  try {
    const first = createFolders(resolve(path));
    accessSync(path, constants.W_OK);
    return {
      undo() {
        if (first === undefined) return;
        try {
          for (let folder = resolve(path); folder.length >= first.length; folder = dirname(folder)) rmdirSync(folder);
        } catch {
          // Something is in it, which stays.
        }
      },
    };
  } catch (cause) {
    throw diskError(path, cause);
  }
}

/**
 * The first folder that had to be created. Node's own `recursive` tries forever where a file system refuses, as /proc
 * does.
 */
function createFolders(path: string): string | undefined {
  try {
    mkdirSync(path);
    return path;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return undefined;
    if (code !== 'ENOENT' || dirname(path) === path) throw cause;
  }
  const first = createFolders(dirname(path));
  mkdirSync(path);
  return first ?? path;
}

/**
 * Removes from a folder what processes that are gone have left unfinished in it (all of it where nobody else may write
 * there), and gives a folder back its name whose replacement never came. What a process that cannot be seen from here
 * left stays for an hour.
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
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  const [reason, hint] = missing
    ? ['its folder does not exist', 'create the folder or check the path']
    : (systemReason(cause) ?? [(cause as Error).message, 'check the path and the disk']);
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

/**
 * A file takes the place of a file and a folder that of a folder: a device, a pipe or anything else stays what it is.
 */
function requireKind(path: string, kind: 'file' | 'folder'): void {
  let found;
  try {
    found = statSync(path);
  } catch {
    return; // nothing there, or writing will tell what is wrong
  }
  if (kind === 'file' ? found.isFile() : found.isDirectory()) return;
  const what = found.isDirectory() ? 'a folder' : found.isFile() ? 'a file' : 'a device or a pipe';
  throw new WeftError('disk', `cannot write ${path}: it is ${what}, not a ${kind}`, `name a ${kind}, or another path`);
}

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
