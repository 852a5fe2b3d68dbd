/**
 * How many steps of a method fit into the time of one of SGD, and how much memory it takes, side by side in one run.
 */
import { describeBackend, median, type StudySetting, tf } from 'weft-nas';
import { type Cells, stopHere, type training, watchKernels } from 'weft-nas/study';
import { learner, type StudyLearner } from '../shared/learner.js';
import { hasInterval, optimizerFor } from './methods.js';
import { type Source, type Workload, workload } from './workloads.js';

export interface ThroughputOptions {
  readonly models: readonly string[];
  readonly batches: readonly number[];
  readonly intervals: readonly number[];
  readonly methods: readonly string[];
  /** Alternating blocks of each method and SGD, after a warm-up block. */
  readonly blocks: number;
}

/** What the networks are timed on. */
export interface Images {
  /** In words; a cell depends on it. */
  kind(source: Source): string;
  /** The first so many of those that the network is made for. */
  batch(work: Workload, examples: number): training.TensorBatch;
}

/** One method on one network, compared with SGD. */
export interface Throughput {
  readonly model: string;
  readonly batch: number;
  readonly method: string;
  readonly interval: number;
  /** Wall-clock time of a step, of the method and of SGD; medians over the blocks. */
  readonly milliseconds: number;
  readonly sgdMilliseconds: number;
  /**
   * Processor time (on a GPU, where processors only wait for it, time by the clock) of a step of SGD over that of this
   * method in the same round, median over the blocks.
   */
  readonly relative: number;
  /** The same by the clock: another number where other work shares the processor. */
  readonly relativeByClock: number;
  /** Tensor bytes at the peak of a step over those of SGD. */
  readonly memory: number;
}

/**
 * Every method in every setting, each by itself in alternating blocks with SGD, so that what else the machine does
 * concerns both.
 */
export async function measureThroughput(
  { models, batches, intervals, methods, blocks }: ThroughputOptions,
  images: Images,
  cells: Cells,
  setting: StudySetting,
): Promise<Throughput[]> {
  const settings = models.flatMap((model) =>
    batches.flatMap((batch) =>
      methods
        .filter((method) => method !== 'sgd')
        .flatMap((method) =>
          (hasInterval(method) ? intervals : intervals.slice(0, 1)).map((interval) => ({
            model,
            batch,
            method,
            interval,
          })),
        ),
    ),
  );
  const results: Throughput[] = [];
  for (const [place, one] of settings.entries()) {
    const label = `throughput ${place + 1} of ${settings.length}: ${one.model}, batch ${one.batch}, ${one.method} at interval ${one.interval}`;
    const work = await workload(one.model, setting.parts);
    results.push(
      await cells.measured({ ...one, blocks, images: images.kind(work.source), seed: setting.seed }, () =>
        compareWithSgd(one, work, images.batch(work, one.batch), { label, blocks }, setting),
      ),
    );
  }
  return results;
}

async function compareWithSgd(
  { model, batch, method, interval }: Pick<Throughput, 'model' | 'batch' | 'method' | 'interval'>,
  { space, child }: Workload,
  data: training.TensorBatch,
  { label, blocks }: { label: string; blocks: number },
  setting: StudySetting,
): Promise<Throughput> {
  const { seed, watch, progress } = setting;
  // A block holds every kind of step of its method.
  const steps = Math.max(5, hasInterval(method) ? interval : 1);
  // Such a small learning rate that the weights hardly change: all steps are of the same kind.
  const subject = (name: string) => ({
    one: learner(name, child, space, optimizerFor(name, interval, 1e-6), { seed, totalSteps: 1000 }),
    times: [] as number[],
    work: [] as number[],
  });
  const subjects = [subject('sgd'), subject(method)] as const;
  try {
    for (let block = 0; block <= blocks; block++) {
      progress(`${label}, block ${block} of ${blocks}`);
      for (const { one, times, work } of subjects) {
        await stopHere(setting);
        const [start, before] = [watch.elapsed(), watch.processor()];
        // The first block allows for steps to be compiled.
        const count = block === 0 ? Math.max(steps, COMPILED_AFTER) : steps;
        for (let i = 0; i < count; i++) one.learn(data);
        if (block === 0) continue;
        work.push((watch.processor() - before) / steps);
        times.push(((watch.elapsed() - start) * 1000) / steps);
      }
    }
    const [sgd, own] = subjects;
    const [least, peak] = [peakBytes(sgd.one, data, steps), peakBytes(own.one, data, steps)];
    const relativeByClock = median(own.times.map((time, round) => sgd.times[round]! / time));
    const relativeByWork = median(own.work.map((time, round) => sgd.work[round]! / time));
    return {
      model,
      batch,
      method,
      interval,
      milliseconds: median(own.times),
      sgdMilliseconds: median(sgd.times),
      relative: describeBackend().name === 'gpu' ? relativeByClock : relativeByWork,
      relativeByClock,
      memory: peak / least,
    };
  } finally {
    subjects.forEach(({ one }) => one.dispose());
    tf.dispose({ ...data });
  }
}

/** Steps after which every kind of step of an interval of 10 has been recorded twice and run as a session. */
const COMPILED_AFTER = 45;

/**
 * Bytes of a learner's weights and state and of the largest set of tensors that was alive in addition after a kernel of
 * one of its next steps.
 */
function peakBytes(one: StudyLearner, data: training.TensorBatch, steps: number): number {
  const owned = [...Object.values(one.store.parameters), ...Object.values(one.state.tensors)].reduce(
    (sum, { size }) => sum + 4 * size,
    0,
  );
  const before = tf.memory().numBytes;
  let peak = before;
  // The library's own profile does not survive a matrix that will not factor and is tried again.
  watchKernels(
    () => {
      for (let i = 0; i < steps; i++) one.learn(data, 'watched');
    },
    () => (peak = Math.max(peak, tf.memory().numBytes)),
  );
  return owned + peak - before;
}
