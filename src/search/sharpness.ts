/**
 * Measures sharpness within a search: of the shared weights and the found network during their training, of a finished
 * network, and as part of the reward. Nothing here changes the training.
 */
import { type SearchConfig } from '../config/schema.js';
import {
  type EdgeOptimizer,
  type Edges,
  edgesOf,
  measureSharpness,
  sharpnessRise,
  topOfHessian,
} from '../curvature/index.js';
import { type Mode } from '../operations/operation.js';
import { type Child, namesOf } from '../supernet/child.js';
import { type Weights } from '../supernet/parameter-store.js';
import { pickNamed } from '../tensor/named.js';
import { stream } from '../tensor/rng.js';
import { type Loss } from '../tensor/second-order/index.js';
import { tf } from '../tensor/tf.js';
import { type BatchSource, disposeBatch, firstExamples, type TensorBatch, withBatch } from '../training/batch.js';
import { SHARED_EVALUATION } from '../training/evaluate.js';
import { meanLoss } from '../training/batch-loss.js';
import { type Retrained, type SearchSession, type WatchedLearner } from './session.js';

/** The result of one measurement during training. */
export interface SharpnessEvent {
  /** Whether it is of the network that is retrained, or of the shared weights during the search. */
  readonly type: 'sharpness' | 'shared-sharpness';
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  /** Largest eigenvalue of the Hessian, and how far from one it may be. */
  readonly sharpness: number;
  readonly residual: number;
  /** |cos| of its eigenvector with the gradient and with SAM's. */
  readonly alignment: number;
  readonly samAlignment: number;
  readonly learningRate: number;
  /** Null for optimizers whose edge of stability is not that of the plain Hessian. */
  readonly edges: Edges | null;
}

/** Number of products in the first measurement, from a random vector; later ones start from the previous vector. */
const FIRST_PRODUCTS = 24;

/**
 * Measures the network that is being retrained, as often as `sharpness.every` says, on the same training examples each
 * time: without augmentation and dropout, with the batch's own statistics. The eigenvector is kept for the next time
 * (`learner.eigenvector`), and is part of checkpoints.
 */
export function trackSharpness(session: SearchSession, learner: Retrained, globalStep: number): void {
  const {
    config: {
      sharpness: { every },
      retrain,
    },
    data,
  } = session;
  if (every === 0 || globalStep % every !== 0) return;
  track(session, learner, { type: 'sharpness', children: [learner.child], source: data.plain, globalStep, ...retrain });
}

/**
 * Likewise for the shared weights, as often as `sharpness.searchEvery` says: of the mean loss of a few architectures,
 * drawn at random when the search begins and kept to its end, so that only the weights change.
 */
export function trackSharedSharpness(session: SearchSession): void {
  const {
    config: {
      seed,
      search,
      sharpness: { searchEvery, architectures },
    },
    data,
    space,
    state: { globalStep },
    supernet,
  } = session;
  if (searchEvery === 0 || globalStep % searchEvery !== 0) return;
  const rng = stream(seed, 'sharpness');
  const children = Array.from({ length: architectures }, () => session.child(space.sample(rng)));
  track(session, supernet, { type: 'shared-sharpness', children, source: data.watched, globalStep, ...search });
}

interface Tracked {
  readonly type: SharpnessEvent['type'];
  /** The children whose mean loss is measured. */
  readonly children: readonly Child[];
  readonly source: BatchSource;
  /** Steps of this training so far, for the learning rate. */
  readonly globalStep: number;
  readonly batchSize: number;
  readonly optimizer: EdgeOptimizer;
}

function track(
  { config, emit, state }: SearchSession,
  learner: WatchedLearner,
  { type, children, source, globalStep, batchSize, optimizer }: Tracked,
): void {
  const { examples = batchSize, products, rho } = config.sharpness;
  const names = namesOf(children);
  withExamples(source, examples, (batch) => {
    const {
      largest: { value, residual },
      alignment,
      loss,
      gradientNorm,
      vector,
    } = topOfHessian(
      meanOf(children.map((child) => lossOf(child, learner.store, batch, SHARED_EVALUATION))),
      pickNamed(learner.store.parameters, names),
      {
        steps: learner.eigenvector ? products : FIRST_PRODUCTS,
        rho,
        ...(learner.eigenvector && { start: learner.eigenvector }),
        seed: `${config.seed}/${type}`,
      },
    );
    learner.eigenvector?.dispose();
    learner.eigenvector = tf.keep(vector);
    const learningRate = learner.trainer.learningRate(globalStep);
    emit({
      type,
      epoch: state.epoch,
      step: state.step,
      loss,
      gradientNorm,
      sharpness: value,
      residual,
      alignment: alignment.gradient,
      samAlignment: alignment.sam,
      learningRate,
      edges: edgesAt(optimizer, learningRate, gradientNorm),
    });
  });
}

function meanOf(losses: readonly Loss[]): Loss {
  return losses.length === 1
    ? losses[0]!
    : (parameters) => tf.div(tf.addN(losses.map((loss) => loss(parameters))), losses.length);
}

/** The edges at a learning rate; null at a rate of zero, at which nothing moves. */
export function edgesAt(optimizer: EdgeOptimizer, learningRate: number, gradientNorm: number): Edges | null {
  return learningRate > 0 ? (edgesOf(optimizer, learningRate, gradientNorm) ?? null) : null;
}

/** The mean cross-entropy of a child on a batch as a function of its weights. */
export function lossOf(child: Child, { statistics }: Weights, batch: TensorBatch, mode: Mode): Loss {
  return (parameters) => meanLoss(child, parameters, statistics, batch, mode);
}

/** The first `count` examples of the source's first batch, always the same ones. */
function withExamples<T>(source: BatchSource, count: number, use: (batch: TensorBatch) => T): T {
  return withBatch(source, 0, 0, (batch) => {
    if (count >= batch.labels.shape[0]) return use(batch);
    const part = firstExamples(batch, count);
    try {
      return use(part);
    } finally {
      disposeBatch(part);
    }
  });
}

/**
 * The penalty that sharpness subtracts from a reward: weight·max(0, sharpness − limit). With a limit of 0 it is an
 * objective in addition to the accuracy, otherwise a soft constraint.
 */
export function sharpnessPenalty(
  { weight, limit }: Pick<SearchConfig['search']['sharpness'], 'weight' | 'limit'>,
  sharpness: number,
): number {
  return weight * Math.max(0, sharpness - limit);
}

/** Sharpness of a child with shared weights on a batch, in the measure of `search.sharpness`. */
export function sharpnessOfChild(
  child: Child,
  weights: Weights,
  batch: TensorBatch,
  { measure, rho }: SearchConfig['search']['sharpness'],
  seed: number,
): number {
  const loss = lossOf(child, weights, batch, SHARED_EVALUATION);
  const parameters = pickNamed(weights.parameters, child.parameterNames);
  if (measure === 'rise') return sharpnessRise(loss, parameters, { rho, scaled: true });
  return measureSharpness(loss, parameters, { steps: 12, rho, seed, trace: { samples: 1, minimum: 1 } }).scaleFree
    .value;
}
