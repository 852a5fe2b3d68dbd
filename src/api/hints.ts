/** Runs as command-line arguments in hints, so that a hint can be pasted into a shell and works. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { checkConfig } from '../config/index.js';
import { codeFiles } from '../jobs/files.js';
import { openRun } from '../runs/index.js';
import { shellWord, show } from '../printable.js';

/**
 * The arguments that identify a run to a command: its directory, and `--file` for each code file that it names (or for
 * the given ones), which the user must have trusted.
 */
export function runArguments(path: string, files: readonly string[] = filesOf(path)): string {
  const words = [show(path), ...(files.length > 0 ? ['--file', ...new Set(files.map(showFile))] : [])];
  return words.map(shellWord).join(' ');
}

/** The files that a run names; none if its configuration cannot be read, which the command itself reports. */
function filesOf(path: string): string[] {
  try {
    return codeFiles(checkConfig(openRun(path).config));
  } catch {
    return [];
  }
}

/** A code file as a path relative to here; its name only if it is not where the run says. */
export const showFile = (path: string): string => (existsSync(path) ? show(path) : basename(path));
