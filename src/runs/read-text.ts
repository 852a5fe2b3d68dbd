/** Reads the files of a run. They may come from others: only regular files of bounded size are read. */
import { type FileRules, isMissing, readBytes } from '../data/source.js';

/** A text file of a run is a few kB; an unusual one, such as the state of a search with many candidates, a few MB. */
const MOST_BYTES = 2 ** 27;

/**
 * The text of a file of a run, of a lock or of a result. Throws WeftError('run', or `code`) if it is not a regular
 * file, is too large or cannot be read.
 */
export const readText = (path: string, rules: Omit<FileRules, 'most'> = {}): string =>
  readBytes(path, { code: 'run', ...rules, most: MOST_BYTES }).toString('utf8');

/** The same; undefined if the file does not exist. */
export function readTextIfThere(path: string, rules: Omit<FileRules, 'most'> = {}): string | undefined {
  try {
    return readText(path, rules);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
