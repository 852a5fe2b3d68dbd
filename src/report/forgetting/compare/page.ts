/** The comparison as a page, as tables, and as plain values. */
import { mean } from '../../../statistics/index.js';
import { type Cell, toCsv } from '../../csv.js';
import { ABSENT, decimal, percent } from '../../format.js';
import { type Content, figure, html, type Markup, section, table } from '../../html/markup.js';
import { claim } from '../../html/claim.js';
import { page } from '../../html/page.js';
import { versionOf } from '../../html/record.js';
import { type ColorName } from '../../palette.js';
import { type ReportTable } from '../../tables.js';
import { type Series } from '../charts/panels.js';
import { standingsChart } from '../charts/performance.js';
import { plain } from '../json.js';
import { healthSection, panelFigures } from '../sections.js';
import { signed } from '../signed.js';
import { FINAL_EPOCHS } from '../summary.js';
import { type ForgettingComparison } from './analysis.js';
import { type ComparedRun } from './arms.js';
import { averageEpochs } from './average.js';
import { type ArmComparison, type Contrast, type Reduction } from './comparison.js';

/** Colours of the arms, the baseline first. */
const INKS: readonly ColorName[] = ['random', 'controller', 'found', 'alarm', 'muted'];

/** One self-contained HTML file. */
export function comparisonPage(comparison: ForgettingComparison): string {
  const { baseline, arms, fromEpoch, unpaired, health } = comparison;
  const [first] = baseline.runs as [ComparedRun];
  const series = [baseline, ...arms.map(({ arm }) => arm)].map((arm, i): Series => ({
    name: arm.name,
    color: INKS[i % INKS.length]!,
    epochs: averageEpochs(arm.runs.map(({ analysis }) => analysis.measurements.epochs)),
  }));
  return page(
    { title: 'Forgetting compared', version: versionOf(first.analysis.input), source: 'the runs’ events.jsonl' },
    html`<header><p class="eyebrow">Multi-model forgetting</p>
<h1>${arms.map(({ arm }) => arm.name).join(', ')} compared with ${baseline.name}</h1>
<p class="sub">Means over the epochs from ${fromEpoch + 1} on. Intervals are 95 % intervals over pairs of seeds, from three pairs on (Student’s t, for reductions Fieller’s); each seed counts once, with its mean over the epochs. A claim takes at least ${arms[0]!.mean.fewest} pairs.</p>
${arms.map(({ verdict }) => claim(`${verdict}.`))}
${unpaired.length > 0 && html`<div class="note"><h2>Left out</h2><ul>${unpaired.map((reason) => html`<li>${reason}</li>`)}</ul></div>`}
</header>
`,
    section(
      'arms',
      'In numbers',
      armTable(arms),
      html`<p class="sub">Reduction is 1 − arm / baseline; it is not stated if the baseline’s forgetting is within two standard errors of zero. err1 is the error right after an architecture’s own training: if it rises, the regularizer hinders learning itself.</p>\n`,
    ),
    section(
      'panels',
      'Forgetting over the search',
      html`<p>Means over seeds; faint lines are single epochs, bold lines are smoothed. <strong>Positive differences mean forgetting.</strong></p>\n`,
      panelFigures(series),
    ),
    section(
      'performance',
      'Forgetting and performance',
      html`<div class="figures">${figure(standingsChart(standings(comparison), performanceAxis(arms)), 'Small dots are runs, diamonds the means of an arm. Better is lower and further to the right: an arm that moves down and left forgets less because it learns less, as with frozen weights.', { title: 'Every run' })}</div>`,
    ),
    pairSection(arms),
    healthSection(health),
  );
}

function performanceAxis(arms: readonly ArmComparison[]): string {
  return `${arms[0]!.performance.of === 'reward' ? 'mean reward' : 'accuracy at the end of the epoch'}, last ${FINAL_EPOCHS} epochs (%)`;
}

function standings({ baseline, arms, fromEpoch }: ForgettingComparison): Parameters<typeof standingsChart>[0] {
  const { of } = arms[0]!.performance;
  return [baseline, ...arms.map(({ arm }) => arm)].flatMap((arm, i) => {
    const places = arm.runs.map(
      ({
        analysis: {
          measurements: { epochs },
        },
      }) => ({
        forgetting: mean(epochs.filter(({ epoch }) => epoch >= fromEpoch).map(({ loss }) => loss.meanDiff)),
        performance: mean(
          epochs
            .slice(-FINAL_EPOCHS)
            .map(({ reward, error }) => (of === 'reward' ? (reward ?? NaN) : 1 - error.meanSecond))
            .filter(Number.isFinite),
        ),
      }),
    );
    const look = { name: arm.name, color: INKS[i % INKS.length]! };
    return [
      ...places.map((place) => ({ ...look, ...place, mean: false })),
      {
        ...look,
        mean: true,
        forgetting: mean(places.map(({ forgetting }) => forgetting)),
        performance: mean(places.map(({ performance }) => performance)),
      },
    ];
  });
}

function armTable(arms: readonly ArmComparison[]): Markup {
  const rows = arms.flatMap((arm): (readonly Content[])[] =>
    [
      ['mean loss2 − loss1 (nats)', ...nats(arm.mean), reduction(arm.reductions.mean)],
      ['best five (nats)', ...nats(arm.best5), reduction(arm.reductions.best5)],
      ['largest (nats)', ...nats(arm.max), reduction(arm.reductions.max)],
      ['mean err2 − err1 (points)', ...shares(arm.error), ''],
      [`${arm.performance.of}, last ${FINAL_EPOCHS} epochs (%)`, ...shares(arm.performance, 1), ''],
      ['err1 (%)', ...shares(arm.intransigence, 1), ''],
      [
        'τ(loss1, loss2)',
        decimal(arm.tau.baseline, 2),
        decimal(arm.tau.value, 2),
        signed(arm.tau.difference, 2),
        range(arm.tau, (value) => signed(value, 2)),
        '',
      ],
    ].map((row, i) => [i === 0 ? html`<strong>${arm.arm.name}</strong>` : '', ...row]),
  );
  return table(
    ['', '', 'baseline', 'arm', 'difference', '95\u00a0% interval', 'reduction (95\u00a0% interval)'],
    rows,
    [2, 3, 4, 5, 6],
  );
}

function nats(contrast: Contrast): Content[] {
  return [
    signed(contrast.baseline),
    signed(contrast.value),
    signed(contrast.difference),
    range(contrast, (value) => signed(value)),
  ];
}

function shares(contrast: Contrast, digits = 2): Content[] {
  return [
    decimal(100 * contrast.baseline, digits),
    decimal(100 * contrast.value, digits),
    signed(100 * contrast.difference, digits),
    range(contrast, (value) => signed(100 * value, digits)),
  ];
}

function range({ interval }: Pick<Contrast, 'interval'>, text: (value: number) => string): string {
  return interval ? `${text(interval[0])} to ${text(interval[1])}` : ABSENT;
}

function reduction({ share, interval }: Reduction): string {
  if (share === undefined) return 'n/a';
  return interval ? `${percent(share, 0)} (${range({ interval }, (value) => percent(value, 0))})` : percent(share, 0);
}

function pairSection(arms: readonly ArmComparison[]): Content {
  return section(
    'pairs',
    'Pairs',
    table(
      ['arm', 'seed', 'baseline run', 'run', 'architectures'],
      arms.flatMap(({ arm, pairs }) =>
        pairs.map(({ seed, baseline, run, differsFrom }) => [
          arm.name,
          seed,
          html`<code>${baseline.path}</code>`,
          html`<code>${run.path}</code>`,
          differsFrom === undefined
            ? 'the same, in the same order'
            : `the same up to epoch ${differsFrom}, different from epoch ${differsFrom + 1} on, because the controller received other rewards`,
        ]),
      ),
      [1],
    ),
  );
}

/** One row per arm and quantity, and one per run. */
export function comparisonTables({ baseline, arms, fromEpoch }: ForgettingComparison): ReportTable[] {
  const contrasts = arms.flatMap((arm): Cell[][] =>
    (
      [
        ['mean_loss2_minus_loss1', arm.mean, arm.reductions.mean],
        ['best5_loss2_minus_loss1', arm.best5, arm.reductions.best5],
        ['max_loss2_minus_loss1', arm.max, arm.reductions.max],
        ['mean_err2_minus_err1', arm.error, undefined],
        [arm.performance.of, arm.performance, undefined],
        ['err1', arm.intransigence, undefined],
        ['tau_loss1_loss2', arm.tau, undefined],
      ] as const
    ).map(([quantity, { baseline, value, difference, interval }, removed]) => [
      arm.arm.name,
      quantity,
      arm.pairs.length,
      baseline,
      value,
      difference,
      ...(interval ?? [null, null]),
      removed?.share,
      ...(removed?.interval ?? [null, null]),
    ]),
  );
  const runs = [baseline, ...arms.map(({ arm }) => arm)].flatMap((arm) =>
    arm.runs.map(({ path, seed, analysis }): Cell[] => {
      const epochs = analysis.measurements.epochs.filter(({ epoch }) => epoch >= fromEpoch);
      return [
        arm.name,
        seed,
        path,
        mean(epochs.map(({ loss }) => loss.meanDiff)),
        mean(epochs.map(({ loss }) => loss.best5Diff)),
        mean(epochs.map(({ loss }) => loss.maxDiff)),
        analysis.summary.final.error,
        analysis.summary.final.reward,
      ];
    }),
  );
  return [
    {
      name: 'contrasts',
      csv: toCsv([
        [
          'arm',
          'quantity',
          'pairs',
          'baseline',
          'value',
          'difference',
          'low',
          'high',
          'reduction',
          'reduction_low',
          'reduction_high',
        ],
        ...contrasts,
      ]),
    },
    {
      name: 'runs',
      csv: toCsv([
        ['arm', 'seed', 'run', 'mean_loss2_minus_loss1', 'best5', 'max', 'final_err2', 'final_reward'],
        ...runs,
      ]),
    },
  ];
}

/** comparison.json. */
export function comparisonJson({ baseline, arms, fromEpoch, unpaired, health }: ForgettingComparison): object {
  return plain({
    format: 'weft-forgetting-comparison',
    version: 1,
    from_epoch: fromEpoch + 1,
    baseline: { name: baseline.name, runs: baseline.runs.map(({ path, seed }) => ({ path, seed })) },
    unpaired,
    health,
    arms: arms.map(({ arm, pairs, ...numbers }) => ({
      name: arm.name,
      pairs: pairs.map(({ seed, baseline, run, differsFrom }) => ({
        seed,
        baseline: baseline.path,
        run: run.path,
        same_architectures: differsFrom === undefined,
      })),
      ...numbers,
    })),
  });
}
