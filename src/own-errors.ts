/**
 * Errors in the user's own code (spaces, operations, controllers, optimizers, …): named with the part that fails and
 * the line where it does, and told from defects of Weft by the files on the stack.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { memoryError, Signal, systemError, WeftError, type WeftErrorCode } from './errors.js';
import { packageRoot } from './package-root.js';

export interface Part {
  /** The code of its errors. */
  readonly code: WeftErrorCode;
  /** What messages call it, for example `the proxy 'slope'`. */
  readonly what: string;
  /** Whether it is the user's in any case; otherwise it may be one of Weft's own, whose errors are defects. */
  readonly own?: boolean;
}

/**
 * What `call` returns; if the code of the part throws or rejects, the error is a WeftError that names the part and the
 * line. Ours, those of the operating system and of memory, and signals pass unchanged.
 */
export function inOwnCode<T>(part: Part, call: () => T): T {
  try {
    const value = call();
    return value instanceof Promise
      ? (value.catch((error: unknown) => {
          throw named(part, error);
        }) as T)
      : value;
  } catch (error) {
    throw named(part, error);
  }
}

/** The part with all of its methods in `inOwnCode`. */
export function withNamedErrors<T extends object>(part: Part, made: T): T {
  const copy = {};
  const levels: object[] = [];
  for (
    let level: object | null = made;
    level && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object | null
  )
    levels.push(level);
  for (const name of new Set(levels.flatMap(Reflect.ownKeys)))
    Object.defineProperty(copy, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value: unknown = Reflect.get(made, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => inOwnCode<unknown>(part, () => Reflect.apply(value, made, given));
      },
    });
  return copy as T;
}

/**
 * An error that the user can do something about: one of ours, of the operating system, of memory, or in the user's own
 * code; undefined for a defect of Weft.
 */
export function typedError(error: unknown): WeftError | undefined {
  if (error instanceof WeftError) return error;
  const known = systemError(error) ?? memoryError(error);
  if (known) return known;
  const place = placeIn(error);
  return place === undefined
    ? undefined
    : new WeftError('config', `your own code fails: ${messageOf(error)}`, remedy(place), { cause: error });
}

function named({ code, what, own }: Part, error: unknown): unknown {
  if (error instanceof WeftError || error instanceof Signal || systemError(error) || memoryError(error)) return error;
  const place = placeIn(error, own);
  if (place === undefined && !own && error instanceof Error) return error;
  return new WeftError(code, `${what} fails: ${messageOf(error)}`, remedy(place), { cause: error });
}

const remedy = (place: string | undefined): string =>
  place === undefined ? 'run the file by itself to see where' : `correct it at ${place}`;

/** The words of whatever was thrown. */
function messageOf(error: unknown): string {
  if (typeof error === 'string') return error;
  return error instanceof Error ? error.message || error.name : inspect(error);
}

/** Function names of the frames below which the stack is no longer of the code that was called. */
const CALLER = /\binOwnCode\d*\b/;

/**
 * The first place on the stack in a file that is neither Weft's nor that of a package, for example `my-space.ts:12:5`;
 * above the innermost call of `inOwnCode`, or with `outermost` above the outermost.
 */
function placeIn(error: unknown, outermost = false): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  const lines = error.stack.split('\n');
  const isCaller = (line: string): boolean => CALLER.test(line);
  const below = outermost ? lines.findLastIndex(isCaller) : lines.findIndex(isCaller);
  for (const line of below < 0 ? lines : lines.slice(0, below)) {
    const [, first, file, position] = /^\s+at (?:async )?((?:[^/]*? \()?)(.+?)(:\d+:\d+)\)?$/.exec(line) ?? [];
    if (first === undefined) continue;
    const path = pathOf(file!);
    if (path === undefined || !isOwn(path)) continue;
    const fromHere = relative(process.cwd(), path);
    return `${fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere}${position}`;
  }
  return undefined;
}

/** The path of the file that a frame names; undefined for code that comes from no file. */
function pathOf(file: string): string | undefined {
  // Modules that are loaded again have a query.
  const [bare] = file.split('?content=');
  if (bare!.startsWith('file://')) return fileURLToPath(bare!);
  return isAbsolute(bare!) ? bare : undefined;
}

const WEFT_FOLDERS = ['dist', 'src', 'search-spaces', 'controllers', 'studies'];

function isOwn(path: string): boolean {
  // Source maps of packages name files that were never installed.
  if (path.includes(`${sep}node_modules${sep}`) || !existsSync(path)) return false;
  const root = packageRoot();
  return !WEFT_FOLDERS.some((folder) => path.startsWith(join(root, folder) + sep));
}
