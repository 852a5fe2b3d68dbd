/** `weft train`: one architecture from scratch, without a search. */
import { checkConfig, mergeConfig, parseOverrides, type RawConfig, withOverrides } from '../../config/index.js';
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
  const overrides = parseOverrides(options.set);
  const under = mergeConfig(permittedParts(recorded, options), ownEpochs);
  const config = checkConfig(mergeConfig(withOverrides(under, overrides), { seed: options.seed }), { overrides });
  return startSearch(config, options, architecture);
}
