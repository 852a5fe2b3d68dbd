/** Forgetting against performance, so that a method that learns nothing cannot look good. */
import { largestOf, smallestOf } from '../../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { drawChart, gridY, label } from '../../charts/frame.js';
import { color, type ColorName } from '../../palette.js';
import { type EpochMeasurement } from '../measurements.js';

/** The trajectory of one run: one dot per epoch, joined in order; the best corner is at the bottom right. */
export function performanceChart(epochs: readonly EpochMeasurement[]): string | undefined {
  const points = epochs.map(({ epoch, loss, error }) => ({
    epoch: epoch + 1,
    x: 1 - error.meanSecond,
    y: loss.meanDiff,
  }));
  if (points.length < 2) return undefined;
  const [first, last] = [points[0]!, points.at(-1)!];
  const middle = (smallestOf(points.map(({ x }) => x)) + largestOf(points.map(({ x }) => x))) / 2;
  const named = [first, last].map((one) => ({ ...one, text: `epoch ${one.epoch}` }));
  return drawChart({
    ariaLabel: 'Forgetting against accuracy at the end of the epoch, one dot per epoch',
    height: 280,
    marginLeft: 52,
    x: { percent: true, nice: true },
    y: { label: '↑ mean loss2 − loss1 (nats)', labelArrow: 'none', nice: true },
    marks: [
      gridY(),
      Plot.ruleY([0], { stroke: color('muted') }),
      accuracyAxis('accuracy at the end of the epoch, acc2 (%)'),
      Plot.line(points, { x: 'x', y: 'y', stroke: color('controller'), strokeWidth: 1, strokeOpacity: 0.5 }),
      Plot.dot(points, {
        x: 'x',
        y: 'y',
        r: 3,
        fill: color('controller'),
        fillOpacity: (_, i: number) => 0.25 + (0.75 * (i + 1)) / points.length,
      }),
      ...named.map((one) =>
        label([one], {
          x: 'x',
          y: 'y',
          text: 'text',
          dy: -15,
          textAnchor: one.x > middle ? 'end' : 'start',
          fill: color('controller'),
        }),
      ),
    ],
  });
}

/** A run, or the mean of an arm, in the plane of forgetting and performance. */
export interface Standing {
  readonly name: string;
  readonly color: ColorName;
  readonly forgetting: number;
  readonly performance: number;
  /** Drawn large, with its name. */
  readonly mean: boolean;
}

/** Runs as small dots, the means of their arms as diamonds with names. */
export function standingsChart(standings: readonly Standing[], performance: string): string | undefined {
  if (standings.length === 0) return undefined;
  const xs = standings.map((one) => one.performance);
  const middle = (smallestOf(xs) + largestOf(xs)) / 2;
  const means = standings.filter(({ mean }) => mean);
  return drawChart({
    ariaLabel: 'Forgetting against performance of each run',
    height: 300,
    marginLeft: 52,
    x: { percent: true, nice: true, inset: 8 },
    y: { label: '↑ mean loss2 − loss1 (nats)', labelArrow: 'none', nice: true, zero: true, inset: 8 },
    marks: [
      gridY(),
      Plot.ruleY([0], { stroke: color('muted') }),
      accuracyAxis(performance),
      ...standings
        .filter(({ mean }) => !mean)
        .map((one) =>
          Plot.dot([one], { x: 'performance', y: 'forgetting', r: 3, fill: color(one.color), fillOpacity: 0.55 }),
        ),
      ...means.map((one) =>
        Plot.dot([one], {
          x: 'performance',
          y: 'forgetting',
          r: 6,
          symbol: 'diamond',
          fill: color(one.color),
          stroke: color('paper'),
          strokeWidth: 1.5,
        }),
      ),
      ...means.map((one) =>
        label([one], {
          x: 'performance',
          y: 'forgetting',
          text: 'name',
          dx: one.performance > middle ? -10 : 10,
          textAnchor: one.performance > middle ? 'end' : 'start',
          fill: color(one.color),
        }),
      ),
    ],
  });
}

function accuracyAxis(words: string): Plot.Markish {
  return Plot.axisX({
    label: words,
    labelAnchor: 'right',
    labelArrow: 'none',
    tickSize: 4,
    ticks: 6,
    color: color('muted'),
  });
}
