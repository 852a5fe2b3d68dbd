/** Forgetting in weight space: drift against Fisher information, and the damage that they predict. */
import { largestOf, smallestOf } from '../../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { FISHER_BINS } from '../../../forgetting/events.js';
import { drawChart, gridY, label } from '../../charts/frame.js';
import { color } from '../../palette.js';
import { movedTensors, predictedDamage, type TensorSummary } from '../by-tensor.js';
import { calibrationSlope } from '../health.js';
import { type EpochMeasurement } from '../measurements.js';

/** Number of ringed tensors in the scatter plot. */
const RINGED = 3;

/**
 * One dot per tensor on logarithmic scales; those with the most predicted damage are ringed, and the first of them
 * labelled.
 */
export function driftChart(tensors: readonly TensorSummary[]): string | undefined {
  const moved = movedTensors(tensors);
  if (moved.length < 2) return undefined;
  const middle = Math.sqrt(
    smallestOf(moved.map(({ fisherSum }) => fisherSum)) * largestOf(moved.map(({ fisherSum }) => fisherSum)),
  );
  const ringed = moved.slice(0, RINGED);
  return drawChart({
    ariaLabel: 'Drift against Fisher information, one dot per tensor',
    height: 280,
    marginLeft: 60,
    x: { type: 'log' },
    y: { type: 'log', label: '↑ drift |θ − θ̂|²', labelArrow: 'none', tickFormat: power },
    marks: [
      Plot.gridY(decades(moved.map(({ drift }) => drift)), { stroke: color('faint'), strokeOpacity: 0.6 }),
      Plot.axisX({
        label: 'Fisher information ΣF',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 5,
        tickFormat: power,
        color: color('muted'),
      }),
      Plot.dot(moved, { x: 'fisherSum', y: 'drift', r: 3, fill: color('controller'), fillOpacity: 0.55 }),
      Plot.dot(ringed, { x: 'fisherSum', y: 'drift', r: 4.2, stroke: color('random'), strokeWidth: 1.8 }),
      ...ringed.slice(0, 1).map((one) =>
        label([one], {
          x: 'fisherSum',
          y: 'drift',
          text: 'name',
          dy: 14,
          dx: one.fisherSum > middle ? 6 : -6,
          textAnchor: one.fisherSum > middle ? 'end' : 'start',
          fill: color('random'),
        }),
      ),
    ],
  });
}

/** The powers of ten between the minimum and the maximum. */
function decades(values: readonly number[]): number[] {
  const [low, high] = [Math.ceil(Math.log10(smallestOf(values))), Math.floor(Math.log10(largestOf(values)))];
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => 10 ** (low + i));
}

/** 0.001 -> '10⁻³', 0.002 -> '2·10⁻³'; empty for ticks between these. */
function power(value: number): string {
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const digit = Math.round(value / 10 ** exponent);
  if (![1, 2, 5].includes(digit)) return '';
  const superscript = [...String(exponent)]
    .map((character) => (character === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(character)]))
    .join('');
  return `${digit === 1 ? '' : `${digit}·`}10${superscript}`;
}

/** Number of weights by decade of their Fisher information. */
export function fisherChart(histogram: readonly number[] | undefined): string | undefined {
  if (!histogram?.some((count) => count > 0)) return undefined;
  // The first bin lies below the first edge, the last above the last.
  const bars = histogram.map((count, i) => ({
    x1: (FISHER_BINS[i] ?? FISHER_BINS.at(-1)! + 1) - 1,
    x2: FISHER_BINS[i] ?? FISHER_BINS.at(-1)! + 1,
    count,
  }));
  const used = bars.filter(({ count }) => count > 0);
  return drawChart({
    ariaLabel: 'Number of weights by the decade of their Fisher information',
    marginLeft: 60,
    x: { domain: [used[0]!.x1, used.at(-1)!.x2] },
    y: { label: '↑ weights', labelArrow: 'none', nice: true },
    marks: [
      gridY(),
      Plot.axisX({
        label: 'log10 F',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        tickFormat: 'd',
        color: color('muted'),
      }),
      Plot.rectY(used, {
        x1: 'x1',
        x2: 'x2',
        y: 'count',
        fill: color('controller'),
        fillOpacity: 0.75,
        insetLeft: 1,
        insetRight: 1,
      }),
    ],
  });
}

/**
 * Measured rise of the loss against the damage that the quadratic model predicts, one dot per epoch, with the line
 * through zero.
 */
export function calibrationChart(epochs: readonly EpochMeasurement[]): string | undefined {
  const both = epochs
    .map((epoch) => ({ predicted: predictedDamage(epoch), measured: epoch.loss.meanDiff }))
    .filter(({ predicted }) => predicted > 0);
  if (both.length < 3) return undefined;
  const slope = calibrationSlope(both);
  const most = largestOf(both.map(({ predicted }) => predicted));
  return drawChart({
    ariaLabel: 'Measured against predicted rise of the loss, one dot per epoch',
    height: 280,
    marginLeft: 54,
    x: { domain: [0, most], nice: true },
    y: { label: '↑ measured loss2 − loss1 (nats)', labelArrow: 'none', nice: true },
    marks: [
      gridY(),
      Plot.ruleY([0], { stroke: color('muted') }),
      Plot.axisX({
        label: 'predicted ½ΔᵀFΔ (nats)',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 5,
        color: color('muted'),
      }),
      Plot.line(
        [
          [0, 0],
          [most, slope * most],
        ],
        { stroke: color('random'), strokeDasharray: '4 3' },
      ),
      Plot.dot(both, { x: 'predicted', y: 'measured', r: 3, fill: color('controller'), fillOpacity: 0.7 }),
      label([{ x: 0.3 * most, y: 0.3 * slope * most }], {
        x: 'x',
        y: 'y',
        text: () => `slope ${slope.toPrecision(2)}`,
        dx: 8,
        dy: 12,
        textAnchor: 'start',
        fill: color('random'),
      }),
    ],
  });
}
