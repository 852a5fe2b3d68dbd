/** How many steps of a method fit into the time of one of SGD, and how much memory it takes, side by side in one run. */
import { processorSeconds } from '../../runs/index.js';
import { median } from '../../statistics/index.js';
import { tf } from '../../tensor/tf.js';
import { type TensorBatch } from '../../training/index.js';
import { type StudySetting } from '../contract.js';
import { stopped } from '../run-study.js';
import { hasInterval, optimizerFor } from './methods.js';
import { type Learner, learner } from '../learner.js';
import { workload } from './workloads.js';

export interface ThroughputOptions {
  readonly models: readonly string[];
  readonly batches: readonly number[];
  readonly intervals: readonly number[];
  readonly methods: readonly string[];
  /** Alternating blocks of each method, the first of which does not count. */
  readonly blocks: number;
}

export interface Throughput {
  readonly model: string;
  readonly batch: number;
  readonly method: string;
  readonly interval: number;
  /** By the clock, median over the blocks. */
  readonly milliseconds: number;
  /** Processor time of a step of SGD over that of this method in the same round, median over the blocks. */
  readonly relative: number;
  /** The same by the clock: another number where other work shares the processor. */
  readonly relativeByClock: number;
  /** Tensor bytes at the peak of a step over those of SGD. */
  readonly memory: number;
}

/** Steps of every method in alternating blocks, so that what else the machine does concerns all of them. */
export async function measureThroughput({ models, batches, intervals, methods, blocks }: ThroughputOptions, { seed, watch, progress, shouldStop }: StudySetting): Promise<Throughput[]> {
  const results: Throughput[] = [];
  for (const model of models) {
    for (const batch of batches) {
      const { space, child } = workload(model);
      const data = randomBatch(batch, seed);
      const subjects = [...new Set(['sgd', ...methods])].flatMap((method) => (hasInterval(method) ? intervals : intervals.slice(0, 1)).map((interval) => ({
        method, interval, times: [] as number[], work: [] as number[],
        // So small a rate that a step on random labels leads nowhere.
        learner: learner(method, child, space, optimizerFor(method, interval, 1e-6), { seed, totalSteps: 1000 }),
        // A block holds every kind of step of its method.
        steps: Math.max(5, hasInterval(method) ? interval : 1),
      })));
      for (let block = 0; block <= blocks; block++) {
        for (const { learner: one, times, work, steps, method, interval } of subjects) {
          if (shouldStop()) throw stopped();
          progress(`${model}, batch ${batch}: ${method} at interval ${interval}, block ${block} of ${blocks}`);
          const [start, before] = [watch.elapsed(), processorSeconds()];
          for (let i = 0; i < steps; i++) one.learn(data);
          if (block === 0) continue;
          work.push((processorSeconds() - before) / steps);
          times.push(((watch.elapsed() - start) * 1000) / steps);
        }
      }
      const [sgd] = subjects;
      const peaks: number[] = [];
      for (const { learner: one, steps } of subjects) peaks.push(await peakBytes(one, data, steps));
      subjects.forEach(({ method, interval, times, work, learner: one }, i) => {
        results.push({
          model, batch, method, interval, milliseconds: median(times),
          relative: median(work.map((time, round) => sgd!.work[round]! / time)), relativeByClock: median(times.map((time, round) => sgd!.times[round]! / time)), memory: peaks[i]! / peaks[0]!,
        });
        one.dispose();
      });
      tf.dispose({ ...data });
    }
  }
  return results;
}

/** Bytes of a learner's weights and state and of the largest set of tensors that was alive beside them in one of its next steps. */
async function peakBytes(one: Learner, data: TensorBatch, steps: number): Promise<number> {
  const owned = [...Object.values(one.store.parameters), ...Object.values(one.state.tensors)].reduce((sum, { size }) => sum + 4 * size, 0);
  const before = tf.memory().numBytes;
  const { peakBytes: peak } = await tf.profile((() => {
    for (let i = 0; i < steps; i++) one.learn(data);
  }));
  return owned + Math.max(0, peak - before);
}

function randomBatch(examples: number, seed: number): TensorBatch {
  return {
    inputs: tf.randomUniform([examples, 28, 28, 1], 0, 1, 'float32', seed),
    labels: tf.tensor1d(Int32Array.from({ length: examples }, (_, i) => (i * 7) % 10), 'int32'),
  };
}
