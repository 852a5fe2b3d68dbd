/** A run's forgetting in a few numbers with their uncertainty. */
import { largestOf } from '../../statistics/extremes.js';
import { averageForgetting, backwardTransfer, forwardTransfer, worstDip } from '../../forgetting/metrics/index.js';
import {
  type Assessment,
  assessMean,
  despiteInterval,
  mean,
  obstacleOf,
  standardError,
} from '../../statistics/index.js';
import { type EpochMeasurement, epochMatrix, type Measurements } from './measurements.js';

/**
 * A mean over epochs, with its 95 % interval. Architectures of one epoch are not independent, so each epoch counts
 * once; epochs are treated as independent draws from this one run. The interval says nothing about other seeds.
 */
export interface Estimate extends Assessment {
  readonly standardError: number;
}

export interface ForgettingSummary {
  /** First epoch averaged, from 0: the one after the regularizer has begun to act. */
  readonly fromEpoch: number;
  readonly epochs: number;
  readonly architectures: number;
  readonly meanDiff: Estimate;
  readonly best5Diff: Estimate;
  readonly maxDiff: Estimate;
  readonly p95Diff: Estimate;
  readonly meanErrorDiff: Estimate;
  /** BWT of accuracy within an epoch; positive when later training helped. */
  readonly backwardTransfer: Estimate;
  /** Average forgetting of accuracy; positive when accuracy was lost. */
  readonly averageForgetting: Estimate;
  /** Accuracy before an architecture's own training minus chance; undefined if not measured. */
  readonly forwardTransfer: Estimate | undefined;
  /**
   * The largest drop of accuracy at any point of an epoch, recovered or not; undefined if the matrix was not measured.
   */
  readonly worstDip: Estimate | undefined;
  /** The largest single increase of the error. */
  readonly worstErrorDiff: number;
  readonly tau: Estimate;
  /** Means over the last epochs, at their ends. */
  readonly final: {
    readonly epochs: number;
    readonly loss: number;
    readonly error: number;
    readonly reward: number | null;
  };
}

/** Number of epochs that count as the end of a search. */
export const FINAL_EPOCHS = 5;

/** The first epoch fully affected by the enabled regularizer; 0 without one. */
export function firstAffected({ epochs }: Measurements): number {
  const active = epochs.find(({ alpha, fisherTrace }) => (alpha ?? 0) > 0 && (fisherTrace ?? 0) > 0);
  return active === undefined ? 0 : Math.min(active.epoch + 1, epochs.at(-1)!.epoch);
}

/** Averages over the epochs from `fromEpoch` on. `classes` determines the chance level. */
export function summarizeRun(
  measurements: Measurements,
  { classes, fromEpoch = firstAffected(measurements) }: { classes?: number | undefined; fromEpoch?: number } = {},
): ForgettingSummary {
  const epochs = measurements.epochs.filter(({ epoch }) => epoch >= fromEpoch);
  const estimate = (value: (epoch: EpochMeasurement) => number): Estimate => estimateOver(epochs.map(value));
  const chance = classes === undefined ? undefined : 1 / classes;
  const final = measurements.epochs.slice(-FINAL_EPOCHS);
  const rewards = final.flatMap(({ reward }) => (reward === null ? [] : [reward]));
  return {
    fromEpoch,
    epochs: epochs.length,
    architectures: epochs.reduce((sum, { visits }) => sum + visits.length, 0),
    meanDiff: estimate(({ loss }) => loss.meanDiff),
    best5Diff: estimate(({ loss }) => loss.best5Diff),
    maxDiff: estimate(({ loss }) => loss.maxDiff),
    p95Diff: estimate(({ loss }) => loss.p95Diff),
    meanErrorDiff: estimate(({ error }) => error.meanDiff),
    backwardTransfer: estimate((epoch) => backwardTransfer(epochMatrix(epoch))),
    averageForgetting: estimate((epoch) => averageForgetting(epochMatrix(epoch))),
    forwardTransfer:
      chance === undefined || !epochs.some(({ visits }) => visits.some(({ before }) => before))
        ? undefined
        : estimate((epoch) =>
            forwardTransfer(
              epochMatrix(epoch),
              epoch.visits.map(() => chance),
            ),
          ),
    worstDip: epochs.some(({ matrix }) => matrix)
      ? estimate((epoch) => (epoch.matrix ? worstDip(epochMatrix(epoch)) : NaN))
      : undefined,
    worstErrorDiff: largestOf(epochs.map(({ error }) => error.maxDiff)),
    tau: estimate(({ loss }) => loss.tau),
    final: {
      epochs: final.length,
      loss: mean(final.map(({ loss }) => loss.meanSecond)),
      error: mean(final.map(({ error }) => error.meanSecond)),
      reward: rewards.length > 0 ? mean(rewards) : null,
    },
  };
}

/** Mean and interval of the defined values. */
function estimateOver(values: readonly number[]): Estimate {
  const known = values.filter(Number.isFinite);
  return { ...assessMean(known), standardError: standardError(known) };
}

/** The justified conclusion about the run's forgetting, and no more. */
export function verdictOf({ meanDiff, meanErrorDiff, epochs, architectures, fromEpoch }: ForgettingSummary): string {
  const { value, interval, claim, obstacle } = meanDiff;
  const over = `${architectures} architectures in ${epochs === 1 ? 'one epoch' : `${epochs} epochs`}${fromEpoch > 0 ? `, from epoch ${fromEpoch + 1} on` : ''} of one run`;
  const nats = (number: number): string => Math.abs(number).toFixed(3);
  const error = `${meanErrorDiff.value >= 0 ? '+' : '−'}${(100 * Math.abs(meanErrorDiff.value)).toFixed(1)} points of error`;
  if (epochs === 1)
    return `One epoch of measurements gives no interval: the loss of its architectures changed by ${value.toFixed(3)} nats on average between their own training and the end of the epoch (${error})`;
  if (!interval || obstacle === 'few')
    return `The loss of architectures changed by ${value.toFixed(3)} nats on average between their own training and the end of the epoch (${interval ? `95 % interval over epochs ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}; ` : ''}${error}; ${over}); ${obstacleOf(meanDiff, 'epochs')}`;
  const [low, high] = interval;
  if (claim === 'above')
    return `Architectures are forgotten while others are trained: their loss rises by ${nats(value)} nats on average between their own training and the end of the epoch (95 % interval over epochs ${nats(low)} to ${nats(high)}; ${error}; ${over})`;
  if (claim === 'below')
    return `Nothing is forgotten: training others lowers the loss of an architecture by ${nats(value)} nats on average until the end of the epoch (95 % interval over epochs ${nats(high)} to ${nats(low)}; ${error}; ${over})`;
  return `No forgetting can be claimed: the mean change of the loss has a 95 % interval over epochs from ${low.toFixed(3)} to ${high.toFixed(3)} nats${despiteInterval(meanDiff)} (${error}; ${over})`;
}
