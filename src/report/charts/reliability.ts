/** How often a network is right compared with its confidence. */
import * as Plot from '@observablehq/plot';
import { type CalibrationBin } from '../../statistics/calibration.js';
import { wilsonInterval } from '../../statistics/index.js';
import { isNumber } from '../format.js';
import { color } from '../palette.js';
import { drawChart, gridY, label } from './frame.js';

type Recorded = readonly Partial<CalibrationBin>[];

/**
 * The reliability diagram: one dot per confidence bin, with a 95 % interval; hollow dots are without temperature
 * scaling. Undefined if there are no dots.
 */
export function reliabilityChart(curve: Recorded, before: Recorded = []): string | undefined {
  const [now, then] = [whole(curve), whole(before)];
  if (now.length === 0) return undefined;
  const percents = (share: number): string => `${Math.round(100 * share)} %`;
  return drawChart({
    ariaLabel: 'Share of right answers over the stated probability',
    height: 320,
    marginLeft: 58,
    marginRight: 26,
    x: { domain: [0, 1] },
    y: { domain: [0, 1] },
    marks: [
      gridY(),
      Plot.axisX({
        label: 'stated probability',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 6,
        tickFormat: percents,
        color: color('muted'),
      }),
      Plot.axisY({
        label: '↑ share of right answers',
        labelArrow: 'none',
        ticks: 6,
        tickFormat: percents,
        color: color('muted'),
      }),
      Plot.line(
        [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
        { x: 'x', y: 'y', stroke: color('muted'), strokeDasharray: '4 3' },
      ),
      Plot.dot(then, {
        x: 'confidence',
        y: 'accuracy',
        r: 3.4,
        stroke: color('random'),
        fill: 'none',
        strokeWidth: 1.5,
      }),
      Plot.ruleX(now, { x: 'confidence', y1: 'low', y2: 'high', stroke: color('controller'), strokeOpacity: 0.5 }),
      Plot.dot(now, { x: 'confidence', y: 'accuracy', r: 3.4, fill: color('controller') }),
      ...(then.length > 0
        ? [
            label([{ x: 0.03, y: 0.96 }], {
              x: 'x',
              y: 'y',
              text: () => 'with the temperature',
              textAnchor: 'start',
              fill: color('controller'),
            }),
            label([{ x: 0.03, y: 0.89 }], {
              x: 'x',
              y: 'y',
              text: () => 'without it',
              textAnchor: 'start',
              fill: color('random'),
            }),
          ]
        : []),
    ],
  });
}

const whole = (bins: Recorded): (CalibrationBin & { low: number; high: number })[] =>
  (Array.isArray(bins) ? bins : []).flatMap(({ count, confidence, accuracy }) => {
    if (!isNumber(count) || !isNumber(confidence) || !isNumber(accuracy)) return [];
    const [low, high] = wilsonInterval(accuracy, count);
    return [{ count, confidence, accuracy, low: Math.max(0, low), high: Math.min(1, high) }];
  });
