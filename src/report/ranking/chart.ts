/** Shared-weight scores against those of networks trained alone. */
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { quality, type RankAnalysis } from '../../ranking/index.js';
import { drawChart, gridY } from '../charts/frame.js';
import { color } from '../palette.js';

/**
 * One dot per architecture; with several seeds a thin bar spans theirs. Losses are drawn downwards, so that up and
 * right is better.
 */
export function rankChart({ record: { architectures, measure, seeds }, alone }: RankAnalysis): string | undefined {
  const sign = measure === 'accuracy' ? 1 : -1;
  const points = architectures.map((one, i) => {
    const values = one.alone.map((score) => sign * quality(score, measure));
    return {
      x: sign * quality(one.shared, measure),
      y: sign * alone[i]!,
      low: smallestOf(values),
      high: largestOf(values),
    };
  });
  if (points.length < 2) return undefined;
  const scale =
    measure === 'accuracy' ? { percent: true, nice: true, inset: 6 } : { reverse: true, nice: true, inset: 6 };
  const unit = measure === 'accuracy' ? 'accuracy' : 'loss';
  return drawChart({
    ariaLabel: 'Quality after training alone against quality with shared weights, one dot per architecture',
    height: 320,
    marginLeft: 52,
    x: scale,
    y: {
      ...scale,
      label: `↑ test ${unit} when trained alone (${measure === 'accuracy' ? '%' : 'nats'})`,
      labelArrow: 'none',
    },
    marks: [
      gridY(),
      Plot.axisX({
        label: `${unit} with shared weights (${measure === 'accuracy' ? '%' : 'nats'})`,
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 6,
        color: color('muted'),
      }),
      seeds.length > 1
        ? Plot.ruleX(points, { x: 'x', y1: 'low', y2: 'high', stroke: color('controller'), strokeOpacity: 0.4 })
        : null,
      Plot.dot(points, { x: 'x', y: 'y', r: 3.2, fill: color('controller'), fillOpacity: 0.7 }),
    ],
  });
}
