/** Which `--set` argument an error is about. */
import { WeftError } from '../errors.js';

/** Errors about values of options; others only happen to name the same words. */
const ABOUT_OPTIONS: readonly string[] = ['config', 'space', 'controller', 'operation', 'data'];

/**
 * The same error with the `--set` argument in front, if it is about an option and names the last field of just one
 * argument.
 */
export function withOverrideNamed(error: unknown, overrides: readonly string[] = []): unknown {
  if (!(error instanceof WeftError) || !ABOUT_OPTIONS.includes(error.code) || error.message.includes('--set'))
    return error;
  const words = new Set(error.message.split(/[^\w-]+/));
  const named = overrides.filter((text) => words.has(fieldOf(text)));
  if (named.length !== 1) return error;
  return new WeftError(error.code, `--set ${named[0]}: ${error.message}`, error.hint, { cause: error });
}

/** The last word before `=`. */
const fieldOf = (text: string): string => /([\w-]+)=/.exec(text)?.[1] ?? '';
