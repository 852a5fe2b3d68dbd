/** Other changes over the epochs: the distribution of FV, and the agreement of the two orders. */
import { smallestOf } from '../../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { quantile } from '../../../statistics/index.js';
import { drawChart, epochAxis, gridY, lineToLast, thin } from '../../charts/frame.js';
import { isNumber } from '../../format.js';
import { color } from '../../palette.js';
import { type EpochMeasurement } from '../measurements.js';

/** Maximum number of epochs with a distribution each. */
const MAX_EPOCHS = 40;

/**
 * FV = acc2 - acc1 of every architecture of an epoch, in points: negative is forgetting. Dots are architectures, the
 * thin bar spans the 5th to the 95th percentile, the thick one the middle half, the white mark is the median.
 */
export function valueChart(epochs: readonly EpochMeasurement[]): string | undefined {
  if (epochs.length === 0) return undefined;
  const shown = thin(epochs, MAX_EPOCHS);
  const points = shown.flatMap(({ epoch, visits }) =>
    visits.map(({ error }, i) => ({ x: epoch + 1 + 0.3 * (((i * GOLDEN) % 1) - 0.5), y: error.first - error.second })),
  );
  const boxes = shown.map(({ epoch, visits }) => {
    const values = visits.map(({ error }) => error.first - error.second);
    return {
      x: epoch + 1,
      low: quantile(values, 0.05),
      quarter: quantile(values, 0.25),
      middle: quantile(values, 0.5),
      threeQuarters: quantile(values, 0.75),
      high: quantile(values, 0.95),
    };
  });
  const last = epochs.at(-1)!.epoch + 1;
  const width = Math.min(9, 260 / shown.length);
  return drawChart({
    ariaLabel: 'Distribution of the change of accuracy by epoch',
    x: { domain: [epochs[0]!.epoch + 0.5, last + 0.5] },
    y: { label: '↑ FV = acc2 − acc1 (points)', labelArrow: 'none', percent: true, nice: true },
    marks: [
      gridY(),
      Plot.ruleY([0], { stroke: color('muted') }),
      epochAxis(last),
      Plot.dot(points, { x: 'x', y: 'y', r: 1.3, fill: color('muted'), fillOpacity: 0.5 }),
      Plot.ruleX(boxes, { x: 'x', y1: 'low', y2: 'high', stroke: color('controller'), strokeWidth: 1 }),
      Plot.ruleX(boxes, {
        x: 'x',
        y1: 'quarter',
        y2: 'threeQuarters',
        stroke: color('controller'),
        strokeWidth: width,
      }),
      Plot.dot(boxes, { x: 'x', y: 'middle', r: Math.min(2.6, width / 3), fill: color('paper') }),
    ],
  });
}

/** Spreads dots sideways deterministically: multiples of the golden ratio fill an interval evenly. */
const GOLDEN = 0.618034;

/** Kendall's tau-b between the losses right after training and at the end of the epoch: 1 is the same order. */
export function tauChart(epochs: readonly EpochMeasurement[]): string | undefined {
  const points = epochs.flatMap(({ epoch, loss, error }) =>
    isNumber(loss.tau) ? [{ x: epoch + 1, y: loss.tau, error: error.tau }] : [],
  );
  const last = points.at(-1);
  if (!last) return undefined;
  return drawChart({
    ariaLabel: 'Rank agreement of the first and second measurement by epoch',
    marginRight: 52,
    x: { domain: [Math.min(points[0]!.x, last.x - 1), last.x] },
    y: {
      label: '↑ Kendall’s τ',
      labelArrow: 'none',
      domain: [
        smallestOf(
          points.map(({ y }) => y),
          0,
        ),
        1,
      ],
      nice: true,
    },
    marks: [gridY(), Plot.ruleY([0], { stroke: color('muted') }), epochAxis(last.x), ...lineToLast(points)],
  });
}
