/**
 * The folder of an embedded queue: who may open it, how its database is created completely, and the errors when it does
 * not open.
 */
import { closeSync, existsSync, openSync, rmSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../../errors.js';
import { diskError, makeFolder, writeFileAtomic } from '../../runs/atomic-write.js';
import { acquireLock, type RunLock } from '../../runs/lock.js';
import { type Location } from './location.js';

type Folder = Location & { readonly kind: 'folder' };

/** Two processes in one folder would damage it: one opens it, and the others are told which one. */
export async function lockFolder({ path, shown }: Folder, onWait: (message: string) => void): Promise<RunLock> {
  makeFolder(path);
  try {
    return await acquireLock(join(path, 'queue.lock'), { name: `the queue ${shown}`, onWait });
  } catch (error) {
    if (!(error instanceof WeftError) || error.code !== 'run') throw error;
    throw new WeftError(
      'job',
      error.message,
      'its workers are child processes of that process: start more with --workers there; for other workers use a PostgreSQL queue',
    );
  }
}

/**
 * Opens the database in the folder with `open`, or creates it. A database that was never complete, because the disk was
 * full or the process was killed during creation, holds no jobs yet and is created again.
 */
export async function openDatabase<T>({ path }: Folder, open: (database: string) => Promise<T>): Promise<T> {
  const database = join(path, 'database');
  const unfinished = join(path, 'database.unfinished');
  if (existsSync(unfinished)) rmSync(database, { recursive: true, force: true });
  if (!existsSync(database)) writeFileAtomic(unfinished, '');
  try {
    const opened = await open(database);
    rmSync(unfinished, { force: true });
    return opened;
  } catch (error) {
    throw openingError(path, database, error);
  }
}

/** Why a database did not open. The engine's errors are often bare numbers, so the disk itself is checked first. */
function openingError(path: string, database: string, error: unknown): WeftError {
  if (error instanceof WeftError) return error;
  const cause = whatTheDiskSays(path) ?? DISK_ERRORS[String((error as { errno?: number }).errno)];
  if (cause !== undefined) return diskError(database, Object.assign(new Error(cause), { code: cause }));
  const message = (error as Error | undefined)?.message;
  return new WeftError(
    'job',
    `the embedded queue in ${path} cannot be opened: ${message || `the database engine ended with ${describe(error)}`}`,
    `if it is damaged, move ${database} away and submit the jobs again: finished jobs are not repeated`,
  );
}

/** Minimum number of bytes written on opening a database: a segment of its write-ahead log. */
const NEEDED_BYTES = 16 * 2 ** 20;

/** The error code that keeps this process from writing, if any. */
function whatTheDiskSays(path: string): string | undefined {
  const probe = join(path, `.probe-${process.pid}`);
  try {
    const descriptor = openSync(probe, 'w');
    try {
      writeSync(descriptor, new Uint8Array(4096));
    } finally {
      closeSync(descriptor);
      unlinkSync(probe);
    }
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < NEEDED_BYTES ? 'ENOSPC' : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** WASI error numbers, which the embedded engine reports for the disk. */
const DISK_ERRORS: Readonly<Record<string, string>> = {
  2: 'EACCES',
  19: 'EDQUOT',
  22: 'EFBIG',
  29: 'EIO',
  33: 'EMFILE',
  41: 'ENFILE',
  51: 'ENOSPC',
  63: 'EPERM',
  69: 'EROFS',
};

function describe(error: unknown): string {
  const { name, errno, status } = (error ?? {}) as { name?: string; errno?: number; status?: number };
  return `${name ?? typeof error} ${errno ?? status ?? ''}`.trim();
}
