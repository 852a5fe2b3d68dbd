/** Sharpness: over training, as a spectrum, and as a picture of the loss. */
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { type EventLog, type EventOf } from '../event-log.js';
import { isNumber } from '../format.js';
import { color } from '../palette.js';
import { drawChart, gridY } from './frame.js';
import { type Line, linesChart } from './lines.js';

type Tracked = EventOf<'sharpness' | 'shared-sharpness'>;

/** Whose training is drawn: that of the derived network, or of the shared weights. */
type Which = Tracked['type'];

const WHILE: Readonly<Record<Which, string>> = {
  sharpness: 'while retraining',
  'shared-sharpness': 'while the shared weights are trained',
};

/** Largest eigenvalue over the epochs of training, with the optimizer's edge of stability. */
export function sharpnessChart(log: EventLog, which: Which = 'sharpness'): string | undefined {
  const events = log.all(which).filter(({ sharpness }) => isNumber(sharpness));
  const curve = (value: (event: Tracked) => unknown): Line['points'] =>
    events.flatMap((event) => (isNumber(value(event)) ? [{ x: epochOf(log, event), y: value(event) as number }] : []));
  return linesChart(
    [
      { name: 'λ', color: 'controller', points: curve(({ sharpness }) => sharpness) },
      { name: '2/η', color: 'muted', dashed: true, points: curve(({ edges }) => edges?.descent) },
      { name: 'momentum', color: 'random', dashed: true, points: curve(({ edges }) => edges?.momentum) },
      { name: 'SAM edge', color: 'found', dashed: true, points: curve(({ edges }) => edges?.sam) },
    ],
    {
      ariaLabel: `Largest Hessian eigenvalue ${WHILE[which]}, and the edges of stability`,
      x: { label: 'epoch' },
      y: { label: 'largest eigenvalue', type: 'log' },
    },
  );
}

/** Alignment of the gradient, and of SAM's gradient, with the top eigenvector. */
export function alignmentChart(log: EventLog, which: Which = 'sharpness'): string | undefined {
  const curve = (field: 'alignment' | 'samAlignment'): Line['points'] =>
    log.all(which).flatMap((event) => (isNumber(event[field]) ? [{ x: epochOf(log, event), y: event[field] }] : []));
  return linesChart(
    [
      { name: 'gradient', color: 'controller', points: curve('alignment') },
      { name: 'SAM’s', color: 'found', points: curve('samAlignment') },
    ],
    {
      ariaLabel: `Alignment of the gradient with the top eigenvector ${WHILE[which]}`,
      x: { label: 'epoch' },
      y: { label: '|cos| with the top eigenvector', domain: [0, 1] },
    },
  );
}

function epochOf(log: EventLog, { type, epoch, step }: Tracked): number {
  return epoch + step / (log.last(type === 'sharpness' ? 'retrain-started' : 'search-started')?.stepsPerEpoch ?? NaN);
}

/** Density of the eigenvalues, logarithmic. */
export function spectrumChart({
  x,
  y,
}: {
  readonly x: readonly number[];
  readonly y: readonly number[];
}): string | undefined {
  const largest = largestOf(y);
  const points = x.map((at, i) => ({ x: at, y: Math.max(y[i]!, largest * 1e-5) }));
  return linesChart([{ name: '', color: 'controller', points }], {
    ariaLabel: 'Density of the eigenvalues of the Hessian',
    x: { label: 'eigenvalue' },
    y: { label: 'density', type: 'log' },
    marginRight: 20,
  });
}

/** The loss along a line through the weights. */
export function lossLineChart({
  x,
  loss,
}: {
  readonly x: readonly number[];
  readonly loss: readonly number[];
}): string | undefined {
  return linesChart([{ name: '', color: 'controller', points: x.map((at, i) => ({ x: at, y: loss[i]! })) }], {
    ariaLabel: 'Loss along a filter-normalized random direction',
    x: { label: 'distance, in lengths of the filters' },
    y: { label: 'loss (nats)' },
    marginRight: 20,
  });
}

/** The loss on a plane through the weights, as contours at equal steps of its logarithm. */
export function lossPlaneChart({
  x,
  y,
  rows,
}: {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly rows: readonly (readonly number[])[];
}): string | undefined {
  const cells = rows.flatMap((row, j) => row.map((loss, i) => ({ x: x[i]!, y: y[j]!, loss })));
  const values = cells.map(({ loss }) => loss).filter((loss) => isNumber(loss) && loss > 0);
  if (values.length < cells.length) return undefined;
  const [low, high] = [smallestOf(values), largestOf(values)];
  const thresholds = Array.from({ length: 9 }, (_, i) => low * (high / low) ** ((i + 1) / 10));
  return drawChart({
    ariaLabel: 'Contours of the loss on a plane of two filter-normalized random directions',
    height: 400,
    x: { domain: [x[0]!, x.at(-1)!], label: 'first direction', labelAnchor: 'center', labelArrow: 'none' },
    y: { domain: [y[0]!, y.at(-1)!], label: '↑ second direction', labelArrow: 'none' },
    marks: [
      gridY(),
      Plot.contour(cells, {
        x: 'x',
        y: 'y',
        value: 'loss',
        thresholds,
        fill: color('controller'),
        fillOpacity: 0.09,
        stroke: color('controller'),
        strokeOpacity: 0.6,
        strokeWidth: 0.8,
        interpolate: 'barycentric',
      }),
      Plot.dot([{ x: 0, y: 0 }], { x: 'x', y: 'y', r: 3.5, fill: color('alarm') }),
    ],
  });
}
