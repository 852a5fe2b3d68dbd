/** A search's measurements of forgetting, collected from its events; everything else is computed from them. */
import { type ForgettingTensor } from '../../forgetting/events.js';
import {
  type DifferenceSummary,
  type Measured,
  type PerformanceMatrix,
  summarizeDifferences,
} from '../../forgetting/metrics/index.js';
import { type EventLog, type EventOf } from '../event-log.js';
import { isNumber } from '../format.js';
import { groupBy } from './group-by.js';

/** The training of one architecture within an epoch, and how much of it remained at the end of the epoch. */
export interface Visit {
  readonly epoch: number;
  /** Position in the training order within the epoch. */
  readonly index: number;
  readonly architecture: string;
  readonly loss: Measured;
  readonly error: Measured;
  /** Number of weights shared with the architecture trained before it. */
  readonly sharedWith: number;
  /** Number of weights shared with the one trained right after it; undefined for the last of an epoch. */
  readonly sharedNext: number | undefined;
  readonly penalty: number;
  readonly ce: number;
  readonly maxStep: number;
  readonly gradientNorm: number | null;
  readonly learningRate: number;
  /** Loss and error before its own training, if measured. */
  readonly before: { readonly loss: number; readonly error: number } | undefined;
}

export interface EpochMeasurement {
  readonly epoch: number;
  readonly visits: readonly Visit[];
  readonly loss: DifferenceSummary;
  readonly error: DifferenceSummary;
  readonly reward: number | null;
  readonly alpha: number | null;
  readonly fisherTrace: number | null;
  /** Accuracies after each training, if requested by `forgetting.matrix`. */
  readonly matrix: PerformanceMatrix | undefined;
  readonly tensors: readonly ForgettingTensor[];
}

export interface Measurements {
  readonly config: EventOf<'forgetting-config'>;
  readonly epochs: readonly EpochMeasurement[];
  readonly visits: readonly Visit[];
}

/** The measurements of a run, or undefined if it made none. */
export function readMeasurements(log: EventLog): Measurements | undefined {
  const config = log.last('forgetting-config');
  if (!config) return undefined;
  const revisited = new Map(log.all('architecture-revisited').map((event) => [place(event), event]));
  const before = new Map(log.all('zero-shot').map((event) => [place(event), event]));
  const trained = log.all('architecture-trained');
  const next = new Map(trained.map((event) => [place(event), event]));
  const visits = trained.flatMap((event): Visit[] => {
    const { epoch, index, architecture, loss1, err1, sharedWith, penalty, ce, maxStep, gradientNorm, learningRate } =
      event;
    const again = revisited.get(place(event));
    if (!again || ![loss1, err1, again.loss2, again.err2].every(isNumber)) return [];
    const zero = before.get(place(event));
    return [
      {
        epoch,
        index,
        architecture,
        sharedWith,
        penalty,
        ce,
        maxStep,
        gradientNorm,
        learningRate,
        loss: { first: loss1, second: again.loss2 },
        error: { first: err1, second: again.err2 },
        sharedNext: next.get(place({ epoch, index: index + 1 }))?.sharedWith,
        before:
          zero && isNumber(zero.loss0) && isNumber(zero.err0) ? { loss: zero.loss0, error: zero.err0 } : undefined,
      },
    ];
  });
  return { config, visits, epochs: epochsOf(visits, log) };
}

function epochsOf(visits: readonly Visit[], log: EventLog): EpochMeasurement[] {
  const byEpoch = groupBy(visits, ({ epoch }) => epoch);
  const told = new Map(log.all('forgetting-epoch').map((event) => [event.epoch, event]));
  const rewards = new Map(log.all('epoch').map(({ epoch, reward }) => [epoch, reward]));
  const matrices = new Map(log.all('forgetting-matrix').map(({ epoch, accuracy }) => [epoch, accuracy]));
  const tensors = new Map(log.all('forgetting-tensors').map((event) => [event.epoch, event.tensors]));
  return [...byEpoch]
    .sort(([a], [b]) => a - b)
    .map(([epoch, members]) => ({
      epoch,
      visits: members,
      loss: summarizeDifferences(members.map(({ loss }) => loss)),
      error: summarizeDifferences(members.map(({ error }) => error)),
      reward: told.get(epoch)?.reward ?? rewards.get(epoch) ?? null,
      alpha: told.get(epoch)?.alpha ?? null,
      fisherTrace: told.get(epoch)?.fisherTrace ?? null,
      matrix: matrices.get(epoch),
      tensors: tensors.get(epoch) ?? [],
    }));
}

/**
 * The epoch as a matrix of accuracies: the diagonal, the last row, before the diagonal the measurements before
 * training, and the rest if requested.
 */
export function epochMatrix({ visits, matrix }: EpochMeasurement): PerformanceMatrix {
  return visits.map((_, t) =>
    visits.map(({ error, before }, j) => {
      if (t === visits.length - 1) return 1 - error.second;
      if (t === j) return 1 - error.first;
      return t === j - 1 && before ? 1 - before.error : (matrix?.[t]?.[j] ?? null);
    }),
  );
}

function place({ epoch, index }: { epoch: number; index: number }): string {
  return `${epoch}/${index}`;
}
