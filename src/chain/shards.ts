import { WeftError } from '../errors.js';
import { mapNamed } from '../tensor/named.js';
import { type Scalar, tf } from '../tensor/tf.js';
import { type Link } from './link.js';
import { type LossAndGradients } from './loss.js';

/**
 * The mean of `gradient` over several nearly equal parts of the batch (m-sharpness, Foret et al. 2021, section 4.1);
 * only the first part may record. Runs inside a tidy.
 */
export function meanOverShards(
  shards: number,
  batchSize: number | undefined,
  gradient: (examples: readonly number[], record: boolean) => LossAndGradients,
): LossAndGradients {
  if (batchSize === undefined)
    throw new WeftError('unsupported', 'this loss cannot be evaluated on a part of the batch', 'set shards: 1');
  const parts = Math.min(shards, batchSize);
  const bounds = Array.from({ length: parts + 1 }, (_, i) => Math.round((i * batchSize) / parts));
  const results = Array.from({ length: parts }, (_, i) =>
    gradient(
      Array.from({ length: bounds[i + 1]! - bounds[i]! }, (_, j) => bounds[i]! + j),
      i === 0,
    ),
  );
  const shares = results.map((_, i) => tf.scalar((bounds[i + 1]! - bounds[i]!) / batchSize));
  return {
    loss: tf.addN(results.map(({ loss }, i) => tf.mul(loss, shares[i]!))) as Scalar,
    gradients: mapNamed(results[0]!.gradients, (_, name) =>
      tf.addN(results.map(({ gradients }, i) => tf.mul(gradients[name]!, shares[i]!))),
    ),
  };
}

/** Number of examples in the smallest part of a batch that these links take a gradient of, and the link that does. */
export function smallestPart(links: readonly Link[], batchSize: number): { examples: number; link?: string } {
  const sharded = links.find(({ shards = 1 }) => shards > 1);
  // The parts are nearly equal, see `meanOverShards`.
  const shard = Math.floor(batchSize / Math.min(sharded?.shards ?? 1, batchSize));
  return links.reduce<{ examples: number; link?: string }>(
    (smallest, { name, smallestPart: own }) => {
      const examples = own?.(shard) ?? shard;
      return examples < smallest.examples ? { examples, link: name } : smallest;
    },
    { examples: shard, ...(sharded && { link: sharded.name }) },
  );
}

/** The error for capturing layers on a part of the batch. */
export const refusedCapture = (): WeftError =>
  new WeftError(
    'unsupported',
    'a preconditioner that captures layers cannot be used with a batch in several parts',
    'set shards: 1, or leave the preconditioner out',
  );
