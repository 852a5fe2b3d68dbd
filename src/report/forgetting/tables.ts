/**
 * The tables of the forgetting report at full precision, for CSV files. Differences are second - first: positive is
 * forgetting.
 */
import { type Cell, toCsv } from '../csv.js';
import { type ReportTable } from '../tables.js';
import { type ForgettingAnalysis } from './analysis.js';
import { type Effect } from './by-option.js';
import { predictedDamage, type TensorSummary } from './by-tensor.js';
import { widthRows } from './by-width.js';
import { type EpochMeasurement } from './measurements.js';

/** One CSV text each; those without rows are left out. */
export function forgettingTables(analysis: ForgettingAnalysis): ReportTable[] {
  return Object.entries(rowsOf(analysis))
    .filter(([, rows]) => rows.length > 1)
    .map(([name, rows]) => ({ name, csv: toCsv(rows) }));
}

const EFFECT = [
  'architectures',
  'mean_loss2_minus_loss1',
  'standard_error',
  'mean_without',
  'regression_effect',
  'regression_standard_error',
];
const TENSOR = [
  'tensors',
  'trained',
  'fisher_sum',
  'drift_squared',
  'relative_drift',
  'predicted_damage',
  'damage_share',
  'epochs_clipped_share',
];

function rowsOf(analysis: ForgettingAnalysis): Record<string, Cell[][]> {
  const { log, options, operations, edges, layers, tensors, sharing, health } = analysis;
  const { epochs, visits } = analysis.measurements;
  return {
    epochs: [
      [
        'epoch',
        'architectures',
        'mean_loss2_minus_loss1',
        'sd',
        'median',
        'p95',
        'max',
        'best5',
        'mean_loss1',
        'mean_loss2',
        'mean_err1',
        'mean_err2',
        'mean_err2_minus_err1',
        'tau_loss1_loss2',
        'reward',
        'alpha',
        'fisher_trace',
        'predicted_damage',
      ],
      ...epochs.map(epochRow),
    ],
    architectures: [
      [
        'epoch',
        'index',
        'loss0',
        'loss1',
        'loss2',
        'loss2_minus_loss1',
        'err0',
        'err1',
        'err2',
        'fv_acc2_minus_acc1',
        'shared_with_previous',
        'shared_with_next',
        'ce',
        'penalty',
        'architecture',
      ],
      ...visits.map(
        ({ epoch, index, before, loss, error, sharedWith, sharedNext, ce, penalty, architecture }): Cell[] => [
          epoch + 1,
          index,
          before?.loss,
          loss.first,
          loss.second,
          loss.second - loss.first,
          before?.error,
          error.first,
          error.second,
          error.first - error.second,
          sharedWith,
          sharedNext,
          ce,
          penalty,
          architecture,
        ],
      ),
    ],
    decisions: [
      ['decision', 'option', ...EFFECT],
      ...options.map((one): Cell[] => [one.decision, one.option, ...effectCells(one)]),
    ],
    operations: [
      ['operation', 'places', ...EFFECT],
      ...operations.map((one): Cell[] => [one.option, one.places, ...effectCells(one)]),
    ],
    edges: [
      ['from', 'to', 'condition', ...EFFECT.slice(0, 4), ...TENSOR],
      ...edges.map(({ from, to, condition, count, meanDiff, standardError, meanDiffWithout, tensors }): Cell[] => [
        from,
        to,
        condition,
        count,
        meanDiff,
        standardError,
        meanDiffWithout,
        ...(tensors ? tensorCells(tensors) : TENSOR.map(() => null)),
      ]),
    ],
    layers: [['layer', ...TENSOR], ...layers.map((one): Cell[] => [one.name, ...tensorCells(one)])],
    tensors: [['tensor', ...TENSOR], ...tensors.map((one): Cell[] => [one.name, ...tensorCells(one)])],
    sharing: [
      ['shared_with_next_from', 'to', 'architectures', 'mean_loss2_minus_loss1', 'standard_error'],
      ...sharing.map(({ from, to, count, meanDiff, standardError }): Cell[] => [
        from,
        to,
        count,
        meanDiff,
        standardError,
      ]),
    ],
    ...widthRows(log),
    health: [
      ['check', 'status', 'what', 'detail'],
      ...health.map(({ id, status, what, detail }): Cell[] => [id, status, what, detail]),
    ],
  };
}

function epochRow(one: EpochMeasurement): Cell[] {
  const { epoch, loss, error, reward, alpha, fisherTrace } = one;
  return [
    epoch + 1,
    loss.count,
    loss.meanDiff,
    finite(loss.standardDeviation),
    loss.medianDiff,
    loss.p95Diff,
    loss.maxDiff,
    loss.best5Diff,
    loss.meanFirst,
    loss.meanSecond,
    error.meanFirst,
    error.meanSecond,
    error.meanDiff,
    finite(loss.tau),
    reward,
    alpha,
    fisherTrace,
    one.tensors.length > 0 ? predictedDamage(one) : null,
  ];
}

function effectCells({ count, meanDiff, standardError, meanDiffWithout, effect, effectError }: Effect): Cell[] {
  return [count, meanDiff, standardError, meanDiffWithout, effect, effectError];
}

function tensorCells({
  tensors,
  trained,
  fisherSum,
  drift,
  relativeDrift,
  predictedDamage,
  damageShare,
  clipped,
}: TensorSummary): Cell[] {
  return [tensors, trained, fisherSum, drift, relativeDrift, predictedDamage, damageShare, clipped];
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
