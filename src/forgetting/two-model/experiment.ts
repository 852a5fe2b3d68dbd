/**
 * Two models, one after the other, on the same data: A is trained, then B, which has A's first layers. How much of A is
 * left is forgetting in its purest form (Benyahia, Yu et al. 2019, figures 1 and 3).
 */
import { smallestOf } from '../../statistics/extremes.js';
import { fisherInformation } from '../../curvature/index.js';
import { batches } from '../../data/batches.js';
import { type Normalization } from '../../data/normalization.js';
import { type Split } from '../../data/split.js';
import { WeftError } from '../../errors.js';
import { compiledTrainer } from '../../chain/compiled.js';
import { chain, constant, emptyState, scaleByLearningRate } from '../../optimizers/index.js';
import { catalogue } from '../../supernet/catalogue.js';
import { type Child, createChild } from '../../supernet/child.js';
import { createParameterStore, type ParameterStore } from '../../supernet/parameter-store.js';
import { mapNamed, type NamedTensors, pickNamed } from '../../tensor/named.js';
import { stream } from '../../tensor/rng.js';
import { tf } from '../../tensor/tf.js';
import { type BatchSource, type TensorBatch, withBatch } from '../../training/batch.js';
import {
  type Evaluation,
  evaluateBatch,
  evaluateTogether,
  FINAL_EVALUATION,
  requireAccuracy,
} from '../../training/evaluate.js';
import { learn, type Learner } from '../../training/learner.js';
import { exampleSource } from '../../training/sources.js';
import { createRegularizer, regularizerSchema, type RegularizerConfigInput } from '../catalogue.js';
import { type Regularizer } from '../regularizer.js';
import { twoModelSpace, type TwoModelOptions } from './space.js';

export interface TwoModelData {
  readonly train: Split;
  /** Held-out examples for Fisher information. */
  readonly fisher: Split;
  /** Held-out examples whose accuracy decides when a loosely converged A is stopped. */
  readonly stopping: Split;
  readonly test: Split;
  readonly normalization: Normalization;
}

export interface TwoModelSetting {
  readonly seed: number;
  readonly data: TwoModelData;
  readonly network: Partial<TwoModelOptions>;
  readonly batchSize: number;
  /** Steps between two evaluations on the test part. */
  readonly evaluateEvery: number;
}

export interface FirstTraining {
  readonly learningRate: number;
  /** Maximum number of steps. */
  readonly steps: number;
  /** Loose convergence: stop when this accuracy on the held-out examples is reached, checked every 5 steps. */
  readonly target?: number;
}

export interface SecondTraining {
  readonly learningRate: number;
  readonly steps: number;
  readonly regularizer: RegularizerConfigInput;
}

/** Test accuracies while B is trained. */
export interface TwoModelCurve {
  readonly step: number;
  readonly a: number;
  readonly b: number;
}

export interface TwoModelOutcome {
  /** Test accuracy of A before B was trained. */
  readonly before: number;
  /** Accuracies of A and of B, means of the last ten evaluations. */
  readonly after: number;
  readonly b: number;
  /** The lowest accuracy of A at any evaluation. */
  readonly worst: number;
  readonly curve: readonly TwoModelCurve[];
  /** Fisher information and squared drift of every shared weight. */
  readonly fisher: Float32Array;
  readonly squaredDrift: Float32Array;
  /** Learning rate times alpha times the largest Fisher information. */
  readonly maxStep: number;
}

/** The trained A, from which B can be trained any number of times. */
export interface TrainedFirst {
  readonly accuracy: number;
  readonly steps: number;
  readonly curve: readonly { readonly step: number; readonly a: number }[];
  /** Trains B from these weights; A's own stay as they are. */
  second(training: SecondTraining): TwoModelOutcome;
  dispose(): void;
}

const STOPPING_STEPS = 5;
/** Number of final evaluations that are averaged. */
const LAST = 10;

/** Trains A. The caller disposes the result. */
export function trainFirst(setting: TwoModelSetting, training: FirstTraining): TrainedFirst {
  const { seed, data, network, batchSize, evaluateEvery } = setting;
  if (data.fisher.name === 'test')
    throw new WeftError(
      'data',
      'Fisher information would be estimated on test data',
      'give a held-out part of the training data',
    );
  const space = twoModelSpace.create(network, { inputShape: data.train.inputShape, classes: data.train.classes });
  const [a, b] = ['A', 'B'].map((model) => createChild(space, { model })) as [Child, Child];
  const shared = a.parameterNames.filter((name) => b.parameterNames.includes(name));
  const store = createParameterStore(catalogue(space.supernet), seed);
  const source = (split: Split, size: number, name: string): BatchSource =>
    exampleSource(
      batches(split, {
        seed,
        normalization: data.normalization,
        batchSize: Math.min(size, split.indices.length),
        name,
      }),
    );
  const test = source(data.test, data.test.indices.length, 'test').at(0, 0);
  const stopping = training.target === undefined ? undefined : source(data.stopping, Infinity, 'stopping').at(0, 0);
  const accuracyOf = (child: Child, batch: TensorBatch): number =>
    requireAccuracy(evaluateBatch(child, store, batch, FINAL_EVALUATION));

  const curve: { step: number; a: number }[] = [];
  const order = source(data.train, batchSize, 'first');
  let steps = 0;
  train(descent(store, training.learningRate), { child: a, source: order, steps: training.steps, seed }, (step) => {
    steps = step;
    if (step % evaluateEvery === 0) curve.push({ step, a: accuracyOf(a, test) });
    return training.target !== undefined && step % STOPPING_STEPS === 0 && accuracyOf(a, stopping!) >= training.target;
  });
  if (stopping) tf.dispose([stopping.inputs, stopping.labels]);
  const accuracy = accuracyOf(a, test);
  const trained = mapNamed(store.parameters, (tensor) => tf.keep(tf.clone(tensor)));

  return {
    accuracy,
    steps,
    curve,
    second({ learningRate, steps: count, regularizer: options }) {
      store.assign(mapNamed(trained, (tensor) => tf.clone(tensor)));
      const regularizer = createRegularizer(regularizerSchema.parse(options), { seed, space: space });
      try {
        const estimate = (): NamedTensors =>
          estimateFisher(
            a,
            store,
            source(data.fisher, regularizer?.fisher?.examples ?? Infinity, 'fisher'),
            shared,
            regularizer?.fisher?.kind,
            seed,
          );
        regularizer?.startEpoch(0);
        regularizer?.remember({
          architecture: a.encoding,
          parameterNames: shared,
          parameters: store.parameters,
          fisher: estimate,
        });
        if (regularizer?.fisher && shared.length > 0 && regularizer.status().fisherTrace === 0) {
          throw new WeftError(
            'numeric',
            'the Fisher information of all shared weights is zero, so nothing would protect them',
            'A has no gradient: train it longer, or with a smaller learning rate',
          );
        }
        const points: TwoModelCurve[] = [];
        train(
          descent(store, learningRate, regularizer),
          {
            child: b,
            source: source(data.train, batchSize, 'second'),
            steps: count,
            seed: `${seed}/second`,
            regularizer,
            childOf: (encoding) => (encoding === a.encoding ? a : b),
          },
          (step) => {
            if (step % evaluateEvery !== 0) return false;
            const [one, other] = evaluateTogether([a, b], store, test, FINAL_EVALUATION) as [Evaluation, Evaluation];
            points.push({ step, a: requireAccuracy(one), b: requireAccuracy(other) });
            return false;
          },
        );
        const end = points.slice(-LAST);
        const average = (of: 'a' | 'b'): number => end.reduce((sum, point) => sum + point[of] / end.length, 0);
        const { alpha, largestFisher } = regularizer?.status() ?? { alpha: 0, largestFisher: 0 };
        return {
          before: accuracy,
          after: average('a'),
          b: average('b'),
          worst: smallestOf(
            points.map((point) => point.a),
            accuracy,
          ),
          curve: points,
          ...driftOf(shared, trained, store, regularizer, () =>
            estimateFisher(
              a,
              { ...store, parameters: trained },
              source(data.fisher, Infinity, 'fisher'),
              shared,
              undefined,
              seed,
            ),
          ),
          maxStep: learningRate * alpha * largestFisher,
        };
      } finally {
        regularizer?.dispose();
      }
    },
    dispose() {
      tf.dispose([test.inputs, test.labels, ...Object.values(trained)]);
      store.dispose();
    },
  };
}

interface Training {
  readonly child: Child;
  readonly source: BatchSource;
  readonly steps: number;
  readonly seed: number | string;
  readonly regularizer?: Regularizer | undefined;
  readonly childOf?: (encoding: string) => Child;
}

/** Plain gradient descent at a constant rate on the weights of a store. */
function descent(store: ParameterStore, learningRate: number, regularizer?: Regularizer): Learner {
  const rate = scaleByLearningRate(constant(learningRate));
  const trainer = chain(rate, ...(regularizer ? [regularizer] : []));
  // A regularizer keeps its memory outside the state, where a recording cannot see that it has changed.
  const compiled = regularizer ? undefined : compiledTrainer(trainer);
  return { store, trainer, ...(compiled && { compiled }), state: emptyState, carried: {} };
}

/** Trains; `after` is called after every step and says whether to stop. */
function train(
  learner: Learner,
  { child, source, steps, seed, regularizer, childOf }: Training,
  after: (step: number) => boolean,
): void {
  for (let step = 0; step < steps; step++) {
    const shares = regularizer?.mixture?.(child.encoding, step);
    learn(learner, {
      child,
      source,
      epoch: Math.floor(step / source.steps),
      step: step % source.steps,
      globalStep: step,
      seed: String(seed),
      due: steps - step,
      others: shares?.slice(1).map(({ architecture, weight }) => ({ child: childOf!(architecture), weight })),
    });
    if (after(step + 1)) break;
  }
}

/** Mean over all full batches of the part, for the shared weights. */
function estimateFisher(
  child: Child,
  store: ParameterStore,
  source: BatchSource,
  shared: readonly string[],
  kind: NonNullable<Regularizer['fisher']>['kind'] = 'empirical-sample',
  seed: number,
): NamedTensors {
  return withBatch(
    source,
    0,
    0,
    ({ inputs, labels }) =>
      fisherInformation(
        (current) => child.forward({ ...store.parameters, ...current }, store.statistics, inputs, FINAL_EVALUATION),
        pickNamed(store.parameters, shared),
        labels,
        { kind, rng: stream(seed, 'fisher-labels') },
      ).fisher,
  );
}

/** Every shared weight's Fisher information (the regularizer's, or an estimate if it has none) and squared drift. */
function driftOf(
  shared: readonly string[],
  trained: NamedTensors,
  store: ParameterStore,
  regularizer: Regularizer | undefined,
  estimate: () => NamedTensors,
): Pick<TwoModelOutcome, 'fisher' | 'squaredDrift'> {
  const known = regularizer?.fisher && regularizer.name === 'wpl' ? undefined : estimate();
  const own =
    known ??
    Object.fromEntries(
      Object.entries(regularizer!.snapshot().tensors)
        .filter(([key]) => key.startsWith('fisher/'))
        .map(([key, tensor]) => [key.slice('fisher/'.length), tensor]),
    );
  const joined = (of: (name: string) => tf.Tensor): Float32Array =>
    shared.length === 0
      ? new Float32Array()
      : tf.tidy(() => tf.concat(shared.map((name) => tf.reshape(of(name), [-1]))).dataSync() as Float32Array);
  const result = {
    fisher: joined((name) => own[name]!),
    squaredDrift: joined((name) => tf.square(tf.sub(store.parameters[name]!, trained[name]!))),
  };
  if (known) tf.dispose(Object.values(known));
  return result;
}
