/** Rewards of the controller's architectures compared with those of random ones. */
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { type EventLog } from '../event-log.js';
import { isNumber } from '../format.js';
import { measureOf } from '../measure.js';
import { color, type ColorName } from '../palette.js';
import { drawChart, epochAxis, gridY, label } from './frame.js';
import { spread } from './spread.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Mean reward of each epoch: the controller's samples, random samples of the same supernet, and the best so
 * far. The ribbon spans the lowest and highest round mean of the epoch.
 */
export function rewardChart(log: EventLog): string | undefined {
  const epochs = log.all('epoch');
  const { percent: inPercent, reward: rewarded } = measureOf(log);
  const series = (value: (event: (typeof epochs)[number]) => unknown): Point[] =>
    epochs.flatMap((event) => (isNumber(value(event)) ? [{ x: event.epoch + 1, y: value(event) as number }] : []));
  const controller = series(({ reward }) => reward);
  const random = series(({ random }) => random);
  const best = series((event) => event.best?.reward);
  const lines: { name: string; color: ColorName; points: Point[]; dashed?: boolean }[] = [
    { name: 'controller', color: 'controller', points: controller },
    { name: 'random', color: 'random', points: random },
    { name: 'best so far', color: 'muted', points: best, dashed: true },
  ];
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const last = epochs.at(-1)!.epoch + 1;
  const ends = spread(
    drawn.map(({ name, color, points }) => ({ name, color, ...points.at(-1)! })),
    range(drawn.flatMap(({ points }) => points.map(({ y }) => y))),
  );
  return drawChart({
    ariaLabel: 'Mean reward by epoch of the controller and of random sampling',
    marginRight: 92,
    x: { domain: [Math.min(1, last - 1), last] },
    y: {
      label: `↑ reward (${rewarded})`,
      labelArrow: 'none',
      percent: inPercent,
      nice: true,
    },
    marks: [
      gridY(),
      epochAxis(last),
      Plot.areaY(rounds(log), { x: 'x', y1: 'low', y2: 'high', fill: color('controller'), fillOpacity: 0.14 }),
      ...drawn.map(({ points, color: name, dashed }) =>
        Plot.lineY(points, {
          x: 'x',
          y: 'y',
          stroke: color(name),
          strokeWidth: dashed ? 1.2 : 2,
          ...(dashed ? { strokeDasharray: '3 3' } : {}),
        }),
      ),
      ...drawn.map(({ points, color: name }) =>
        Plot.dot(points.slice(-1), { x: 'x', y: 'y', r: 3, fill: color(name) }),
      ),
      ...ends.map((end) =>
        label([end], { x: 'x', y: 'at', text: 'name', dx: 8, textAnchor: 'start', fill: color(end.color) }),
      ),
    ],
  });
}

function rounds(log: EventLog): { x: number; low: number; high: number }[] {
  const byEpoch = new Map<number, number[]>();
  for (const { epoch, reward } of log.all('controller-round'))
    if (isNumber(reward)) byEpoch.set(epoch, [...(byEpoch.get(epoch) ?? []), reward]);
  return [...byEpoch].map(([epoch, rewards]) => ({
    x: epoch + 1,
    low: smallestOf(rewards),
    high: largestOf(rewards),
  }));
}

function range(values: readonly number[]): number {
  return largestOf(values) - smallestOf(values) || 0.01;
}
