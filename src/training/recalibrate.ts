/** Re-estimates the running statistics of a finished network. */
import { type Child } from '../supernet/child.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { writeSlice } from '../supernet/slices.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type BatchSource, withBatch } from './batch.js';

/**
 * Replaces the child's running statistics by the mean of the batch statistics over `steps` batches with
 * the final weights: "precise" batch normalization (Wu & Johnson 2021, section 3). Nothing needs to be
 * averaged during training, so a training step has no side effect on statistics.
 */
export function recalibrate(child: Child, store: ParameterStore, source: BatchSource, steps: number): void {
  const taken = Math.min(steps, source.steps);
  const sums: Record<string, Tensor> = {};
  for (let step = 0; step < taken; step++) {
    withBatch(source, 0, step, (batch) =>
      tf.tidy(() => {
        const record = (name: string, value: Tensor): void => {
          const before = sums[name];
          sums[name] = tf.keep(before ? tf.add(before, value) : tf.clone(value));
          before?.dispose();
        };
        child.forward(store.parameters, store.statistics, batch.inputs, {
          training: false,
          normalization: 'batch',
          record,
        });
      }),
    );
  }
  store.assign(
    Object.fromEntries(
      Object.entries(sums).map(([name, sum]) => [
        name,
        tf.tidy(() => writeSlice(store.statistics[name]!, { shape: sum.shape, initial: 0 }, tf.div(sum, taken))),
      ]),
    ),
  );
  tf.dispose(Object.values(sums));
}
