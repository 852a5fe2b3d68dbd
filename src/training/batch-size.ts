/** Refuses batches that are too small for the network's batch normalization, before anything is trained on them. */
import { type Trainer } from '../chain/chain.js';
import { smallestPart } from '../chain/shards.js';
import { WeftError } from '../errors.js';
import { type FewestExamples } from '../graph/fewest-examples.js';

export interface BatchUse {
  /** The configuration field that sets the batch size, or another name for the batch. */
  readonly batch: string;
  /** Number of examples in the batch; if unknown, nothing is checked. */
  readonly examples: number | undefined;
  /** The optimizer, which takes gradients of the batch or of parts of it. */
  readonly trainer?: Pick<Trainer, 'links'> | undefined;
}

/**
 * Throws WeftError('config') if a batch, or a part of it whose gradient the optimizer takes, has fewer examples than
 * normalization needs.
 */
export function requireExamples(
  { examples: fewest, node }: FewestExamples,
  { batch, examples, trainer }: BatchUse,
): void {
  if (examples === undefined) return;
  const { examples: part, link = '' } = smallestPart(trainer?.links ?? [], examples);
  if (part >= fewest) return;
  const why = `the batch normalization at '${node}' has one value per example in each channel, so that for a single example only the offset remains`;
  if (examples < fewest)
    throw new WeftError('config', `${batch} is ${examples}: ${why}`, `use at least ${fewest} examples`);
  throw new WeftError(
    'config',
    `${batch} is ${examples}, but '${link}' computes gradients of only ${part} of them: ${why}`,
    'use a larger batch, fewer shards, or a larger share of the examples (gamma)',
  );
}
