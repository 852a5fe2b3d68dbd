/** What a run recorded of what it began with: its configuration, and data that must still be what it was. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkConfig, type SearchConfig } from '../config/index.js';
import { type Dataset, datasetNames, isInMemory, textNames } from '../data/index.js';
import { WeftError } from '../errors.js';
import { openRun, type Run } from '../runs/index.js';
import { openData, type SearchData } from '../search/data.js';
import { checkSameData } from '../search/recorded-data.js';

export interface RecordedRun {
  readonly run: Run;
  readonly config: SearchConfig;
  /** The backend that the run began with, which its continuation needs too. */
  readonly backend: SearchConfig['backend'];
}

/** Opens a run whose data may have moved to `data`. */
export function openRecorded(directory: string, { data }: { readonly data?: string | undefined } = {}): RecordedRun {
  const run = openRun(directory);
  const config = checkConfig(run.config);
  return {
    run,
    config: data === undefined ? config : { ...config, data: { ...config.data, ...moved(config.data.source, data) } },
    backend: (run.manifest.facts['backend'] as SearchConfig['backend']) ?? config.backend,
  };
}

/** The data of a run, or `dataset`, which a program has in its memory, checked to be what it was. */
export function openRecordedData({ run, config }: RecordedRun, dataset?: Dataset): SearchData {
  const { source } = config.data;
  if (!dataset && isPath(source) && !existsSync(source))
    throw new WeftError(
      'data',
      `the data of ${run.path} is no longer at ${source}`,
      'say where it lies now: --data PATH (its content must be the same)',
    );
  const data = openData(config, dataset);
  checkSameData(run, data);
  return data;
}

/** Data that is known by its name lies in a folder of its own, but for the embedded one; any other is its path. */
function moved(source: string, data: string): Pick<SearchConfig['data'], 'source' | 'path'> {
  if (!isPath(data)) return { source: data };
  return isPath(source) || source === EMBEDDED ? { source: resolve(data) } : { source, path: resolve(data) };
}

const EMBEDDED = 'digits';

const isPath = (source: string): boolean =>
  !datasetNames.includes(source) && !textNames.includes(source) && !isInMemory(source);
