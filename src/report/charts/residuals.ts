/** Predicted against actual values. */
import * as Plot from '@observablehq/plot';
import { isNumber } from '../format.js';
import { color } from '../palette.js';
import { drawChart, gridY } from './frame.js';

/**
 * Residuals (actual minus predicted) over predictions, one dot per test example; a dot on the zero line is an exact
 * prediction. Undefined if there are no points.
 */
export function residualChart(points: readonly (readonly [actual: number, predicted: number])[]): string | undefined {
  const dots = points.flatMap(([actual, predicted]) =>
    isNumber(actual) && isNumber(predicted) ? [{ x: predicted, y: actual - predicted }] : [],
  );
  if (dots.length === 0) return undefined;
  return drawChart({
    ariaLabel: 'Residuals of test examples over what was predicted',
    height: 280,
    marginLeft: 58,
    x: { nice: true },
    y: { nice: true },
    marks: [
      gridY(),
      Plot.axisX({
        label: 'predicted',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 6,
        color: color('muted'),
      }),
      Plot.axisY({ label: '↑ actual minus predicted', labelArrow: 'none', ticks: 6, color: color('muted') }),
      Plot.ruleY([0], { stroke: color('muted'), strokeDasharray: '4 3' }),
      Plot.dot(dots, { x: 'x', y: 'y', r: 2.4, fill: color('controller'), fillOpacity: 0.6 }),
    ],
  });
}
