/** The sections of the forgetting report's page; the search report shows the first of them. */
import { largestOf } from '../../statistics/extremes.js';
import { supernetHeatSvg } from '../drawing/index.js';
import { ABSENT, decimal, integer, isNumber, percent, scientific, withMinus } from '../format.js';
import { type Content, figure, html, type Markup, section, table } from '../html/markup.js';
import { type ForgettingAnalysis } from './analysis.js';
import { partEffects } from './by-edge.js';
import { type Effect } from './by-option.js';
import { type TensorSummary } from './by-tensor.js';
import { matrixChart, operationChart, sharingChart } from './charts/effects.js';
import { tauChart, valueChart } from './charts/over-epochs.js';
import { fourPanels, levelPanels, type Panel, type Series } from './charts/panels.js';
import { performanceChart } from './charts/performance.js';
import { calibrationChart, driftChart, fisherChart } from './charts/weights.js';
import { type HealthCheck } from './health.js';
import { signed } from './signed.js';
import { type Estimate } from './summary.js';

/** The four panels with the levels below, for one run or several. */
export function panelFigures(series: readonly Series[]): Content {
  const show = ({ title, caption, svg }: Panel): Markup | undefined => figure(svg, caption, { title });
  return html`<div class="figures">${fourPanels(series).map(show)}</div>
<h3 class="rowhead">The losses and errors themselves</h3>
<div class="figures">${levelPanels(series).map(show)}</div>
`;
}

/** Panels of one run. */
export function panelSection({ measurements }: ForgettingAnalysis): Content {
  return section(
    'panels',
    'Forgetting over the search',
    html`<p>Every architecture is measured right after its own training (loss1) and again at the end of the epoch (loss2), after all others of the epoch were trained on the shared weights. <strong>Positive differences mean forgetting.</strong> Faint lines are single epochs, bold lines are smoothed.</p>\n`,
    panelFigures([{ name: '', color: 'controller', epochs: measurements.epochs }]),
  );
}

export function performanceSection({ measurements: { epochs } }: ForgettingAnalysis): Content {
  return section(
    'performance',
    'Forgetting and performance',
    html`<div class="figures">${[
      figure(
        performanceChart(epochs),
        'One dot per epoch, paler for earlier ones. A run that ends at the bottom left forgets little because it has learned little, as with frozen weights or dropped paths.',
        { title: 'Forgetting and accuracy' },
      ),
      figure(
        valueChart(epochs),
        'Change of accuracy of each architecture from its own training to the end of the epoch; negative is forgotten. Dots are architectures, the thick bar holds the middle half of them, the thin one 90 %, the white mark is the median.',
        { title: 'Distribution of FV' },
      ),
      figure(
        tauChart(epochs),
        'Rank agreement between loss1 and loss2 over the architectures of an epoch: below 1, forgetting changes which architecture looks best.',
        { title: 'Order before and after: τ(loss1, loss2)' },
      ),
    ]}</div>`,
  );
}

/** The supernet, coloured by forgetting, and the tables of its parts. */
export async function partsSection({
  space,
  measurements,
  options,
  operations,
  edges,
  summary: { fromEpoch },
}: ForgettingAnalysis): Promise<Content> {
  if (!space || options.length === 0) return undefined;
  const averaged = { ...measurements, visits: measurements.visits.filter(({ epoch }) => epoch >= fromEpoch) };
  const picture = await drawHeat(averaged, space);
  return section(
    'parts',
    'Where forgetting happens: operations and edges',
    figure(
      picture?.svg,
      picture &&
        `Every option and skip connection of the space. Orange: architectures that contain it forget more than those of the same epoch without it; blue: less. Numbers are the difference in nats; the strongest colour is ${decimal(picture.largest)} nats. Parts that fewer than five architectures contain, or lack, stay pale.`,
      { wide: true, title: 'The supernet coloured by forgetting' },
    ),
    html`<div class="figures">${figure(operationChart(operations), 'How much using the operation in one more place adds to loss2 − loss1, everything else being equal, by regression after removing differences between epochs. Dots are estimates, bars two standard errors: if a bar crosses zero, no effect can be claimed.', { title: 'Effect of operations' })}</div>`,
    html`<h3>By operation, in any place</h3>\n${
      operations.length > 0 &&
      table(
        ['operation', 'places', ...EFFECT_HEAD],
        operations.map((one) => [html`<code>${one.option}</code>`, one.places, ...effectCells(one)]),
        [1, 2, 3, 4, 5],
      )
    }`,
    html`<details><summary>By decision and option (${integer(options.length)} rows)</summary>${table(
      ['decision', 'option', ...EFFECT_HEAD],
      options.map((one) => [html`<code>${one.decision}</code>`, one.option, ...effectCells(one)]),
      [2, 3, 4, 5],
    )}</details>\n`,
    edges.length > 0 &&
      html`<details><summary>By edge (${integer(edges.length)} rows)</summary>${table(
        [
          'from',
          'to',
          'when',
          'architectures',
          'loss2 − loss1 with it',
          'without it',
          'ΣF',
          'relative drift',
          'predicted damage (nats)',
          'share',
        ],
        edges.map(({ from, to, condition, count, meanDiff, standardError, meanDiffWithout, tensors }) => [
          html`<code>${from}</code>`,
          html`<code>${to}</code>`,
          condition,
          integer(count),
          plusMinus(meanDiff, standardError),
          signed(meanDiffWithout),
          short(tensors?.fisherSum),
          tensors ? percent(tensors.relativeDrift, 2) : ABSENT,
          short(tensors?.predictedDamage),
          tensors ? percent(tensors.damageShare) : ABSENT,
        ]),
        [3, 4, 5, 6, 7, 8, 9],
      )}</details>\n`,
  );
}

const EFFECT_HEAD = ['architectures', 'loss2 − loss1 with it', 'without it', 'effect by regression'];

function effectCells({ count, meanDiff, standardError, meanDiffWithout, effect, effectError }: Effect): Content[] {
  return [integer(count), plusMinus(meanDiff, standardError), signed(meanDiffWithout), plusMinus(effect, effectError)];
}

async function drawHeat(
  measurements: ForgettingAnalysis['measurements'],
  space: NonNullable<ForgettingAnalysis['space']>,
): Promise<{ svg: string; largest: number } | undefined> {
  const effects = partEffects(measurements, space);
  const { graph } = space.supernet;
  const values = [...graph.nodes().map(effects.node), ...graph.edges().map(effects.edge)].filter(isNumber);
  const largest = largestOf(values.map(Math.abs), 0);
  if (largest === 0) return undefined;
  const heat = (value: number | undefined): { tone: number; text: string } => ({
    tone: (value ?? 0) / largest,
    text: value === undefined ? ABSENT : signed(value, 3),
  });
  const svg = await supernetHeatSvg(
    space,
    measurements.visits.map(({ architecture }) => space.decode(architecture)),
    { node: (name) => heat(effects.node(name)), edge: (key) => heat(effects.edge(key)) },
  );
  return { svg, largest };
}

export function weightsSection({
  tensors,
  layers,
  measurements: { epochs },
  fisherDriftCorrelation,
  fisherHistogram,
}: ForgettingAnalysis): Content {
  if (tensors.length === 0) return undefined;
  const rho = Number.isFinite(fisherDriftCorrelation) ? ` Spearman’s ρ ${signed(fisherDriftCorrelation, 2)}.` : '';
  return section(
    'weights',
    'Where forgetting happens: weights',
    html`<div class="figures">${[
      figure(
        driftChart(tensors),
        `One dot per tensor that has moved, means over the epochs; rings mark the three with the most predicted damage.${rho} Fisher information that holds weights in place makes it negative; plain anchoring does not.`,
        { title: 'Drift and Fisher information' },
      ),
      figure(
        fisherChart(fisherHistogram),
        'All watched weights by the decade of their Fisher information, last epoch. Bars at the ends include everything beyond.',
        { title: 'Fisher information' },
      ),
      figure(
        calibrationChart(epochs),
        'One dot per epoch. The quadratic model holds if the dots lie along a line; its slope says by how much it is off, since losses are averaged over architectures and drift is summed over the supernet.',
        { title: 'Predicted and measured damage' },
      ),
    ]}</div>`,
    html`<h3>By layer</h3>\n${tensorTable('layer', layers)}`,
    html`<h3>The ${Math.min(TOP, tensors.length)} tensors with the most predicted damage</h3>\n${tensorTable('tensor', tensors.slice(0, TOP))}`,
  );
}

/** Number of tensors listed on the page; the CSV file has them all. */
const TOP = 15;

function tensorTable(what: string, rows: readonly TensorSummary[]): Markup {
  return table(
    [what, 'trained', 'ΣF', 'drift |θ − θ̂|²', 'relative drift', 'predicted damage (nats)', 'share', 'epochs clipped'],
    rows.map(({ name, trained, fisherSum, drift, relativeDrift, predictedDamage, damageShare, clipped }) => [
      html`<code>${name}</code>`,
      integer(trained),
      short(fisherSum),
      short(drift),
      percent(relativeDrift, 2),
      short(predictedDamage),
      percent(damageShare),
      percent(clipped, 0),
    ]),
    [1, 2, 3, 4, 5, 6, 7],
  );
}

export function sharingSection({ sharing, sharingCorrelation }: ForgettingAnalysis): Content {
  const chart = sharingChart(sharing);
  if (chart === undefined) return undefined;
  const rho = Number.isFinite(sharingCorrelation)
    ? ` Spearman’s ρ over architectures: ${signed(sharingCorrelation, 2)}.`
    : '';
  return section(
    'sharing',
    'Forgetting by what is shared',
    html`<div class="figures">${figure(chart, `Architectures in quarters by the number of weights that the one trained right after them has in common with them; bars are two standard errors.${rho}`, { title: 'Dose and response' })}</div>`,
  );
}

export function matrixSection({ log }: ForgettingAnalysis): Content {
  const measured = log.last('forgetting-matrix');
  if (!measured) return undefined;
  return section(
    'matrix',
    'Every architecture after every training',
    html`<div class="figures">${figure(matrixChart(measured.accuracy), `Accuracy (%) of each architecture of epoch ${measured.epoch + 1} after each training event; the diagonal, framed, is right after its own. A column that fades downwards is forgotten, one that is dark above the diagonal gains from sharing before it is trained.`)}</div>`,
  );
}

export function healthSection(health: readonly HealthCheck[]): Content {
  return section(
    'health',
    'Health checks',
    table(
      ['', 'check', 'found'],
      health.map(({ status, what, detail }) => [
        html`<strong class="${STATUS_CLASS[status]}">${status}</strong>`,
        what,
        withMinus(detail),
      ]),
    ),
  );
}

const STATUS_CLASS: Readonly<Record<HealthCheck['status'], string>> = { PASS: 'found', WARN: 'warn', 'n/a': 'hash' };

/** The run's numbers with their intervals. */
export function summaryTable({ summary, ranking }: Pick<ForgettingAnalysis, 'summary' | 'ranking'>): Markup {
  const nats = (estimate: Estimate): Content[] => [
    signed(estimate.value),
    interval(estimate, (value) => signed(value)),
  ];
  const accuracy = (estimate: Estimate): Content[] => [signedPoints(estimate.value), interval(estimate, signedPoints)];
  const rows: (readonly Content[])[] = [
    ['mean loss2 − loss1 (nats)', ...nats(summary.meanDiff), 'forgetting where positive'],
    ['best five loss2 − loss1 (nats)', ...nats(summary.best5Diff), 'of the five with the lowest loss1 of each epoch'],
    ['95th percentile of loss2 − loss1 (nats)', ...nats(summary.p95Diff), 'mean over epochs'],
    ['largest loss2 − loss1 (nats)', ...nats(summary.maxDiff), 'mean over epochs'],
    ['mean err2 − err1 (points)', ...accuracy(summary.meanErrorDiff), 'forgetting where positive'],
    ['largest err2 − err1 (points)', signedPoints(summary.worstErrorDiff), '', 'worst single rise'],
    [
      'worst dip of accuracy (points)',
      ...(summary.worstDip ? accuracy(summary.worstDip) : [ABSENT, '']),
      summary.worstDip
        ? 'deepest fall within an epoch, recovered or not'
        : 'not measured: forgetting.matrix turns it on',
    ],
    ['BWT of accuracy (points)', ...accuracy(summary.backwardTransfer), 'forgetting where negative'],
    [
      'average forgetting of accuracy (points)',
      ...accuracy(summary.averageForgetting),
      'best before the end minus the value at the end',
    ],
    [
      'FWT of accuracy (points)',
      ...(summary.forwardTransfer ? accuracy(summary.forwardTransfer) : [ABSENT, '']),
      summary.forwardTransfer
        ? 'above chance before an architecture’s own training: the benefit of sharing'
        : 'not measured: forgetting.zeroShot turns it on',
    ],
    [
      'τ(loss1, loss2)',
      decimal(summary.tau.value, 2),
      interval(summary.tau, (value) => decimal(value, 2)),
      '1: forgetting does not change the order',
    ],
    ranking
      ? [
          'τ(shared, stand-alone)',
          decimal(ranking.byMeasure.tau.value, 2),
          interval(ranking.byMeasure.tau, (value) => decimal(value, 2)),
          `${ranking.byMeasure.count} random architectures trained separately; its interval is over these`,
        ]
      : ['τ(shared, stand-alone)', ABSENT, '', html`not measured: <code>weft rank RUN</code>`],
  ];
  return table(['', 'mean', '95\u00a0% interval over epochs', ''], rows, [1, 2]);
}

function interval({ interval }: Pick<Estimate, 'interval'>, text: (value: number) => string): string {
  return interval ? `${text(interval[0])} to ${text(interval[1])}` : ABSENT;
}

function signedPoints(value: number): string {
  return signed(100 * value, 2);
}

function plusMinus(value: number | null, error: number | null): string {
  return value === null ? ABSENT : `${signed(value)}${isNumber(error) ? ` ± ${error.toFixed(4)}` : ''}`;
}

function short(value: unknown): string {
  if (!isNumber(value)) return ABSENT;
  if (value === 0) return '0';
  return Math.abs(value) >= 0.01 && Math.abs(value) < 1e5
    ? withMinus(String(Number(value.toPrecision(3))))
    : scientific(value, 1);
}
