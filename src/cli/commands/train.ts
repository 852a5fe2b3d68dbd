/** `weft train`: one architecture from scratch, without a search. */
import { checkConfig, mergeConfig, type RawConfig } from '../../config/index.js';
import { parseOverride } from '../../config/load.js';
import { openRun } from '../../runs/index.js';
import { resolveConfig, type SearchOptions, startSearch } from './search.js';

/** Trains the architecture in a run directory of its own, tests it, and reports. */
export async function train(
  architecture: string,
  { run, epochs, ...options }: SearchOptions & { run?: string },
): Promise<void> {
  const ownEpochs: RawConfig = epochs === undefined ? {} : { retrain: { epochs } };
  const config =
    run === undefined
      ? checkConfig(mergeConfig(resolveConfig(options), ownEpochs))
      : checkConfig(
          [
            ownEpochs,
            ...(options.set ?? []).map(parseOverride),
            options.seed === undefined ? {} : { seed: options.seed },
          ].reduce(mergeConfig, openRun(run).config as RawConfig),
        );
  await startSearch(config, options, architecture);
}
