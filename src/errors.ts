/**
 * What tells our errors apart where weft is loaded twice in a process and TensorFlow.js runs kernels of the other copy.
 */
const MARK = Symbol.for('weft.error');

/**
 * Every failure that a user can cause or fix is one of these: `code` is stable for programs,
 * `message` names the thing, `hint` says what to do about it.
 */
export class WeftError extends Error {
  override readonly name = 'WeftError';
  readonly [MARK] = true;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MARK in value;
  }

  constructor(
    readonly code: WeftErrorCode,
    message: string,
    readonly hint?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export type WeftErrorCode =
  | 'backend' // a TensorFlow.js backend cannot be loaded or lacks a kernel
  | 'config' // an option, preset, recipe or YAML file is wrong
  | 'space' // a search-space definition is wrong or unknown
  | 'architecture' // an architecture or its encoding does not fit the space
  | 'controller' // a controller is wrong or unknown
  | 'operation' // an operation got inputs or options it cannot take
  | 'data' // a data file is missing, truncated or corrupt
  | 'run' // a run directory is missing, in use or of another version
  | 'checkpoint' // a checkpoint is missing, corrupt or of another space
  | 'numeric' // NaN, infinity, a matrix that will not factor
  | 'disk' // a write failed
  | 'job' // a job failed, or a queue cannot be used
  | 'version' // made with another version of weft, Node or TensorFlow than this one
  | 'export' // a child cannot be written in the wanted form
  | 'unsupported'; // asked for something that is refused by name

/**
 * What a record says of a name that a user chose, own properties alone: `__proto__` and `constructor` are names like
 * any other. Whatever is looked up by a word from outside goes through this, a Map, or Object.hasOwn.
 */
export function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

const FULL = 'free some space and try again: nothing that was finished is lost';
const DENIED = 'choose a place that you have the permission for';
const HANDLES = 'raise the limit (`ulimit -n 4096`) and try again';

/** What the operating system refuses, in words, and the remedy. */
const SYSTEM_REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ['the disk is full', FULL],
  EDQUOT: ['the disk quota is used up', FULL],
  EFBIG: ['the file would be larger than this process may write', 'raise the limit (`ulimit -f`) and try again'],
  EACCES: ['permission denied', DENIED],
  EPERM: ['permission denied', DENIED],
  EROFS: ['the file system is read-only', DENIED],
  ENOENT: ['there is no such file or folder', 'check the path'],
  ENOTDIR: ['a part of its path is a file, not a folder', 'check the path'],
  EISDIR: ['it is a folder, not a file', 'name a file'],
  EEXIST: ['something of that name exists and is not a folder', 'choose another name'],
  ENOTEMPTY: ['the folder is not empty', 'choose another name'],
  ELOOP: ['its symbolic links lead in a circle', 'fix the links'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
  EMFILE: ['this process may not open more files', HANDLES],
  ENFILE: ['this machine cannot open more files', 'end other programs and try again'],
  ENOMEM: ['there is not enough memory', 'end other programs and try again'],
  EIO: ['the disk reports an error', 'check the disk'],
  EAGAIN: ['this process may not start more processes or threads', 'raise the limit (`ulimit -u`) and try again'],
  ERR_INVALID_ARG_VALUE: ['a path cannot contain a NUL character', 'check the path'],
};

/** The reason and the remedy of an error of the operating system, undefined for any other error. */
export function systemReason(error: unknown): readonly [reason: string, hint: string] | undefined {
  const { code, syscall, message } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined) return undefined;
  if (code === 'ERR_INVALID_ARG_VALUE' && !message.includes('null bytes')) return undefined;
  return (
    ownValue(SYSTEM_REASONS, code) ?? (syscall === undefined ? undefined : [message, 'check the path and the disk'])
  );
}

/** An error of the operating system as one of ours, undefined for any other error. */
export function systemError(error: unknown): WeftError | undefined {
  const reason = systemReason(error);
  if (!reason) return undefined;
  const { path, syscall } = error as NodeJS.ErrnoException;
  const what = path === undefined ? (syscall ?? 'open a file') : `use ${path}`;
  return new WeftError('disk', `cannot ${what}: ${reason[0]}`, reason[1], { cause: error });
}

/** V8's error for an allocation that the machine cannot satisfy, as one of ours; undefined for any other error. */
export function memoryError(error: unknown): WeftError | undefined {
  return error instanceof RangeError && error.message === 'Array buffer allocation failed'
    ? new WeftError(
        'unsupported',
        'there is not enough memory',
        'close other programs, or use less data, a smaller space or a smaller batch',
        { cause: error },
      )
    : undefined;
}

/** Thrown to end a piece of work in the ordinary course of a program: whoever began the work catches it. */
export class Signal extends Error {}

/**
 * Whether the same work may get through when it is tried again: after a full disk, a lost library or job. What a
 * configuration, data, a definition or numbers cause comes back, and so does a defect.
 */
export const mayPass = (error: unknown): boolean =>
  error instanceof WeftError && ['disk', 'backend', 'job'].includes(error.code);

/** The `known` name nearest to `name` by edit distance, for "did you mean" hints. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** "did you mean X? known: a, b, c": the ordinary hint for an unknown name. */
export function unknownNameHint(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  return `${guess ? `did you mean '${guess}'? ` : ''}known: ${known.join(', ')}`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
