/** Runs as the hints name them: what a hint says can be pasted into a shell and works. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { checkConfig } from '../config/index.js';
import { codeFiles } from '../jobs/files.js';
import { openRun } from '../runs/index.js';
import { shellWord, show } from '../printable.js';

/**
 * The arguments that name a run to a command: its directory, and `--file` with each file of code that it names (or
 * those given), which the user has to have trusted.
 */
export function runArguments(path: string, files: readonly string[] = filesOf(path)): string {
  const words = [show(path), ...(files.length > 0 ? ['--file', ...new Set(files.map(showFile))] : [])];
  return words.map(shellWord).join(' ');
}

/** The files that a run names; none where its configuration cannot be read, of which the command itself tells. */
function filesOf(path: string): string[] {
  try {
    return codeFiles(checkConfig(openRun(path).config));
  } catch {
    return [];
  }
}

/** A file of code as it can be named from here; by its name alone where it is not where the run says. */
export const showFile = (path: string): string => (existsSync(path) ? show(path) : basename(path));
