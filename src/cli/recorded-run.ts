/**
 * What a command takes from a run: its configuration, and from there code and data. A run is data that may come from anywhere, so no code
 * that it names is loaded unless the user names the file too or trusts the run; and its data must be what it was.
 */
import { basename, resolve } from 'node:path';
import { requireSameCode } from '../api/own-code.js';
import { openRecordedData, type RecordedRun } from '../api/recorded-run.js';
import { type SearchConfig } from '../config/index.js';
import { WeftError } from '../errors.js';
import { isOwnFile } from '../jobs/files.js';
import { type SearchParts } from '../search/session.js';
import { shellWord, showFile } from './next-steps.js';
import { loadController, loadSpace } from './registry.js';

export { openRecorded, openRecordedData, type RecordedRun } from '../api/recorded-run.js';

/** Options of every command that reads a run. */
export interface TrustOptions {
  /** Load the spaces and controllers that the run names. */
  readonly trust?: boolean;
  /** Spaces and controllers of the user's own that may be loaded. */
  readonly file?: readonly string[];
}

export interface RecordedOptions extends TrustOptions {
  /** Where the data of the run lies now. */
  readonly data?: string;
}

/** Everything that a run began with: its space and its controller, where they may be loaded, and its data. */
export async function loadRecordedParts(recorded: RecordedRun, trust: TrustOptions): Promise<SearchParts> {
  const config = permittedParts(recorded, trust);
  const [space, controller] = await Promise.all([loadSpace(config.space.name), loadController(config.controller.name)]);
  return { config, space, controller, data: openRecordedData(recorded) };
}

/** The configuration of a run with the files of its space and controller as they may be loaded. */
export function permittedParts({ run, config }: RecordedRun, trust: TrustOptions): SearchConfig {
  const { space, controller } = config;
  return {
    ...config,
    space: { ...space, name: permitted('space', space.name, run.path, trust) },
    controller: { ...controller, name: permitted('controller', controller.name, run.path, trust) },
  };
}

/**
 * What may be loaded for a recorded name: a shipped space or controller by its name, else the file that the user has named, or the recorded
 * one where the user trusts `where`. Throws WeftError('run') with the path of any other, and for a named file that has changed since the run began.
 */
export function permitted(
  kind: 'space' | 'controller',
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
    `${where} names the ${kind} ${resolve(name)}, which is a file with code: it was not loaded`,
    `if the file is yours, or you have read it, name it with --file ${shellWord(showFile(name))}, or load whatever this run names with --trust`,
  );
}
