/**
 * Permission to load the code that runs name. A run is data that may come from anywhere, so no code that it names is
 * loaded unless the user also names the file or trusts the run.
 */
import { basename, resolve } from 'node:path';
import { WeftError } from '../errors.js';
import { isOwnFile } from '../jobs/files.js';
import { type OwnKind } from '../parts/own.js';
import { shellWord } from '../printable.js';
import { showFile } from './hints.js';
import { requireSameCode } from './own-code.js';

/** The code that may be loaded because a run names it. */
export interface TrustOptions {
  /** Load any code that the run names. */
  readonly trust?: boolean | undefined;
  /** The user's files that may be loaded if the run names them. */
  readonly file?: readonly string[] | undefined;
}

/**
 * The module that may be loaded for a recorded name: a built-in space or controller by its name, otherwise the file
 * that the user named, or the recorded one if the user trusts `where`. Throws WeftError('run') with the path of any
 * other, and for a named file that has changed since the run began.
 */
export function permitted(
  kind: 'space' | 'controller' | 'data set' | OwnKind,
  name: string,
  where: string,
  { trust = false, file = [] }: TrustOptions,
): string {
  if (!isOwnFile(name)) return name;
  const named =
    file.find((path) => resolve(path) === resolve(name)) ?? file.find((path) => basename(path) === basename(name));
  if (trust) return named === undefined ? name : resolve(named);
  if (named !== undefined) {
    requireSameCode(where, name, named);
    return resolve(named);
  }
  throw new WeftError(
    'run',
    `${where} names the ${kind} ${resolve(name)}. This is a file with code, so it was not loaded`,
    `if the file is yours, or you have read it, name it with --file ${shellWord(showFile(name))}, or load whatever this run names with --trust`,
  );
}
