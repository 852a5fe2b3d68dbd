/**
 * Code that runs name. A run is data that may come from anywhere, so no code that it names is loaded unless the user
 * names the file too or trusts the run.
 */
import { basename, resolve } from 'node:path';
import { WeftError } from '../errors.js';
import { isOwnFile } from '../jobs/files.js';
import { type OwnKind } from '../parts/own.js';
import { shellWord } from '../printable.js';
import { showFile } from './hints.js';
import { requireSameCode } from './own-code.js';

/** Which code may be loaded because a run names it. */
export interface TrustOptions {
  /** Load whatever code the run names. */
  readonly trust?: boolean | undefined;
  /** Files of the user's own that may be loaded where the run names them. */
  readonly file?: readonly string[] | undefined;
}

/**
 * What may be loaded for a recorded name: a shipped space or controller by its name, else the file that the user has
 * named, or the recorded one where the user trusts `where`. Throws WeftError('run') with the path of any other, and for
 * a named file that has changed since the run began.
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
