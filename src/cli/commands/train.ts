/** `weft train`: one architecture from scratch, without a search. */
import { trainArchitecture } from '../../api/train.js';
import { type TrustOptions } from '../../api/trust.js';
import {
  checkConfig,
  mergeConfig,
  parseOverrides,
  type RawConfig,
  type SearchConfigInput,
} from '../../config/index.js';
import { resolveConfig, type SearchOptions, startSearch } from './search.js';

/** Trains the architecture in a run directory of its own, tests it, and reports. */
export async function train(
  architecture: string,
  { run, epochs, ...options }: SearchOptions & TrustOptions & { run?: string },
): Promise<void> {
  const retrain: RawConfig = epochs === undefined ? {} : { retrain: { epochs } };
  if (run === undefined) {
    const config = checkConfig(mergeConfig(resolveConfig(options), retrain));
    return startSearch(options, (watching) => trainArchitecture(architecture, { ...watching, config }));
  }
  const { trust, file, data, seed, set } = options;
  const config = { ...retrain, ...(seed !== undefined && { seed }) } as SearchConfigInput;
  const overrides = parseOverrides(set);
  return startSearch(options, (watching) =>
    trainArchitecture(architecture, { ...watching, run, trust, file, data, config }, overrides),
  );
}
