/** Reads from a run what a command needs: its configuration, and through it code and data that must be unchanged. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkConfig, renameOwnParts, type SearchConfig } from '../config/index.js';
import { type ControllerFactory } from '../controller/contract.js';
import {
  type Dataset,
  datasetNames,
  decoderLike,
  isDataCode,
  isInMemory,
  recordedDecoder,
  sayDecoders,
  textNames,
} from '../data/index.js';
import { WeftError } from '../errors.js';
import { type SpaceFactory } from '../graph/define-space.js';
import { type OwnPart, type OwnProxy } from '../parts/own.js';
import { openRun, type Run } from '../runs/index.js';
import { openData, type SearchData } from '../search/data.js';
import { recordedSpace } from '../search/model.js';
import { checkSameData, compareData } from '../search/recorded-data.js';
import { type SearchParts } from '../search/session.js';
import { datasetFrom, type GivenData } from './memory-data.js';
import { loadController, loadData, loadOwnParts, loadSpace } from './registry.js';
import { permitted, type TrustOptions } from './trust.js';

/** Options of every command that needs the space of a run. */
export interface SpaceOptions extends TrustOptions {
  /**
   * The space that the run searched, as a value or by name or file; by default the one that the run names, if it may be
   * loaded.
   */
  readonly space?: SpaceFactory | string | undefined;
}

/** Options of every command that needs everything a run was started with. */
export interface RecordedOptions extends SpaceOptions {
  /** The controller of the run, in the same way. */
  readonly controller?: ControllerFactory | string | undefined;
  /** Your own optimizers, preconditioners, regularizers and proxies that the run was started with. */
  readonly parts?: readonly (OwnPart | OwnProxy)[] | undefined;
  /** The data if it was in memory, or its path if it was moved; its content must be the same. */
  readonly data?: string | GivenData | undefined;
  /** Called with the number of images read so far and the total, while a data set is opened. */
  readonly onRead?: ((done: number, total: number) => void) | undefined;
}

export interface RecordedRun {
  readonly run: Run;
  readonly config: SearchConfig;
  /** The backend that the run was started with, which its continuation needs too. */
  readonly backend: SearchConfig['backend'];
}

/** Opens a run whose data may have moved to `data`. */
export function openRecorded(directory: string, { data }: Pick<RecordedOptions, 'data'> = {}): RecordedRun {
  const run = openRun(directory);
  const config = checkConfig(run.config);
  const facts = run.manifest.facts['data'] as object | undefined;
  const decoder = config.data.decoder ?? decoderLike(recordedDecoder(facts ?? {}));
  return {
    run,
    config: {
      ...config,
      data: {
        ...config.data,
        ...(decoder && { decoder }),
        ...(typeof data === 'string' && moved(config.data.source, data)),
      },
    },
    backend: (run.manifest.facts['backend'] as SearchConfig['backend']) ?? config.backend,
  };
}

/**
 * The data of a run, or `dataset` from memory, checked to be unchanged. `onWarning`, if given, is called for images
 * that another decoder now reads, which are otherwise rejected.
 */
export function openRecordedData(
  recorded: RecordedRun,
  dataset?: Dataset,
  {
    onRead,
    onWarning,
  }: Pick<RecordedOptions, 'onRead'> & { readonly onWarning?: ((message: string) => void) | undefined } = {},
): SearchData {
  const { run, config } = recorded;
  const { source } = config.data;
  if (!dataset && isPath(source) && !existsSync(source))
    throw new WeftError(
      'data',
      `the data of ${run.path} is no longer at ${source}`,
      'name its new place: --data PATH (its content must be the same)',
    );
  const data = openData(config, dataset, { onProgress: onRead });
  if (onWarning) warnOfDecoders(recorded, data, onWarning);
  else checkSameData(run, data);
  return data;
}

/** Throws WeftError('data') for data that is not the run's; calls `onWarning` if only the decoder differs. */
export function warnOfDecoders({ run }: RecordedRun, data: SearchData, onWarning: (message: string) => void): void {
  const decoders = compareData(run, data);
  if (decoders) onWarning(sayDecoders(run.path, decoders));
}

/** The same for data given by path, in memory, or by code that may be loaded. */
export async function loadRecordedData(
  recorded: RecordedRun,
  { onWarning, ...options }: DataOptions & { readonly onWarning?: ((message: string) => void) | undefined },
): Promise<SearchData> {
  return openRecordedData(recorded, await recordedDataset(recorded, options), { onWarning });
}

type DataOptions = Pick<RecordedOptions, 'data' | 'trust' | 'file'>;

/** The data of a run if it is in memory, or created by a user's file. */
async function recordedDataset(
  { run, config }: RecordedRun,
  { data, ...trust }: DataOptions,
): Promise<Dataset | undefined> {
  if (typeof data === 'object') return datasetFrom(data);
  const { source } = config.data;
  if (!isDataCode(source)) return undefined;
  return datasetFrom(await loadData(data === undefined ? permitted('data set', source, run.path, trust) : source));
}

/** Everything that a run was started with: its space and its controller, if they may be loaded, and its data. */
export async function loadRecordedParts(recorded: RecordedRun, options: RecordedOptions): Promise<SearchParts> {
  const config = permittedParts(recorded, options);
  const { data, trust, file } = options;
  const dataset = await recordedDataset(recorded, { data, trust, file });
  const own = await loadOwnParts(config, options.parts);
  const [space, controller] = await Promise.all([
    loadSpace(options.space ?? config.space.name),
    loadController(options.controller ?? config.controller.name),
  ]);
  return {
    config,
    space,
    controller,
    data: openRecordedData(recorded, dataset, { onRead: options.onRead }),
    ...(dataset && { dataset }),
    ...(own && { own }),
  };
}

/**
 * The configuration of a run with its space and controller files as they may be loaded; given ones need no permission.
 */
export function permittedParts({ run, config }: RecordedRun, options: Omit<RecordedOptions, 'data'>): SearchConfig {
  const nameOf = (kind: 'space' | 'controller'): string => {
    const given = options[kind];
    if (typeof given === 'string') return given;
    return given ? config[kind].name : permitted(kind, config[kind].name, run.path, options);
  };
  const given = new Set(options.parts?.map(({ name }) => name));
  const named = {
    ...config,
    space: { ...config.space, name: nameOf('space') },
    controller: { ...config.controller, name: nameOf('controller') },
  };
  return renameOwnParts(named, (kind, part) => (given.has(part) ? part : permitted(kind, part, run.path, options)));
}

/** The space that a run's configuration names, if it may be loaded. */
export async function spaceOfRun(directory: string, { space, ...trust }: SpaceOptions): Promise<SpaceFactory> {
  if (space !== undefined) return loadSpace(space);
  const { path, config } = openRun(directory);
  return loadSpace(permitted('space', checkConfig(config).space.name, path, trust));
}

/** The space that the network of a run belongs to, if it may be loaded. */
export async function spaceOfModel(run: string, { space, ...trust }: SpaceOptions): Promise<SpaceFactory> {
  return loadSpace(space ?? permitted('space', recordedSpace(run), run, trust));
}

/** Data known by name is in a separate folder, except for the embedded data; any other name is a path. */
function moved(source: string, data: string): Pick<SearchConfig['data'], 'source' | 'path'> {
  if (!isPath(data)) return { source: data };
  return isPath(source) || source === EMBEDDED ? { source: resolve(data) } : { source, path: resolve(data) };
}

const EMBEDDED = 'digits';

const isPath = (source: string): boolean =>
  !datasetNames.includes(source) && !textNames.includes(source) && !isInMemory(source);
