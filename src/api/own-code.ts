/**
 * The hashes of the code files that a run was started with: results continued with other code would belong to neither
 * version.
 */
import { WeftError } from '../errors.js';
import { hashOfFile } from '../jobs/files.js';
import { openRun } from '../runs/index.js';

/**
 * Throws WeftError('run') if the file at `path`, which the run at `directory` knows as `name`, has changed since the
 * run began. Runs that did not record hashes, as in version 0.1, are not checked.
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
