/**
 * Quantities by which runs are compared: the quality of the derived network, its cost, and the flatness of its minimum.
 */
import { isNumber } from '../format.js';
import { lookUp, type ReportInput } from '../input.js';
import { eventLog } from '../event-log.js';

export interface Quantity {
  readonly name: string;
  /** Fractions are shown in per cent and their differences in percentage points. */
  readonly unit: 'share' | 'nats' | 'count' | 'seconds' | 'number';
  /** Undefined if neither direction is better in itself. */
  readonly better?: 'more' | 'less';
  of(input: ReportInput): number | undefined;
}

const fromSummary =
  (...path: readonly string[]) =>
  ({ summary }: ReportInput): number | undefined => {
    const value = lookUp(summary, ...path);
    return isNumber(value) ? value : undefined;
  };

/** The errors of predicted numbers, each in its own unit. */
function targetsOf({ summary }: ReportInput): number[] {
  const targets = lookUp(summary, 'test', 'targets');
  return Array.isArray(targets) ? targets.map((target) => lookUp(target, 'rmse')).filter(isNumber) : [];
}

/** Quality measures, the strongest first: the first one that every run has is the subject of verdicts. */
export const QUALITIES: readonly Quantity[] = [
  { name: 'test accuracy', unit: 'share', better: 'more', of: fromSummary('test', 'accuracy') },
  {
    name: 'root mean squared error of the test',
    unit: 'number',
    better: 'less',
    // For a single target; several have no common unit.
    of: (input: ReportInput): number | undefined => {
      const targets = targetsOf(input);
      return targets.length === 1 ? targets[0] : undefined;
    },
  },
  {
    name: 'test loss',
    unit: 'nats',
    better: 'less',
    of: (input: ReportInput): number | undefined =>
      targetsOf(input).length > 0 ? undefined : fromSummary('test', 'loss')(input),
  },
  { name: 'accuracy with shared weights', unit: 'share', better: 'more', of: fromSummary('derived', 'accuracy') },
  { name: 'loss with shared weights', unit: 'nats', better: 'less', of: fromSummary('derived', 'loss') },
];

/** Quantities shown alongside the quality if every run has them. */
export const OTHERS: readonly Quantity[] = [
  { name: 'balanced accuracy', unit: 'share', better: 'more', of: fromSummary('assessment', 'balancedAccuracy') },
  { name: 'parameters', unit: 'count', of: fromSummary('parameters') },
  {
    name: 'gradients of batches',
    unit: 'count',
    of: ({ events }: ReportInput): number | undefined => {
      const counts = eventLog(events).last('search-finished')?.gradientEvaluations;
      return counts && counts.search + counts.retrain;
    },
  },
  { name: 'time', unit: 'seconds', of: fromSummary('elapsedSeconds') },
  {
    name: 'largest eigenvalue of the Hessian',
    unit: 'number',
    of: ({ sharpness }: ReportInput): number | undefined => {
      const value = lookUp(sharpness?.child, 'largest', 'value');
      return isNumber(value) ? value : undefined;
    },
  },
];
