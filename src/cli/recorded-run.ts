/**
 * What a command takes from a run: its configuration, and from there code and data. A run is data that may come from anywhere, so no code
 * that it names is loaded unless the user names the file too or trusts the run; and its data must be what it was.
 */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { checkConfig, type SearchConfig } from '../config/index.js';
import { datasetNames, textNames } from '../data/index.js';
import { WeftError } from '../errors.js';
import { isOwnFile } from '../jobs/files.js';
import { openRun, type Run } from '../runs/index.js';
import { openData, type SearchData } from '../search/data.js';
import { checkSameData } from '../search/recorded-data.js';
import { backendOf } from '../search/run-search.js';
import { type SearchParts } from '../search/session.js';
import { loadController, loadSpace } from './registry.js';

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

export interface RecordedRun {
  readonly run: Run;
  readonly config: SearchConfig;
  /** The backend that the run began with. */
  readonly backend: SearchConfig['backend'];
}

/** Opens a run whose data may have moved to `data`. */
export function openRecorded(directory: string, { data }: Pick<RecordedOptions, 'data'> = {}): RecordedRun {
  const run = openRun(directory);
  const config = checkConfig(run.config);
  return {
    run,
    config: data === undefined ? config : { ...config, data: { ...config.data, ...moved(config.data.source, data) } },
    backend: backendOf(run, config),
  };
}

/** The data of a run, checked to be what it was. */
export function openRecordedData({ run, config }: RecordedRun): SearchData {
  const { source } = config.data;
  if (isPath(source) && !existsSync(source))
    throw new WeftError(
      'data',
      `the data of ${run.path} is no longer at ${source}`,
      'say where it lies now: --data PATH (its content must be the same)',
    );
  const data = openData(config);
  checkSameData(run, data);
  return data;
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
 * one where the user trusts `where`. Throws WeftError('run') with the path of any other.
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
  if (named !== undefined) return resolve(named);
  if (trust) return name;
  throw new WeftError(
    'run',
    `${where} names the ${kind} ${resolve(name)}, which is a file with code: it was not loaded`,
    `if the file is yours, or you have read it, name it with --file ${basename(name)}, or load whatever this run names with --trust`,
  );
}

/** Data that is known by its name lies in a folder of its own, but for the embedded one; any other is its path. */
function moved(source: string, data: string): Pick<SearchConfig['data'], 'source' | 'path'> {
  if (!isPath(data)) return { source: data };
  return isPath(source) || source === EMBEDDED ? { source: resolve(data) } : { source, path: resolve(data) };
}

const EMBEDDED = 'digits';

const isPath = (source: string): boolean => !datasetNames.includes(source) && !textNames.includes(source);
