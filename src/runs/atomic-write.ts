/**
 * Files and folders that exist completely or not at all. Content is written to a hidden name next to the target, is
 * flushed to disk, and is renamed to the target in one step.
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
  /** Called right before the target is replaced or renamed; if it throws, nothing changes. */
  readonly guard?: () => void;
}

/** Writes or replaces a file. On failure the old file, if any, is untouched and nothing new is left behind. */
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
 * Creates a folder and its ancestors if they are missing, and makes sure that files can be written there; `undo`
 * removes those that were created, as long as they are empty.
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
          // It is not empty, and stays.
        }
      },
    };
  } catch (cause) {
    throw diskError(path, cause);
  }
}

/**
 * Does work whose results are written to this folder: before the work begins it is clear that they can be, and a folder
 * that was created for nothing is removed.
 */
export async function withFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { undo } = makeFolder(path);
  try {
    return await work();
  } finally {
    undo();
  }
}

/**
 * The first folder that had to be created. Node's own `recursive` retries forever on a file system that refuses, such
 * as /proc.
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
 * Removes unfinished files of dead processes from a folder (of all processes if no other may write there), and restores
 * the name of a folder whose replacement never arrived. Files of a process that is not visible from here are kept for
 * an hour.
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

/** Removes a folder so that it is never visible half deleted. */
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

/** The message of a failed write: its target, the reason, the remedy. */
export function diskError(path: string, cause: unknown): WeftError {
  if (cause instanceof WeftError) return cause;
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  const [reason, hint] = missing
    ? ['its folder does not exist', 'create the folder or check the path']
    : (systemReason(cause) ?? [(cause as Error).message, 'check the path and the disk']);
  return new WeftError('disk', `cannot write ${path}: ${reason}`, hint, { cause });
}

/** Flushes a folder's entries to disk, so that a rename survives a power cut. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return; // folders cannot be opened on this system
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
    return; // nothing there, or writing will report the problem
  }
  if (kind === 'file' ? found.isFile() : found.isDirectory()) return;
  const what = found.isDirectory() ? 'a folder' : found.isFile() ? 'a file' : 'a device or a pipe';
  throw new WeftError('disk', `cannot write ${path}: it is ${what}, not a ${kind}`, `name a ${kind}, or another path`);
}

/**
 * The owner of a file: a process by its id, and the namespace in which that id is valid (version 0.1 did not record
 * it).
 */
const UNFINISHED = /^\.unfinished-(\d+)(?:@([0-9a-f]{8}))?-(.*)$/s;
const unfinished = (path: string): string =>
  join(dirname(path), `.unfinished-${process.pid}@${placeOfIds()}-${basename(path)}`);

function secondsSinceChange(path: string): number {
  try {
    return (now().getTime() - statSync(path).mtimeMs) / 1000;
  } catch {
    return 0; // finished, or removed by its owner, just now
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
      // The first failure is the one to report.
    }
    throw diskError(path, cause);
  }
}

/** Suffix of a folder that is about to be replaced. */
const OLD = '-old';

/** Restores the name of a folder that was moved aside, unless its replacement exists. */
function putBack(aside: string, path: string): void {
  if (existsSync(aside) && !existsSync(path)) renameSync(aside, path);
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

const writeDurable = (path: string, content: Content): void => writeFileSync(path, content, { flush: true });
