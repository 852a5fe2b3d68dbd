import { WeftError } from '../errors.js';
import { disposeNamed, mapNamed } from '../tensor/named.js';
import { type Scalar, tf, tidy } from '../tensor/tf.js';
import { type Evaluate, type LossAndGradients } from './trainer.js';

/** The mean of what `evaluate` gives on each of several nearly equal parts of the batch; the first part alone may record. */
export function inShards(evaluate: Evaluate, shards: number, batchSize: number | undefined): Evaluate {
  if (shards === 1) return evaluate;
  if (batchSize === undefined)
    throw new WeftError('unsupported', 'this loss cannot be evaluated on a part of the batch', 'set shards: 1');
  const parts = Math.min(shards, batchSize);
  const bounds = Array.from({ length: parts + 1 }, (_, i) => Math.round((i * batchSize) / parts));
  return (parameters, { record, capture }) => {
    if (capture)
      throw new WeftError(
        'unsupported',
        'a preconditioner that looks at the layers of a batch in several parts',
        'set shards: 1, or leave the preconditioner out',
      );
    const results: LossAndGradients[] = [];
    try {
      for (let i = 0; i < parts; i++) {
        const examples = Array.from({ length: bounds[i + 1]! - bounds[i]! }, (_, j) => bounds[i]! + j);
        results.push(evaluate(parameters, { record: record && i === 0, examples }));
      }
      return tidy(() => {
        const shares = results.map((_, i) => tf.scalar((bounds[i + 1]! - bounds[i]!) / batchSize));
        return {
          loss: tf.addN(results.map(({ loss }, i) => tf.mul(loss, shares[i]!))) as Scalar,
          gradients: mapNamed(results[0]!.gradients, (_, name) =>
            tf.addN(results.map(({ gradients }, i) => tf.mul(gradients[name]!, shares[i]!))),
          ),
        };
      });
    } finally {
      for (const { loss, gradients } of results) {
        loss.dispose();
        disposeNamed(gradients);
      }
    }
  };
}
