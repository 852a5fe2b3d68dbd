/** The space of a run whose networks are drawn for viewing. */
import { checkConfig } from '../config/index.js';
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/index.js';
import { openRun } from '../runs/index.js';
import { spaceOfRun } from './recorded-run.js';
import { searchedSpace } from './report.js';

/**
 * A space shipped with Weft; undefined if it is defined by a code file, which viewing a run does not load, and if the
 * run does not say enough.
 */
export async function spaceToDraw(directory: string): Promise<SearchSpace | undefined> {
  try {
    const { config, manifest } = openRun(directory);
    if (manifest.facts['data'] === undefined) return undefined;
    return searchedSpace(await spaceOfRun(directory, {}), checkConfig(config), manifest.facts);
  } catch (error) {
    if (error instanceof WeftError) return undefined;
    throw error;
  }
}
