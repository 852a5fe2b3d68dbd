/** The four panels of the article (mean, best five, worst, reward over epochs), with the absolute levels below. */
import { largestOf, smallestOf } from '../../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { decimal, isNumber, percent } from '../../format.js';
import { color, type ColorName } from '../../palette.js';
import { drawChart, epochAxis, gridY, label } from '../../charts/frame.js';
import { spread } from '../../charts/spread.js';
import { type EpochMeasurement } from '../measurements.js';
import { smooth } from '../smooth.js';

/** A line of a panel: a run, or the mean of runs that differ only in the seed. */
export interface Series {
  /** Shown at the end of the line; empty if there is only one. */
  readonly name: string;
  readonly color: ColorName;
  readonly epochs: readonly EpochMeasurement[];
}

export interface Panel {
  readonly title: string;
  readonly caption: string;
  readonly svg: string | undefined;
}

type Value = (epoch: EpochMeasurement) => number | null;

interface Quantity {
  readonly axis: string;
  readonly aria: string;
  readonly of: Value;
  readonly share?: boolean;
}

/** Differences of the loss (positive is forgetting) and the reward, each raw in a faint line and smoothed. */
export function fourPanels(series: readonly Series[]): Panel[] {
  return [
    {
      title: 'Mean forgetting',
      caption: 'loss2 − loss1, mean over the architectures of an epoch.',
      svg: panel(series, {
        axis: '↑ mean loss2 − loss1 (nats)',
        aria: 'Mean difference of the loss by epoch',
        of: ({ loss }) => loss.meanDiff,
      }),
    },
    {
      title: 'Forgetting of the best five',
      caption: 'Mean over the five architectures of an epoch with the lowest loss1: those that a search would choose.',
      svg: panel(series, {
        axis: '↑ best-5 loss2 − loss1 (nats)',
        aria: 'Mean difference of the loss of the best five by epoch',
        of: ({ loss }) => loss.best5Diff,
      }),
    },
    {
      title: 'Worst forgetting',
      caption: 'The largest loss2 − loss1 of an epoch.',
      svg: panel(series, {
        axis: '↑ max loss2 − loss1 (nats)',
        aria: 'Largest difference of the loss by epoch',
        of: ({ loss }) => loss.maxDiff,
      }),
    },
    {
      title: 'Mean reward',
      caption: 'Reward of the controller’s samples, which forgetting may reduce.',
      svg: panel(series, {
        axis: '↑ mean reward (%)',
        aria: 'Mean reward by epoch',
        of: ({ reward }) => reward,
        share: true,
      }),
    },
  ];
}

/**
 * Levels of loss and error, right after training (dashed) and at the end of the epoch (solid): a small difference of
 * two bad numbers is no success.
 */
export function levelPanels(series: readonly Series[]): Panel[] {
  const both = (first: Value, second: Value, share: boolean, axis: string, aria: string): string | undefined =>
    levels(series, { first, second, share, axis, aria });
  return [
    {
      title: 'Loss levels',
      caption:
        'Dashed: loss1, right after an architecture’s own training. Solid: loss2, at the end of the epoch. Means over the epoch’s architectures.',
      svg: both(
        ({ loss }) => loss.meanFirst,
        ({ loss }) => loss.meanSecond,
        false,
        '↑ cross-entropy (nats)',
        'Mean loss after training and at the end of the epoch',
      ),
    },
    {
      title: 'Error levels',
      caption: 'The same for the error, 1 − accuracy: dashed err1, solid err2.',
      svg: both(
        ({ error }) => error.meanFirst,
        ({ error }) => error.meanSecond,
        true,
        '↑ error (%)',
        'Mean error after training and at the end of the epoch',
      ),
    },
  ];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function pointsOf(epochs: readonly EpochMeasurement[], of: Value): Point[] {
  return epochs.flatMap((epoch) => {
    const y = of(epoch);
    return isNumber(y) ? [{ x: epoch.epoch + 1, y }] : [];
  });
}

function panel(series: readonly Series[], { axis, aria, of, share = false }: Quantity): string | undefined {
  const lines = series
    .map((one) => ({ ...one, raw: pointsOf(one.epochs, of) }))
    .filter(({ raw }) => raw.length > 0)
    .map((one) => ({ ...one, smoothed: smoothed(one.raw) }));
  if (lines.length === 0) return undefined;
  const [first, last] = range(lines.flatMap(({ raw }) => raw));
  return drawChart({
    ariaLabel: aria,
    marginLeft: 52,
    marginRight: marginFor(lines),
    x: { domain: [Math.min(first, last - 1), last] },
    y: { label: axis, labelArrow: 'none', percent: share, nice: true },
    marks: [
      gridY(),
      share ? null : Plot.ruleY([0], { stroke: color('muted') }),
      epochAxis(last),
      ...lines.map(({ raw, color: ink }) =>
        Plot.lineY(raw, { x: 'x', y: 'y', stroke: color(ink), strokeWidth: 1, strokeOpacity: 0.38 }),
      ),
      ...lines.map(({ smoothed, color: ink }) =>
        Plot.lineY(smoothed, { x: 'x', y: 'y', stroke: color(ink), strokeWidth: 2.2 }),
      ),
      ...ends(
        lines.map(({ smoothed, ...one }) => ({ ...one, ...smoothed.at(-1)! })),
        share,
        heightOf(lines.flatMap(({ raw }) => raw)),
      ),
    ],
  });
}

function levels(
  series: readonly Series[],
  { first, second, share, axis, aria }: { first: Value; second: Value; share: boolean; axis: string; aria: string },
): string | undefined {
  const lines = series
    .map((one) => ({ ...one, before: pointsOf(one.epochs, first), after: pointsOf(one.epochs, second) }))
    .filter(({ after }) => after.length > 0);
  if (lines.length === 0) return undefined;
  const [start, last] = range(lines.flatMap(({ after }) => after));
  return drawChart({
    ariaLabel: aria,
    marginLeft: 52,
    marginRight: marginFor(lines),
    x: { domain: [Math.min(start, last - 1), last] },
    y: { label: axis, labelArrow: 'none', percent: share, zero: true, nice: true },
    marks: [
      gridY(),
      epochAxis(last),
      ...lines.map(({ before, color: ink }) =>
        Plot.lineY(before, { x: 'x', y: 'y', stroke: color(ink), strokeWidth: 1.4, strokeDasharray: '4 3' }),
      ),
      ...lines.map(({ after, color: ink }) =>
        Plot.lineY(after, { x: 'x', y: 'y', stroke: color(ink), strokeWidth: 2.2 }),
      ),
      ...ends(
        lines.map(({ after, ...one }) => ({ ...one, ...after.at(-1)! })),
        share,
        heightOf(lines.flatMap(({ before, after }) => [...before, ...after])),
      ),
    ],
  });
}

/** A dot and the series' name, or its last value, at the end of each line. */
function ends(
  lines: readonly (Point & Pick<Series, 'name' | 'color'>)[],
  share: boolean,
  height: number,
): Plot.Markish[] {
  const placed = spread(
    lines.map((line) => ({ ...line, text: line.name || (share ? percent(line.y) : decimal(line.y)) })),
    height,
  );
  return [
    ...lines.map((line) => Plot.dot([line], { x: 'x', y: 'y', r: 3, fill: color(line.color) })),
    ...placed.map((line) =>
      label([line], { x: 'x', y: 'at', text: 'text', dx: 8, textAnchor: 'start', fill: color(line.color) }),
    ),
  ];
}

function smoothed(points: readonly Point[]): Point[] {
  const values = smooth(points.map(({ y }) => y));
  return points.map(({ x }, i) => ({ x, y: values[i]! }));
}

function marginFor(lines: readonly { name: string }[]): number {
  return Math.max(58, 20 + 6.4 * largestOf(lines.map(({ name }) => name.length)));
}

function range(points: readonly Point[]): [first: number, last: number] {
  const xs = points.map(({ x }) => x);
  return [smallestOf(xs), largestOf(xs)];
}

function heightOf(points: readonly Point[]): number {
  const ys = points.map(({ y }) => y);
  return largestOf(ys) - smallestOf(ys) || 0.01;
}
