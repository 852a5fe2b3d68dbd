/** Batches that are too small for the network's batch normalization are refused before anything is trained on them. */
import { type Trainer } from '../chain/chain.js';
import { smallestPart } from '../chain/shards.js';
import { WeftError } from '../errors.js';
import { type FewestExamples } from '../graph/fewest-examples.js';

export interface BatchUse {
  /** The field of a configuration that says how large the batch is, or what else it is. */
  readonly batch: string;
  /** Examples in the batch; nothing is checked where that is not known. */
  readonly examples: number | undefined;
  /** The optimizer that takes gradients of the batch, or of parts of it. */
  readonly trainer?: Pick<Trainer, 'links'> | undefined;
}

/** Throws WeftError('config') where a batch, or a part of it that the optimizer takes alone, has fewer examples than normalization needs. */
export function requireExamples(
  { examples: fewest, node }: FewestExamples,
  { batch, examples, trainer }: BatchUse,
): void {
  if (examples === undefined) return;
  const { examples: part, link = '' } = smallestPart(trainer?.links ?? [], examples);
  if (part >= fewest) return;
  const why = `the batch normalization at '${node}' has one value an example in each channel, so that of a single example nothing but the offset remains`;
  if (examples < fewest)
    throw new WeftError('config', `${batch} is ${examples}: ${why}`, `use at least ${fewest} examples`);
  throw new WeftError(
    'config',
    `${batch} is ${examples}, but '${link}' computes gradients of only ${part} of them: ${why}`,
    'use a larger batch, fewer shards, or a larger share of the examples (gamma)',
  );
}
