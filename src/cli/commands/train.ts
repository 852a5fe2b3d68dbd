/** `weft train`: one architecture from scratch, without a search. */
import { trainArchitecture, type TrainRequest } from '../../api/train.js';
import { type TrustOptions } from '../../api/trust.js';
import { mergeConfig, parseOverrides, type RawConfig } from '../../config/index.js';
import { createOutput } from '../output.js';
import { type SearchOptions, startSearch, writtenConfig } from './search.js';

/**
 * Trains the architecture in its own run directory, tests it, and reports; with several seeds, in one directory each.
 */
export async function train(
  architecture: string,
  { run, epochs, ...options }: SearchOptions & TrustOptions & { run?: string },
): Promise<void> {
  const { trust, file, data, seed, set, seeds, executor, queue, results = 'runs/jobs' } = options;
  const retrain: RawConfig = epochs === undefined ? {} : { retrain: { epochs } };
  const overrides = run === undefined ? [] : parseOverrides(set);
  const request: Omit<TrainRequest, 'data'> & { data?: string | undefined } =
    run === undefined
      ? { config: mergeConfig(writtenConfig(options), retrain), followData: true }
      : {
          run,
          trust,
          file,
          data,
          config: { ...retrain, ...(seed !== undefined && { seed }) },
        };
  if (seeds === undefined && executor === undefined && queue === undefined)
    return startSearch(options, (watching) => trainArchitecture(architecture, { ...watching, ...request }, overrides));
  const { parseSeeds, trainManySeeds } = await import('./parallel-runs.js');
  await trainManySeeds(
    architecture,
    seeds === undefined ? undefined : parseSeeds(seeds),
    request,
    { ...options, results, overrides },
    createOutput(options),
  );
}
