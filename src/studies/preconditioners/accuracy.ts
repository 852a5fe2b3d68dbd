/** Test accuracy along the training, for steps to a target. */
import { type z } from 'zod';
import { type augmentSchema } from '../../config/index.js';
import { batches, batchTensors, type PreparedData } from '../../data/index.js';
import { defined } from '../../search/defined.js';
import { evaluateChild, SHARED_EVALUATION, withBatch } from '../../training/index.js';
import { type BatchSource } from '../../training/batch.js';
import { type Cells } from '../cells.js';
import { type StudySetting } from '../contract.js';
import { stopHere } from '../run-study.js';
import { optimizerFor } from './methods.js';
import { learner } from '../learner.js';
import { type Source, type Workload, workload } from './workloads.js';

export type AugmentOptions = z.output<typeof augmentSchema>;

export interface AccuracyOptions {
  readonly models: readonly string[];
  readonly methods: readonly string[];
  readonly rates: Readonly<Record<string, number>>;
  readonly batchSize: number;
  readonly epochs: number;
  /** Epochs of methods that are trained for others. */
  readonly epochsOf: Readonly<Record<string, number>>;
  readonly augment: AugmentOptions;
  readonly interval: number;
  /** Steps from one look at the test part to the next. */
  readonly every: number;
}

export interface Curve {
  readonly model: string;
  readonly method: string;
  readonly epochs: number;
  readonly points: readonly { readonly step: number; readonly accuracy: number; readonly loss: number }[];
  readonly final: number;
}

/** Every method on every network whose data are there, from the same weights over the same batches; the rate falls to zero along a cosine over its epochs. */
export async function measureAccuracy(options: AccuracyOptions, dataOf: (source: Source) => PreparedData | undefined, cells: Cells, setting: StudySetting): Promise<Curve[]> {
  const { seed, parts, progress } = setting;
  const { models, methods, rates, batchSize, augment, interval, every } = options;
  const trained = async (model: string, { space, child }: Workload, { train, test }: Sources, method: string, rate: number, epochs: number): Promise<Curve> => {
    const totalSteps = epochs * train.steps;
    const one = learner(method, child, space, optimizerFor(method, interval, rate), { seed, totalSteps });
    const points: { step: number; accuracy: number; loss: number }[] = [];
    try {
      for (let step = 0; step < totalSteps; step++) {
        await stopHere(setting);
        withBatch(train, Math.floor(step / train.steps), step % train.steps, (batch) => one.learn(batch));
        if ((step + 1) % every !== 0 && step + 1 !== totalSteps) continue;
        const { accuracy, loss } = evaluateChild(child, one.store, test, SHARED_EVALUATION);
        points.push({ step: step + 1, accuracy, loss });
        progress(`${model} by ${method}: step ${step + 1} of ${totalSteps}, test accuracy ${(100 * accuracy).toFixed(1)} %`);
      }
    } finally {
      one.dispose();
    }
    return { model, method, epochs, points, final: points.at(-1)!.accuracy };
  };
  const curves: Curve[] = [];
  for (const model of models) {
    const work = await workload(model, parts);
    const data = dataOf(work.source);
    if (!data) continue;
    const sources = sourcesOf(data, { batchSize, augment, seed });
    for (const method of methods) {
      const rate = rates[method] ?? rates['sgd']!;
      const epochs = options.epochsOf[method] ?? options.epochs;
      const key = { curve: model, method, rate, batchSize, epochs, augment, interval, every, train: sources.train.count, test: sources.test.count, seed };
      curves.push(await cells.measured(key, () => trained(model, work, sources, method, rate, epochs)));
    }
  }
  return curves;
}

interface Sources {
  readonly train: BatchSource;
  readonly test: BatchSource;
}

function sourcesOf({ splits, normalization }: PreparedData, { batchSize, augment, seed }: { batchSize: number; augment: AugmentOptions; seed: number }): Sources {
  const source = (all: ReturnType<typeof batches>): BatchSource => ({ count: all.examplesPerEpoch, steps: all.stepsPerEpoch, at: (epoch, step) => batchTensors(all.at(epoch, step)) });
  return {
    train: source(batches(splits.train, { seed, normalization, batchSize, augment: defined(augment) })),
    test: source(batches(splits.test, { seed, normalization, batchSize: 500, shuffle: false, last: 'keep' })),
  };
}

/** The first step at which a curve has reached an accuracy, if it ever does. */
export function stepsTo({ points }: Curve, accuracy: number): number | undefined {
  return points.find((point) => point.accuracy >= accuracy)?.step;
}
