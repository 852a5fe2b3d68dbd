/** The controller's remaining uncertainty. */
import * as Plot from '@observablehq/plot';
import { type EventLog } from '../event-log.js';
import { decimal, isNumber } from '../format.js';
import { color } from '../palette.js';
import { drawChart, epochAxis, gridY, label } from './frame.js';

/** Mean entropy of the controller's decisions by epoch, in nats, as the controller reports it. */
export function entropyChart(log: EventLog): string | undefined {
  const points = log
    .all('epoch')
    .flatMap(({ epoch, entropy }) => (isNumber(entropy) ? [{ x: epoch + 1, y: entropy }] : []));
  const last = points.at(-1);
  if (!last) return undefined;
  return drawChart({
    ariaLabel: 'Entropy of the controller by epoch',
    marginRight: 52,
    x: { domain: [Math.min(1, last.x - 1), last.x] },
    y: { label: '↑ entropy (nats)', labelArrow: 'none', zero: true, nice: true },
    marks: [
      gridY(),
      epochAxis(last.x),
      Plot.areaY(points, { x: 'x', y: 'y', fill: color('controller'), fillOpacity: 0.1 }),
      Plot.lineY(points, { x: 'x', y: 'y', stroke: color('controller'), strokeWidth: 2 }),
      Plot.dot([last], { x: 'x', y: 'y', r: 3, fill: color('controller') }),
      label([last], {
        x: 'x',
        y: 'y',
        text: ({ y }: { y: number }) => decimal(y, 1),
        dx: 8,
        textAnchor: 'start',
        fill: color('controller'),
      }),
    ],
  });
}
