/**
 * The content of the files with code that a run was begun with: results that were continued with other code would
 * belong to neither.
 */
import { WeftError } from '../errors.js';
import { hashOfFile } from '../jobs/files.js';
import { openRun } from '../runs/index.js';

/**
 * Throws WeftError('run') if the file at `path`, which the run at `directory` knows as `name`, is not what it was when
 * the run began. Runs that recorded nothing, as those of version 0.1, are not compared.
 */
export function requireSameCode(directory: string, name: string, path: string): void {
  const recorded = openRun(directory).manifest.facts['code'] as Readonly<Record<string, string>> | undefined;
  if (!recorded || !Object.hasOwn(recorded, name)) return;
  const [now] = hashOfFile(path);
  if (now === undefined || now === recorded[name]) return;
  throw new WeftError(
    'run',
    `${path} has changed since ${directory} was started with it`,
    'restore the original file, start a new run, or load the current file with --trust',
  );
}
