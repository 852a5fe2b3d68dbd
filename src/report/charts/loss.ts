/** Training loss of the shared weights over the search. */
import * as Plot from '@observablehq/plot';
import { type EventLog } from '../event-log.js';
import { isNumber } from '../format.js';
import { color } from '../palette.js';
import { measureOf } from '../measure.js';
import { drawChart, epochAxis, gridY, lineToLast, thin } from './frame.js';

/** Maximum number of steps drawn: more would only make the file large. */
const MAX_DOTS = 400;

/** Mean loss of each epoch as a line, over single steps as dots; cross-entropy in nats. */
export function lossChart(log: EventLog): string | undefined {
  const epochs = log
    .all('weights-epoch')
    .filter(({ loss }) => isNumber(loss))
    .map(({ epoch, loss }) => ({ x: epoch + 1, y: loss }));
  if (epochs.length === 0) return undefined;
  const stepsPerEpoch = log.last('search-started')?.stepsPerEpoch ?? NaN;
  const steps = log
    .all('weights-step')
    .map(({ epoch, step, loss }) => ({ x: epoch + (step + 1) / stepsPerEpoch, y: loss }))
    .filter(({ x, y }) => isNumber(x) && isNumber(y));
  const last = epochs.at(-1)!;
  return drawChart({
    ariaLabel: 'Training loss of the shared weights by epoch',
    marginRight: 52,
    x: { domain: [0, last.x] },
    y: { label: `↑ ${measureOf(log).trained}`, labelArrow: 'none', zero: true, nice: true },
    marks: [
      gridY(),
      epochAxis(last.x),
      Plot.dot(thin(steps, MAX_DOTS), { x: 'x', y: 'y', r: 1.5, fill: color('muted'), fillOpacity: 0.45 }),
      ...lineToLast(epochs),
    ],
  });
}
