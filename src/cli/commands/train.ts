/** `weft train`: one architecture from scratch, without a search. */
import { checkConfig, mergeConfig, type RawConfig } from '../../config/index.js';
import { parseOverride } from '../../config/load.js';
import { openRecorded, openRecordedData, permittedParts, type RecordedOptions } from '../recorded-run.js';
import { resolveConfig, type SearchOptions, startSearch } from './search.js';

/** Trains the architecture in a run directory of its own, tests it, and reports. */
export async function train(
  architecture: string,
  { run, epochs, ...options }: SearchOptions & RecordedOptions & { run?: string },
): Promise<void> {
  const ownEpochs: RawConfig = epochs === undefined ? {} : { retrain: { epochs } };
  if (run === undefined)
    return startSearch(checkConfig(mergeConfig(resolveConfig(options), ownEpochs)), options, architecture);
  const recorded = openRecorded(run, options);
  openRecordedData(recorded); // the architecture was chosen on it: other data could have its examples in the test part
  const config = checkConfig(
    [
      ownEpochs,
      ...(options.set ?? []).map(parseOverride),
      options.seed === undefined ? {} : { seed: options.seed },
    ].reduce(mergeConfig, permittedParts(recorded, options) as unknown as RawConfig),
  );
  return startSearch(config, options, architecture);
}
