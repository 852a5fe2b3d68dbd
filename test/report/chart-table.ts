/**
 * Every chart of src/report/charts with something to draw. A new chart is one line here: in `LOG_CHARTS` if it is drawn
 * from the record of a run, or else in `VALUE_CHARTS`.
 */
import { candidatesChart } from '../../src/report/charts/candidates.js';
import { dotChart } from '../../src/report/charts/dots.js';
import { elasticChart } from '../../src/report/charts/elastic.js';
import { entropyChart } from '../../src/report/charts/entropy.js';
import { frontChart } from '../../src/report/charts/front.js';
import { linesChart } from '../../src/report/charts/lines.js';
import { lossChart } from '../../src/report/charts/loss.js';
import { preferenceChart, preferenceHistoryChart } from '../../src/report/charts/preferences.js';
import { reliabilityChart } from '../../src/report/charts/reliability.js';
import { residualChart } from '../../src/report/charts/residuals.js';
import { learningRateChart, retrainLossChart } from '../../src/report/charts/retraining.js';
import { rewardChart } from '../../src/report/charts/reward.js';
import {
  alignmentChart,
  lossLineChart,
  lossPlaneChart,
  sharpnessChart,
  spectrumChart,
} from '../../src/report/charts/sharpness.js';
import { stripChart } from '../../src/report/charts/strip.js';
import { type EventLog, eventLog } from '../../src/report/event-log.js';
import { readPreferences } from '../../src/report/preferences.js';
import { fixture } from './fixture.js';

interface LogRow {
  readonly chart: unknown;
  readonly draw: (log: EventLog) => string | undefined;
}
const fromLog = (chart: LogRow['draw']): LogRow => ({ chart, draw: chart });

/** From the record of a run: each also has to bear a record that is empty, cut short or full of gaps. */
export const LOG_CHARTS: Readonly<Record<string, LogRow>> = {
  loss: fromLog(lossChart),
  reward: fromLog(rewardChart),
  entropy: fromLog(entropyChart),
  candidates: fromLog(candidatesChart),
  'retrain-loss': fromLog(retrainLossChart),
  'learning-rate': fromLog(learningRateChart),
  reliability: {
    chart: reliabilityChart,
    draw(log) {
      const { curve, before } = log.last('assessed')?.calibration ?? {};
      return reliabilityChart(curve ?? [], before?.curve);
    },
  },
};

const log = eventLog(fixture().events);
const snapshots = readPreferences(log, fixture().space);
const [operations, skips] = snapshots.at(-1)!.groups;

const axis = [-1, -0.5, 0, 0.5, 1];
const sharpness = eventLog(
  Array.from({ length: 12 }, (_, i) => ({
    type: 'sharpness',
    epoch: Math.floor(i / 2),
    step: 20 * (i % 2),
    sharpness: 10 + i,
    alignment: 0.2 + i / 40,
    samAlignment: 0.3 + i / 50,
    edges: { descent: 40, momentum: 76, sam: 30 - i },
  })).concat([{ type: 'retrain-started', stepsPerEpoch: 40 } as never]),
);
const front = eventLog([
  ...[8, 12, 20, 31, 45, 60].map((cost, i) => ({
    type: 'candidate',
    source: i % 3 === 2 ? 'random' : 'controller',
    hash: `h${i}`,
    accuracy: 0.5 + 0.06 * i - 0.006 * i * i,
    costs: { parameters: 1000 * cost },
  })),
  { type: 'front', hashes: ['h0', 'h1', 'h3', 'h4'], knee: 'h1' },
]);
const elastic = eventLog(
  [0, 1, 2, 3].map((epoch) => ({
    type: 'elastic-epoch',
    epoch,
    chance: 2.3,
    networks: [2.2, 2.1, 1.9].map((loss) => ({ loss: loss / (1 + epoch / 3) })),
  })),
);

interface Row {
  readonly chart: unknown;
  readonly draw: () => string | undefined;
}
const drawn = <A extends unknown[]>(chart: (...given: A) => string | undefined, ...given: A): Row => ({
  chart,
  draw: () => chart(...given),
});

/** From values. */
export const VALUE_CHARTS: Readonly<Record<string, Row>> = {
  'preferences-operations': drawn(preferenceChart, operations!),
  'preferences-skips': drawn(preferenceChart, skips!),
  'preferences-history': drawn(preferenceHistoryChart, snapshots, 'layers.*.op'),
  residuals: drawn(residualChart, [
    [1, 1.2],
    [2, 1.7],
    [3, 3.4],
    [4, 3.9],
  ]),
  front: drawn(frontChart, front, 'parameters', 'parameters'),
  elastic: drawn(elasticChart, elastic),
  sharpness: drawn(sharpnessChart, sharpness),
  alignment: drawn(alignmentChart, sharpness),
  spectrum: drawn(spectrumChart, { x: [-1, 0, 1, 2], y: [0, 1, 0.1, 0.01] }),
  'loss-line': drawn(lossLineChart, { x: axis, loss: axis.map((x) => 1 + x * x) }),
  'loss-plane': drawn(lossPlaneChart, {
    x: axis,
    y: axis,
    rows: axis.map((y) => axis.map((x) => 0.1 + x * x + 2 * y * y)),
  }),
  lines: drawn(
    linesChart,
    [
      { name: 'one', color: 'controller', points: [1, 2, 3, 4].map((x) => ({ x, y: 1 / x })) },
      { name: 'another', color: 'muted', dashed: true, points: [1, 2, 3, 4].map((x) => ({ x, y: 0.24 })) },
    ],
    { ariaLabel: 'Two lines', x: { label: 'step' }, y: { label: 'loss', type: 'log' } },
  ),
  dots: drawn(
    dotChart,
    [
      { name: 'first', color: 'controller', points: [{ row: 'sam', value: 0.5 }] },
      { name: 'second', color: 'random', points: ['sam', 'adam'].map((row, i) => ({ row, value: 0.7 + i })) },
    ],
    { ariaLabel: 'Two series of dots', label: 'steps per second, relative to SGD', marks: [1] },
  ),
  strip: drawn(
    stripChart,
    [
      { name: 'sgd', color: 'muted', values: [0.6, 0.64, 0.7] },
      { name: 'sam', color: 'controller', values: [0.66, 0.71] },
    ],
    { ariaLabel: 'Two strips', label: 'accuracy', marks: [0.5] },
  ),
};
