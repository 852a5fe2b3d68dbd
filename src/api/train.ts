/** One architecture from scratch, without a search. */
import { checkConfig, mergeConfig, type Override, type RawConfig, withOverrides } from '../config/index.js';
import { isDataCode } from '../data/index.js';
import { openRecorded, permittedParts, type RecordedOptions } from './recorded-run.js';
import { loadRecordedParts } from './recorded-run.js';
import { type SearchParts } from '../search/session.js';
import { partsOf } from './parts.js';
import { runSearch, type SearchOutcome, type SearchRequest } from './search.js';

export interface TrainRequest extends Omit<SearchRequest, 'architecture' | 'data'>, RecordedOptions {
  /** A run from which to take space, data and training; `config` overrides them. */
  readonly run?: string | undefined;
}

/** What a training takes from a run, or from a configuration: space, data, settings. */
export async function trainingParts(
  {
    run,
    trust,
    file,
    data,
    ...request
  }: Pick<TrainRequest, 'run' | 'config' | 'space' | 'controller' | 'followData' | keyof RecordedOptions> & {
    readonly architecture?: string;
  },
  overrides: readonly Override[] = [],
): Promise<SearchParts> {
  const given = (request.config ?? {}) as RawConfig;
  if (run === undefined) {
    // As written, because omitted settings may be derived from the data.
    const config = withOverrides(withSource(given, data), overrides);
    checkConfig(config, { overrides });
    return partsOf({ ...request, config, data: typeof data === 'string' ? undefined : data });
  }
  const { space, controller, parts: own } = request;
  const options: RecordedOptions = { trust, file, data, space, controller, parts: own };
  const recorded = openRecorded(run, options);
  // The architecture was chosen on this data: other data could have its examples in the test part.
  const parts = await loadRecordedParts(recorded, options);
  const config = checkConfig(withOverrides(mergeConfig(permittedParts(recorded, options), given), overrides), {
    overrides,
  });
  return { ...parts, config };
}

/**
 * See `trainArchitecture` in index.ts; `overrides` are fields with the command-line words that set them, for messages.
 */
export async function trainArchitecture(
  architecture: string,
  { run, trust, file, data, ...request }: TrainRequest,
  overrides: readonly Override[] = [],
): Promise<SearchOutcome> {
  const given = (request.config ?? {}) as RawConfig;
  if (run === undefined)
    return runSearch({
      ...request,
      config: withSource(given, data),
      data: typeof data === 'string' ? undefined : data,
      architecture,
    });
  const parts = await trainingParts({ ...request, run, trust, file, data }, overrides);
  const { dataset, space, controller, config } = parts;
  // Data created by a file is named by the configuration, and was found to be loadable.
  const examples = isDataCode(config.data.source) ? undefined : dataset;
  return runSearch({ ...request, space, controller, config, data: examples, architecture });
}

/** The configuration with the given data name or path, if any. */
const withSource = (config: RawConfig, data: TrainRequest['data']): RawConfig =>
  typeof data === 'string' ? mergeConfig(config, { data: { source: data } }) : config;
