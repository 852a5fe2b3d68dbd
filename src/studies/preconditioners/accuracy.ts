/** Test accuracy on MNIST along the training, for steps to a target. */
import { batches, batchTensors, prepareData, type PreparedData } from '../../data/index.js';
import { evaluateChild, FINAL_EVALUATION, type TensorBatch, withBatch } from '../../training/index.js';
import { type BatchSource } from '../../training/batch.js';
import { type Cells } from '../cells.js';
import { type StudySetting } from '../contract.js';
import { stopped } from '../run-study.js';
import { optimizerFor } from './methods.js';
import { learner } from '../learner.js';
import { workload } from './workloads.js';

export interface AccuracyOptions {
  readonly models: readonly string[];
  readonly methods: readonly string[];
  readonly rates: Readonly<Record<string, number>>;
  readonly batchSize: number;
  readonly epochs: number;
  readonly interval: number;
  /** Steps from one look at the test part to the next. */
  readonly every: number;
}

export interface Curve {
  readonly model: string;
  readonly method: string;
  readonly points: readonly { readonly step: number; readonly accuracy: number; readonly loss: number }[];
  readonly final: number;
}

export function openMnist(path: string | undefined, train: number, test: number, seed: number): PreparedData {
  return prepareData({ source: 'mnist', ...(path !== undefined && { options: { path } }), subset: { train, test }, split: { validation: 1 / 12 } }, seed);
}

/** The first training examples. */
export function firstImages({ splits, normalization }: PreparedData, examples: number, seed: number): TensorBatch {
  return batchTensors(batches(splits.train, { seed, normalization, batchSize: examples }).at(0, 0));
}

/** Every method on every network from the same weights over the same batches; the rate falls to zero along a cosine. */
export async function measureAccuracy({ splits, normalization }: PreparedData, options: AccuracyOptions, cells: Cells, { seed, progress, shouldStop }: StudySetting): Promise<Curve[]> {
  const { models, methods, rates, batchSize, epochs, interval, every } = options;
  const source = (all: ReturnType<typeof batches>): BatchSource => ({ count: all.examplesPerEpoch, steps: all.stepsPerEpoch, at: (epoch, step) => batchTensors(all.at(epoch, step)) });
  const train = source(batches(splits.train, { seed, normalization, batchSize }));
  const test = source(batches(splits.test, { seed, normalization, batchSize: 500, shuffle: false, last: 'keep' }));
  const totalSteps = epochs * train.steps;
  const trained = (model: string, method: string, rate: number): Curve => {
    const { space, child } = workload(model);
    const one = learner(method, child, space, optimizerFor(method, interval, rate), { seed, totalSteps });
    const points: { step: number; accuracy: number; loss: number }[] = [];
    try {
      for (let step = 0; step < totalSteps; step++) {
        if (shouldStop()) throw stopped();
        withBatch(train, Math.floor(step / train.steps), step % train.steps, (batch) => one.learn(batch));
        if ((step + 1) % every !== 0 && step + 1 !== totalSteps) continue;
        const { accuracy, loss } = evaluateChild(child, one.store, test, FINAL_EVALUATION);
        points.push({ step: step + 1, accuracy, loss });
        progress(`${model} by ${method}: step ${step + 1} of ${totalSteps}, test accuracy ${(100 * accuracy).toFixed(1)} %`);
      }
    } finally {
      one.dispose();
    }
    return { model, method, points, final: points.at(-1)!.accuracy };
  };
  const curves: Curve[] = [];
  for (const model of models) {
    for (const method of methods) {
      const rate = rates[method] ?? rates['sgd']!;
      curves.push(await cells.measured({ curve: model, method, rate, batchSize, epochs, interval, every, train: train.count, test: test.count, seed }, () => trained(model, method, rate)));
    }
  }
  return curves;
}

/** The first step at which a curve has reached an accuracy, if it ever does. */
export function stepsTo({ points }: Curve, accuracy: number): number | undefined {
  return points.find((point) => point.accuracy >= accuracy)?.step;
}
