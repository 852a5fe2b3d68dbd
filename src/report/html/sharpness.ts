/** The chapter on the loss surface: along search and retraining, and of the derived network. */
import { alignmentChart, lossLineChart, lossPlaneChart, sharpnessChart, spectrumChart } from '../charts/sharpness.js';
import { type EventLog } from '../event-log.js';
import { ABSENT, isNumber, significant } from '../format.js';
import { isObject, lookUp, type ReportInput } from '../input.js';
import { type Content, figure, html, section, table } from './markup.js';

const WARNING =
  'Sharpness is not a measure of quality. Rescaling its weights can make a network arbitrarily sharp without changing its function, and well-regularized networks can be both sharper and better. Compare it only between trainings of the same network, together with the accuracy.';

export function sharpnessSection({ sharpness }: ReportInput, log: EventLog): Content {
  const figures = [
    figure(
      sharpnessChart(log, 'shared-sharpness'),
      'Largest eigenvalue of the Hessian of the shared weights during the search, and the edges of stability. The loss is always the mean over the same random architectures on the same training examples.',
      { title: 'Sharpness of the shared weights' },
    ),
    figure(
      alignmentChart(log, 'shared-sharpness'),
      'How far its gradient, and the gradient of SAM, point along the top eigenvector.',
      { title: 'Alignment of the shared weights' },
    ),
    figure(
      sharpnessChart(log),
      'Largest eigenvalue of the Hessian during retraining, always on the same training examples, and the edges of stability: above them the optimizer’s steps on the local quadratic model grow.',
      { title: 'Sharpness during retraining' },
    ),
    figure(alignmentChart(log), 'How far the gradient, and the gradient of SAM, point along the top eigenvector.', {
      title: 'Alignment',
    }),
    ...measuredFigures(sharpness?.child, 'the retrained network'),
    ...measuredFigures(sharpness?.supernet, 'the shared weights'),
  ].filter(Boolean);
  const tables = [measuredTable(sharpness?.child), measuredTable(sharpness?.supernet)];
  if (figures.length === 0 && tables.every((one) => one === undefined)) return undefined;
  return section(
    'sharpness',
    'The loss surface',
    html`<p>${WARNING}</p>\n`,
    tables,
    figures.length > 0 && html`<div class="figures">${figures}</div>`,
  );
}

function measuredTable(measured: object | undefined): Content {
  if (!measured) return undefined;
  const bottom = lookUp(measured, 'bottom');
  const values = { ...measured, smallest: Array.isArray(bottom) ? (bottom as unknown[])[0] : undefined };
  const number = (...path: string[]): string => {
    return significant(lookUp(values, ...path));
  };
  const bar = (...path: string[]): string => `± ${number(...path)}`;
  const rows: [string, string, string][] = [
    ['largest eigenvalue λ', number('largest', 'value'), bar('largest', 'residual')],
    ['smallest eigenvalue', number('smallest', 'value'), bar('smallest', 'residual')],
    ['trace', number('trace', 'trace'), bar('trace', 'standardError')],
    ['scale-free: largest eigenvalue of |w|·H·|w|', number('scaleFree', 'value'), bar('scaleFree', 'residual')],
    ['loss (nats)', number('loss'), ''],
    ['norm of the gradient', number('gradientNorm'), ''],
    ['alignment of the gradient with the top eigenvector', number('alignment', 'gradient'), ''],
    ['alignment of SAM’s gradient', number('alignment', 'sam'), ''],
    ['2/η at the highest learning rate', number('edges', 'descent'), ''],
    ['edge with momentum', number('edges', 'momentum'), ''],
    ['edge of SAM', number('edges', 'sam'), ''],
  ];
  return html`<p>${String(lookUp(measured, 'measuredOn') ?? '')}</p>\n${table(
    ['', 'measured', 'error bar'],
    rows.filter(([, value]) => value !== ABSENT),
    [1, 2],
  )}`;
}

function measuredFigures(measured: object | undefined, whose: string): Content[] {
  const line = arrays(lookUp(measured, 'line'), 'x', 'loss');
  const plane = lookUp(measured, 'plane');
  const density = arrays(lookUp(measured, 'densityCurve'), 'x', 'y');
  return [
    density &&
      figure(
        spectrumChart({ x: density[0], y: density[1] }),
        `Density of the eigenvalues of the Hessian of ${whose}, by stochastic Lanczos quadrature.`,
        { title: 'Spectrum' },
      ),
    line &&
      figure(
        lossLineChart({ x: line[0], loss: line[1] }),
        `Loss of ${whose} along a random direction whose filters have the same norms as those of the network.`,
        { title: 'Loss on a line' },
      ),
    isPlane(plane) &&
      figure(
        lossPlaneChart(plane),
        `Loss of ${whose} on the plane of two such directions; the loss grows by the same factor from each contour to the next outer one.`,
        { title: 'Loss on a plane' },
      ),
  ];
}

function arrays(object: unknown, first: string, second: string): readonly [number[], number[]] | undefined {
  const [a, b] = [lookUp(object, first), lookUp(object, second)];
  return numbers(a) && numbers(b) && a.length === b.length && a.length > 1 ? [a, b] : undefined;
}

const numbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNumber);

function isPlane(value: unknown): value is { x: number[]; y: number[]; rows: number[][] } {
  if (!isObject(value)) return false;
  const { x, y, rows } = value as Record<string, unknown>;
  return (
    numbers(x) &&
    numbers(y) &&
    Array.isArray(rows) &&
    rows.length === y.length &&
    rows.every((row) => numbers(row) && row.length === x.length)
  );
}
