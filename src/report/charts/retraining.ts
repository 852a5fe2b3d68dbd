/** Training the derived network from scratch. */
import * as Plot from '@observablehq/plot';
import { type EventLog } from '../event-log.js';
import { decimal, isNumber } from '../format.js';
import { color, type ColorName } from '../palette.js';
import { measureOf } from '../measure.js';
import { linesChart } from './lines.js';
import { drawChart, epochAxis, gridY, label } from './frame.js';

/**
 * Mean training loss of each epoch, and the validation loss after it if epochs were compared; cross-entropy in nats.
 */
export function retrainLossChart(log: EventLog): string | undefined {
  const epochs = log.all('retrain-epoch');
  if (epochs.some(({ validation }) => isNumber(validation?.loss)))
    return linesChart(
      [
        { name: 'training', color: 'found', points: epochs.map(({ epoch, loss }) => ({ x: epoch + 1, y: loss })) },
        {
          name: 'validation',
          color: 'controller',
          points: epochs.map(({ epoch, validation }) => ({ x: epoch + 1, y: validation?.loss ?? NaN })),
        },
      ],
      {
        ariaLabel: 'Training and validation loss while retraining',
        height: 240,
        x: { label: 'epoch' },
        y: { label: measureOf(log).trained },
      },
    );
  return curve(log, 'loss', {
    ariaLabel: 'Training loss while retraining',
    title: `↑ ${measureOf(log).trained}`,
    line: 'found',
    digits: 3,
    height: 240,
  });
}

/** Learning rate at the end of each epoch. */
export function learningRateChart(log: EventLog): string | undefined {
  return curve(log, 'learningRate', {
    ariaLabel: 'Learning rate while retraining',
    title: '↑ learning rate',
    line: 'muted',
    digits: 4,
    height: 240,
  });
}

function curve(
  log: EventLog,
  field: 'loss' | 'learningRate',
  {
    ariaLabel,
    title,
    line,
    digits,
    height,
  }: { ariaLabel: string; title: string; line: ColorName; digits: number; height: number },
): string | undefined {
  const points = log
    .all('retrain-epoch')
    .flatMap((event) => (isNumber(event[field]) ? [{ x: event.epoch + 1, y: event[field] }] : []));
  const last = points.at(-1);
  if (!last) return undefined;
  return drawChart({
    ariaLabel,
    height,
    marginRight: 58,
    marginLeft: 52,
    x: { domain: [Math.min(1, last.x - 1), last.x] },
    y: { label: title, labelArrow: 'none', zero: true, nice: true },
    marks: [
      gridY(),
      epochAxis(last.x),
      Plot.lineY(points, { x: 'x', y: 'y', stroke: color(line), strokeWidth: 2 }),
      Plot.dot([last], { x: 'x', y: 'y', r: 3, fill: color(line) }),
      label([last], {
        x: 'x',
        y: 'y',
        text: ({ y }: { y: number }) => (Number(y.toFixed(digits)) === 0 ? '0' : decimal(y, digits)),
        dx: 8,
        textAnchor: 'start',
        fill: color(line),
      }),
    ],
  });
}
