/** Test accuracy during training, for the number of steps to a target. */
import { type StudySetting, type z } from 'weft-nas';
import { type augmentSchema, batches, type Cells, type PreparedData, stopHere, training } from 'weft-nas/study';
import { learner } from '../shared/learner.js';
import { optimizerFor } from './methods.js';
import { type Source, type Workload, workload } from './workloads.js';

export type AugmentOptions = z.output<typeof augmentSchema>;

/** The training settings of a method. */
export interface Training {
  /** Peak learning rate. */
  readonly rate: number;
  readonly batch: number;
  readonly epochs: number;
  readonly interval: number;
  readonly damping?: number | undefined;
}

export interface AccuracyOptions {
  readonly models: readonly string[];
  /** By method. */
  readonly trainings: Readonly<Record<string, Training>>;
  readonly augment: AugmentOptions;
  readonly smoothing: number;
  /** Number of steps between test evaluations. */
  readonly every: number;
}

export interface Curve {
  readonly model: string;
  readonly method: string;
  readonly batch: number;
  readonly epochs: number;
  readonly points: readonly { readonly step: number; readonly accuracy: number; readonly loss: number }[];
  readonly final: number;
}

/**
 * Every method on every network whose data are there, from the same weights over the same batches; the rate falls to
 * zero along a cosine over its epochs.
 */
export async function measureAccuracy(
  options: AccuracyOptions,
  dataOf: (source: Source) => PreparedData | undefined,
  cells: Cells,
  setting: StudySetting,
): Promise<Curve[]> {
  const { seed, parts, progress } = setting;
  const { models, trainings, augment, smoothing, every } = options;
  const trained = async (
    model: string,
    { space, child }: Workload,
    { train, test }: Sources,
    method: string,
    { rate, batch: size, epochs, interval, damping }: Training,
  ): Promise<Curve> => {
    const totalSteps = epochs * train.steps;
    const one = learner(method, child, space, optimizerFor(method, interval, rate, damping), {
      seed,
      totalSteps,
      smoothing,
    });
    const points: { step: number; accuracy: number; loss: number }[] = [];
    try {
      for (let step = 0; step < totalSteps; step++) {
        await stopHere(setting);
        training.withBatch(train, Math.floor(step / train.steps), step % train.steps, (batch) => one.learn(batch));
        if ((step + 1) % every !== 0 && step + 1 !== totalSteps) continue;
        const tested = training.evaluateChild(child, one.store, test, training.SHARED_EVALUATION);
        const accuracy = training.requireAccuracy(tested);
        points.push({ step: step + 1, accuracy, loss: tested.loss });
        progress(
          `${model} by ${method}: step ${step + 1} of ${totalSteps}, test accuracy ${(100 * accuracy).toFixed(1)} %`,
        );
      }
    } finally {
      one.dispose();
    }
    return { model, method, batch: size, epochs, points, final: points.at(-1)!.accuracy };
  };
  const curves: Curve[] = [];
  for (const model of models) {
    const work = await workload(model, parts);
    const data = dataOf(work.source);
    if (!data) continue;
    for (const [method, training] of Object.entries(trainings)) {
      const sources = sourcesOf(data, { batchSize: training.batch, augment, seed });
      const key = {
        curve: model,
        method,
        ...training,
        augment,
        smoothing,
        every,
        train: sources.train.count,
        test: sources.test.count,
        data: data.record.splits, // what is in them: other images are measured anew
        seed,
      };
      curves.push(await cells.measured(key, () => trained(model, work, sources, method, training)));
    }
  }
  return curves;
}

interface Sources {
  readonly train: training.BatchSource;
  readonly test: training.BatchSource;
}

function sourcesOf(
  { splits, normalization }: PreparedData,
  { batchSize, augment, seed }: { batchSize: number; augment: AugmentOptions; seed: number },
): Sources {
  return {
    train: training.exampleSource(batches(splits.train, { seed, normalization, batchSize, augment: augment })),
    test: training.exampleSource(
      batches(splits.test, { seed, normalization, batchSize: 500, shuffle: false, last: 'keep' }),
    ),
  };
}

/** The first step at which a curve has reached an accuracy, if any. */
export function stepsTo({ points }: Curve, accuracy: number): number | undefined {
  return points.find((point) => point.accuracy >= accuracy)?.step;
}
