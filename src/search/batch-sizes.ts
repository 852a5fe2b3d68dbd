/** Checks the size of every batch of a search before it begins, so that none fails after hours. */
import { type SearchConfig } from '../config/schema.js';
import { type Trainer } from '../chain/chain.js';
import { type SearchSpace } from '../graph/define-space.js';
import { fewestExamplesIn } from '../graph/fewest-examples.js';
import { requireExamples } from '../training/batch-size.js';
import { type SearchBatches } from './data.js';
import { comparesEpochs } from './kept-epoch.js';

export interface BatchSizes {
  readonly config: SearchConfig;
  readonly space: SearchSpace;
  readonly data: SearchBatches;
  /** The optimizers of both trainings. */
  readonly search: Trainer;
  readonly retrain: Trainer;
}

/** Throws WeftError('config') that names the field of a batch that is too small for batch normalization. */
export function checkBatchSizes({ config, space, data, search, retrain }: BatchSizes): void {
  const shared = fewestExamplesIn(space.supernet);
  const final = fewestExamplesIn(space.forRetraining().supernet);
  const watched = config.search.regularizer.name !== 'none' || config.forgetting.measure === true;
  const ofPart = (field: string, part: string): string => `the batch size by ${field} and the ${part} part`;
  for (const use of [
    { batch: 'search.batchSize', examples: data.train.smallest, trainer: search },
    { batch: ofPart('search.rewardBatchSize', 'validation'), examples: data.reward.smallest },
    { batch: ofPart('derive.batchSize', 'validation'), examples: data.derive.smallest },
    { batch: ofPart('forgetting.batchSize', 'validation'), examples: watched ? data.revisited.smallest : undefined },
    { batch: ofPart('search.regularizer.fisher.examples', 'Fisher'), examples: data.fisher?.smallest },
  ])
    requireExamples(shared, use);
  requireExamples(final, { batch: 'retrain.batchSize', examples: data.retrain.smallest, trainer: retrain });
  requireObserved(final, data.validation, retrain);
  if (config.retrain.epochs > 0 && comparesEpochs(config.retrain))
    requireExamples(final, {
      batch: `the last batch of the ${data.validation.count} validation examples, by which epochs of retraining are compared,`,
      examples: data.validation.smallest,
    });
}

/**
 * An optimizer that follows the validation loss evaluates the validation part with batch statistics, including its last
 * batch.
 */
export function requireObserved(
  fewest: Parameters<typeof requireExamples>[0],
  { count, smallest }: SearchBatches['validation'],
  trainer: Trainer,
): void {
  const following = trainer.links.find(({ observe }) => observe);
  if (following)
    requireExamples(fewest, {
      batch: `the last batch of the ${count} validation examples, whose loss '${following.name}' follows,`,
      examples: smallest,
    });
}
