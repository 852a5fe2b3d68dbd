/** One architecture from scratch, without a search. */
import { checkConfig, mergeConfig, type Override, type RawConfig, withOverrides } from '../config/index.js';
import { openRecorded, permittedParts, type RecordedOptions } from './recorded-run.js';
import { loadRecordedParts } from './recorded-run.js';
import { runSearch, type SearchOutcome, type SearchRequest } from './search.js';

export interface TrainRequest extends Omit<SearchRequest, 'architecture' | 'data'>, RecordedOptions {
  /** A run whose space, data and training it takes; `config` says what differs. */
  readonly run?: string | undefined;
}

/** See `trainArchitecture` in index.ts; `overrides` are fields with the words that gave them, for messages. */
export async function trainArchitecture(
  architecture: string,
  { run, trust, file, data, ...request }: TrainRequest,
  overrides: readonly Override[] = [],
): Promise<SearchOutcome> {
  const given = (request.config ?? {}) as RawConfig;
  if (run === undefined) {
    if (typeof data !== 'string') return runSearch({ ...request, data, architecture });
    return runSearch({ ...request, config: mergeConfig(given, { data: { source: data } }), architecture });
  }
  const options: RecordedOptions = { trust, file, data, space: request.space, controller: request.controller };
  const recorded = openRecorded(run, options);
  // The architecture was chosen on this data: other data could have its examples in the test part.
  const { dataset, space, controller } = await loadRecordedParts(recorded, options);
  const config = checkConfig(withOverrides(mergeConfig(permittedParts(recorded, options), given), overrides), {
    overrides,
  });
  return runSearch({ ...request, space, controller, config, data: dataset, architecture });
}
