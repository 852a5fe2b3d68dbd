/**
 * Measures forgetting inside a search: each sampled architecture is evaluated right after its training and again at the
 * end of the epoch, on validation batches that stay the same throughout the epoch; in between the regularizer acts. It
 * changes no random stream of the search, so that with a strength of zero the weights are those without it, bit for
 * bit.
 */
import { fisherInformation } from '../../curvature/index.js';
import { WeftError } from '../../errors.js';
import { type SearchSpace } from '../../graph/define-space.js';
import { type Regularizer } from '../../forgetting/index.js';
import { type Json } from '../../operations/operation.js';
import { type Child, namesOf } from '../../supernet/child.js';
import { type ParameterStore } from '../../supernet/parameter-store.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../tensor/named.js';
import { stream } from '../../tensor/rng.js';
import { tf, tidy } from '../../tensor/tf.js';
import { type BatchSource, withBatch } from '../../training/batch.js';
import { evaluateTogether, requireAccuracy, SHARED_EVALUATION } from '../../training/evaluate.js';
import { type Learner, withEvaluationWeights } from '../../training/learner.js';
import { sharedFisher } from '../../training/shared-fisher.js';
import { type TrainStepInput, type TrainStepResult } from '../../training/train-step.js';
import { type SearchConfig } from '../../config/schema.js';
import { type SearchEvent } from '../events.js';
import { configEvent, epochEvent, type Visit, warningsOf } from './events.js';

export interface WatchParts {
  readonly config: SearchConfig;
  readonly regularizer: Regularizer | undefined;
  readonly space: SearchSpace;
  /** The shared weights. */
  readonly learner: Learner;
  /** Validation batches on which architectures are evaluated. */
  readonly source: BatchSource;
  /** The part for Fisher information; undefined if none is needed. */
  readonly fisher: BatchSource | undefined;
  /** Number of architectures that the search trains one after the other. */
  readonly trainings: number;
  /** Receives a note on how estimates are computed. */
  readonly note: (remark: string) => void;
  /** Whether examples are sequences, with a label for each token. */
  readonly sequences: boolean;
  readonly child: (encoding: string) => Child;
  readonly emit: (event: SearchEvent) => void;
}

export interface ForgettingWatch {
  /** Called once, when the search begins. */
  announce(): void;
  /** Called before the first step of an epoch. */
  startEpoch(epoch: number): void;
  /** Called before the first step of an architecture. */
  beginArchitecture(child: Child, index: number): void;
  /** What else takes part in a step of this architecture. */
  during(child: Child, globalStep: number): Pick<TrainStepInput, 'others'>;
  afterStep(report: Pick<TrainStepResult, 'loss' | 'metrics'>): void;
  /** Called after the last step of an architecture. */
  endArchitecture(child: Child, index: number, step: number): void;
  /** Called after the last step of an epoch and the controller's updates. */
  endEpoch(reward: number | null, last: boolean): void;
  snapshot(): { readonly tensors: NamedTensors; readonly state: Json };
  restore(saved: { readonly tensors: NamedTensors; readonly state: Json }): void;
  dispose(): void;
}

interface LossAndAccuracy {
  readonly loss: number;
  readonly accuracy: number;
}

interface State {
  epoch: number;
  visits: Visit[];
  /**
   * Accuracy of the epoch's architectures so far, a row after each training; empty unless the configuration asks for
   * it.
   */
  matrix: number[][];
  /** The architecture trained last. */
  previous: string | null;
  /** Losses of the current architecture. */
  loss: { sum: number; count: number };
  gradientNorm: number | null;
  learningRate: number;
  fisherBatches: number;
  /**
   * Fisher information is counted per label; in runs of version 0.1 it is per sequence, smaller by a factor of the
   * number of tokens.
   */
  perLabel?: true;
  warned: string[];
  regularizer: Json;
}

/** The watch of a search; undefined if there is nothing to measure and nothing to regularize. */
export function createWatch({
  config,
  regularizer,
  learner,
  source,
  fisher,
  trainings,
  note,
  space,
  sequences,
  child: childOf,
  emit,
}: WatchParts): ForgettingWatch | undefined {
  const options = config.forgetting;
  const { store } = learner;
  const measuring = options.measure ?? regularizer !== undefined;
  if (!measuring && !regularizer) return undefined;
  const batches = Math.min(options.batches, source.steps);
  const shared =
    regularizer?.fisher?.kind === 'empirical-sample'
      ? sharedFisher(space, { estimates: trainings * regularizer.fisher.batches, mode: config.compile, note })
      : undefined;
  let state: State = {
    epoch: 0,
    visits: [],
    matrix: [],
    previous: null,
    loss: { sum: 0, count: 0 },
    gradientNorm: null,
    learningRate: 0,
    fisherBatches: 0,
    perLabel: true,
    warned: [],
    regularizer: null,
  };
  const measured = (): boolean => measuring && state.epoch % options.every === 0;

  /** Mean loss and error of each child on the epoch's batches, by the weights that would be evaluated. */
  const evaluate = (children: readonly Child[]): LossAndAccuracy[] =>
    withEvaluationWeights(learner, namesOf(children), (weights) => {
      const sums = children.map(() => ({ loss: 0, accuracy: 0 }));
      for (let batch = 0; batch < batches; batch++) {
        withBatch(source, state.epoch, batch, (examples) =>
          evaluateTogether(children, weights, examples, SHARED_EVALUATION, { compiled: learner.passes }),
        ).forEach((one, i) => {
          sums[i]!.loss += one.loss / batches;
          sums[i]!.accuracy += requireAccuracy(one) / batches;
        });
      }
      return sums;
    });

  const estimateFisher = (child: Child): NamedTensors => {
    if (sequences && !state.perLabel && regularizer!.fisher!.kind !== 'batch')
      throw new WeftError(
        'checkpoint',
        'this run has estimated Fisher information per sequence, but it is now counted per token: alpha would pull more strongly than before',
        'start the search again, with alpha divided by the number of tokens of a sequence (data.bptt)',
      );
    const watched = new Set(regularizer!.watched);
    const parameters = pickNamed(
      store.parameters,
      child.parameterNames.filter((name) => watched.has(name)),
    );
    const { kind, batches: count } = regularizer!.fisher!;
    const estimates = Array.from({ length: count }, () => {
      const update = state.fisherBatches++;
      return withBatch(fisher!, Math.floor(update / fisher!.steps), update % fisher!.steps, (batch) => {
        const asItIs = (): NamedTensors =>
          fisherInformation(
            (current) =>
              child.forward({ ...store.parameters, ...current }, store.statistics, batch.inputs, SHARED_EVALUATION),
            parameters,
            batch.labels,
            { kind, rng: stream(config.seed, 'fisher-labels', update) },
          ).fisher;
        return shared ? shared.of(child, store.parameters, batch, Object.keys(parameters), asItIs) : asItIs();
      });
    });
    if (count === 1) return estimates[0]!;
    const average = tidy(() =>
      mapNamed(parameters, (_, name) => tf.div(tf.addN(estimates.map((estimate) => estimate[name]!)), count)),
    );
    estimates.forEach(disposeNamed);
    return average;
  };

  const warn = (messages: readonly string[]): void => {
    for (const message of messages) {
      const kind = message.slice(0, WARNING_KIND);
      if (state.warned.includes(kind)) continue;
      state.warned.push(kind);
      emit({ type: 'warning', message });
    }
  };

  return {
    announce: () => emit(configEvent(config, regularizer, store, batches)),
    startEpoch(epoch) {
      state.epoch = epoch;
      state.visits = [];
      state.matrix = [];
      regularizer?.startEpoch(epoch);
    },
    beginArchitecture(child, index) {
      state.loss = { sum: 0, count: 0 };
      if (!options.zeroShot || !measured()) return;
      const [{ loss, accuracy }] = evaluate([child]) as [LossAndAccuracy];
      emit({
        type: 'zero-shot',
        epoch: state.epoch,
        index,
        architecture: child.encoding,
        loss0: loss,
        err0: 1 - accuracy,
      });
    },
    during(child, globalStep) {
      const shares = regularizer?.mixture?.(child.encoding, globalStep);
      return {
        others: shares?.slice(1).map(({ architecture, weight }) => ({ child: childOf(architecture), weight })),
      };
    },
    afterStep({ loss, metrics }) {
      state.loss.sum += loss;
      state.loss.count++;
      state.gradientNorm = metrics['gradientNorm'] ?? null;
      state.learningRate = metrics['learningRate'] ?? state.learningRate;
    },
    endArchitecture(child, index, step) {
      const { epoch, loss, gradientNorm, learningRate, previous } = state;
      const evaluated = measured() ? (evaluate([child]) as [LossAndAccuracy])[0] : undefined;
      regularizer?.remember({
        architecture: child.encoding,
        parameterNames: child.parameterNames,
        parameters: store.parameters,
        slices: child.slices,
        fisher: () => estimateFisher(child),
      });
      const { alpha, penalty, fisherTrace, largestFisher } = regularizer?.status() ?? {
        alpha: 0,
        penalty: 0,
        fisherTrace: 0,
        largestFisher: 0,
      };
      const maxStep = learningRate * alpha * largestFisher;
      if (evaluated) {
        state.visits.push({ index, architecture: child.encoding, loss1: evaluated.loss, err1: 1 - evaluated.accuracy });
        emit({
          type: 'architecture-trained',
          epoch,
          index,
          step,
          architecture: child.encoding,
          sharedWith: previous === null ? 0 : sharedParameters(child, childOf(previous), store),
          loss1: evaluated.loss,
          err1: 1 - evaluated.accuracy,
          batches,
          ce: loss.sum / Math.max(1, loss.count),
          penalty,
          gradientNorm,
          learningRate,
          alpha,
          fisherTrace,
          maxStep,
        });
      }
      if (evaluated && options.matrix) {
        const earlier = evaluate(state.visits.slice(0, -1).map(({ architecture }) => childOf(architecture)));
        state.matrix.push([...earlier.map(({ accuracy }) => accuracy), evaluated.accuracy]);
      }
      state.previous = child.encoding;
      if (regularizer) warn(warningsOf(regularizer, { maxStep, last: false, names: child.parameterNames }));
    },
    endEpoch(reward, last) {
      const { visits, epoch } = state;
      if (visits.length > 0) {
        const again = evaluate(visits.map(({ architecture }) => childOf(architecture)));
        const pairs = visits.map((visit, i) => ({ ...visit, loss2: again[i]!.loss, err2: 1 - again[i]!.accuracy }));
        for (const { index, architecture, loss2, err2 } of pairs)
          emit({ type: 'architecture-revisited', epoch, index, architecture, loss2, err2 });
        emit(epochEvent(epoch, pairs, reward, regularizer?.status()));
        const tensors = regularizer?.tensors() ?? [];
        if (state.matrix.length > 0)
          emit({
            type: 'forgetting-matrix',
            epoch,
            accuracy: state.matrix.map((row) => visits.map((_, j) => row[j] ?? null)),
          });
        if (tensors.length > 0) emit({ type: 'forgetting-tensors', epoch, tensors });
      }
      state.visits = [];
      state.matrix = [];
      if (last && regularizer) warn(warningsOf(regularizer, { maxStep: 0, last: true, names: [] }));
    },
    snapshot() {
      const { tensors = {}, state: inner = null } = regularizer?.snapshot() ?? {};
      return { tensors, state: structuredClone({ ...state, regularizer: inner }) as unknown as Json };
    },
    restore(saved) {
      state = structuredClone(saved.state) as unknown as State;
      regularizer?.restore({ tensors: saved.tensors, state: state.regularizer });
    },
    dispose() {
      regularizer?.dispose();
      shared?.dispose();
    },
  };
}

/** Warnings with the same beginning are given only once. */
const WARNING_KIND = 30;

/** Weights that both children use. */
function sharedParameters(a: Child, b: Child, { parameters }: ParameterStore): number {
  const names = new Set(b.parameterNames);
  return a.parameterNames.reduce((sum, name) => {
    if (!names.has(name)) return sum;
    const { shape } = parameters[name]!;
    const read = ({ slices }: Child): readonly number[] => slices?.get(name)?.shape ?? shape;
    return sum + shape.reduce((size, _, axis) => size * Math.min(read(a)[axis]!, read(b)[axis]!), 1);
  }, 0);
}
