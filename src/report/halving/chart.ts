/** Results of candidates against one of their hyper-parameters. */
import * as Plot from '@observablehq/plot';
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import { drawChart, gridY } from '../charts/frame.js';
import { color } from '../palette.js';

export interface HyperparameterAxis {
  /** Its path in the configuration. */
  readonly path: string;
  readonly scale: 'linear' | 'log' | 'words';
}

export interface HyperparameterPoint {
  readonly value: string | number | boolean;
  readonly score: number;
}

/**
 * A dot per candidate, and a dashed line at the winner's value if it has one. Undefined for fewer than two candidates.
 */
export function hyperparameterChart(
  { path, scale }: HyperparameterAxis,
  points: readonly HyperparameterPoint[],
  {
    measure,
    winner,
  }: { readonly measure: 'accuracy' | 'loss'; readonly winner?: HyperparameterPoint['value'] | undefined },
): string | undefined {
  const drawn = points
    .filter(({ score }) => Number.isFinite(score))
    .map(({ value, score }) => ({
      x: scale === 'words' ? String(value) : Number(value),
      y: measure === 'loss' ? -score : score,
    }));
  if (drawn.length < 2) return undefined;
  return drawChart({
    ariaLabel: `${measure} against ${path}`,
    height: 220,
    marginLeft: 52,
    x: scale === 'words' ? { type: 'point', padding: 0.6 } : { type: scale, inset: 12 },
    y: { percent: measure === 'accuracy', nice: true, inset: 10 },
    marks: [
      gridY(),
      Plot.axisY({
        label: measure === 'loss' ? '↑ loss' : '↑ accuracy (%)',
        labelArrow: 'none',
        color: color('muted'),
        ticks: 4,
      }),
      Plot.axisX({
        label: null,
        tickSize: 4,
        ...(scale === 'linear' && { ticks: 4 }),
        ...(scale === 'log' && { ticks: roundNumbers(drawn.map(({ x }) => Number(x))), tickFormat: String }),
        color: color('muted'),
      }),
      ...(winner === undefined
        ? []
        : [
            Plot.ruleX([scale === 'words' ? String(winner) : Number(winner)], {
              stroke: color('found'),
              strokeDasharray: '4 3',
            }),
          ]),
      Plot.dot(drawn, { x: 'x', y: 'y', r: 4, fill: color('controller'), fillOpacity: 0.55 }),
    ],
  });
}

/** Powers of ten between the smallest and the largest number and, if these are few, their multiples by two and five. */
function roundNumbers(values: readonly number[]): number[] {
  const [low, high] = [smallestOf(values), largestOf(values)];
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => first + i);
  const steps = high / low < 100 ? [1, 2, 5] : [1];
  return powers
    .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
    .filter((value) => value >= low && value <= high);
}
