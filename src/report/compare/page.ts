/** A comparison of configurations as a page. */
import { smallestOf } from '../../statistics/extremes.js';
import { linesChart } from '../charts/lines.js';
import { ABSENT, isNumber } from '../format.js';
import { type Content, figure, html, type Markup, section, table } from '../html/markup.js';
import { claim } from '../html/claim.js';
import { page } from '../html/page.js';
import { versionOf } from '../html/record.js';
import { eventLog } from '../event-log.js';
import { lookUp } from '../input.js';
import { measureOf } from '../measure.js';
import { type ComparedRun, seedOf } from './configurations.js';
import { type Contrast, type RunComparison, showDifference, showRange, showValue } from './analysis.js';
import { differencesChart, INKS, valuesChart } from './charts.js';
import { type ArchitectureDiff, diffArchitectures, diffMarkup } from './architecture-diff.js';
import { type Quantity } from './quantities.js';

/** One self-contained HTML file. */
export async function comparePage(comparison: RunComparison): Promise<string> {
  const { baseline, others, unpaired, means } = comparison;
  const [first] = baseline.runs as [ComparedRun];
  const names = others.map(({ configuration }) => configuration.name);
  return page(
    {
      title: `${names.join(', ')} and ${baseline.name}`,
      version: versionOf(first.input),
      source: 'the runs’ own files',
    },
    html`<header><p class="eyebrow">${means.length} configurations compared</p>
<h1>${names.join(', ')} compared with ${baseline.name}</h1>
${others.map(({ verdict }) => claim(`${verdict}.`))}
${unpaired.length > 0 && html`<details class="note"><summary>${unpaired.length === 1 ? 'One run has' : `${unpaired.length} runs have`} no partner and ${unpaired.length === 1 ? 'is' : 'are'} left out of the differences</summary><ul>${unpaired.map((path) => html`<li><code>${path}</code></li>`)}</ul></details>`}
</header>
`,
    section(
      'results',
      'Results',
      html`<div class="figures">${figure(differencesChart(comparison), html`Each dot is one pair of runs with the same seed: ${names.length === 1 ? names[0]! : 'the configuration'} minus ${baseline.name}. The diamond is the mean, the bar its interval; where the bar crosses the dashed line, no difference can be claimed.`, { title: `Difference from ${baseline.name}` })}${figure(valuesChart(comparison), 'Each dot is one run. The diamond is the mean over the runs; the bar is the 95 % interval of that mean, from three runs on.', { title: 'Every run' })}</div>\n`,
      resultTable(comparison),
      html`<p class="sub">${basis(comparison)}</p>\n`,
    ),
    courseSection(comparison),
    await foundSection(comparison),
    section('settings', 'Differences between the configurations', settingsTable(comparison)),
    section(
      'runs',
      'Runs',
      html`<details><summary>All ${means.reduce((sum, { values }) => sum + values.length, 0)} runs</summary>${runTable(comparison)}</details>\n`,
    ),
  );
}

/** How the intervals were computed, and the minimum number of values for a claim. */
function basis({ others }: RunComparison): string {
  const [{ pairs, quality }] = others as [RunComparison['others'][number]];
  const together = others.length > 1 ? `, for all ${others.length} comparisons together` : '';
  return `Intervals are 95 % intervals over seeds${together} (${pairs ? 'Student’s t of the pairs' : 'Welch’s'}); claims also need a permutation test, and at least ${quality.assessment.fewest} ${pairs ? 'pairs' : 'runs of either configuration'}. Runs that agree in seed, data and all other settings form pairs; others are compared as independent samples.`;
}

function resultTable({ baseline, others }: RunComparison): Markup {
  const rows = others.flatMap(({ configuration, contrasts }) =>
    contrasts.map((contrast, i): Content[] => [
      ...(others.length > 1 ? [i === 0 ? html`<strong>${configuration.name}</strong>` : ''] : []),
      contrast.quantity.name,
      showValue(contrast.quantity, contrast.baseline),
      showValue(contrast.quantity, contrast.value),
      showDifference(contrast.quantity, contrast.assessment.value),
      range(contrast),
    ]),
  );
  return table(
    [
      ...(others.length > 1 ? [''] : []),
      'mean over the runs compared',
      baseline.name,
      others.length === 1 ? others[0]!.configuration.name : 'configuration',
      'difference',
      '95\u00a0% interval',
    ],
    rows,
    others.length > 1 ? [2, 3, 4, 5] : [1, 2, 3, 4],
  );
}

function range({ quantity, assessment: { interval } }: Contrast): string {
  return interval ? showRange(quantity, interval) : ABSENT;
}

/**
 * Reward and retraining loss by epoch, one line per configuration: means over its runs, up to the last epoch that all
 * have reached.
 */
function courseSection({ means }: RunComparison): Content {
  const logs = means.map(({ configuration }) => configuration.runs.map(({ input }) => eventLog(input.events)));
  const inPercent = logs.every((one) => one.every((log) => measureOf(log).percent));
  const lines = (values: (log: ReturnType<typeof eventLog>) => unknown[]) =>
    means.map(({ configuration }, i) => {
      const series = logs[i]!.map(values).filter((one) => one.length > 0);
      const length = series.length === 0 ? 0 : smallestOf(series.map((one) => one.length));
      const points = Array.from({ length }, (_, epoch) => {
        const all = series.map((one) => one[epoch]).filter(isNumber);
        return { x: epoch + 1, y: all.length === 0 ? NaN : all.reduce((sum, value) => sum + value / all.length, 0) };
      });
      return { name: configuration.name, color: INKS[i % INKS.length]!, points };
    });
  const figures = [
    figure(
      linesChart(
        lines((log) => log.all('epoch').map(({ reward }) => (isNumber(reward) && inPercent ? 100 * reward : reward))),
        {
          ariaLabel: 'Mean reward of the controller’s samples by epoch, one line for each configuration',
          x: { label: 'epoch' },
          y: { label: inPercent ? 'reward (%)' : 'reward' },
        },
      ),
      'Reward: how good the controller’s samples are with shared weights on validation batches; means over the runs.',
      { title: 'The search' },
    ),
    figure(
      linesChart(
        lines((log) => log.all('retrain-epoch').map(({ loss }) => loss)),
        {
          ariaLabel: 'Training loss by epoch of retraining, one line for each configuration',
          x: { label: 'epoch' },
          y: { label: 'loss (nats)' },
        },
      ),
      'Training loss of the networks that were found, trained from scratch; means over the runs.',
      { title: 'Retraining' },
    ),
  ].filter(Boolean);
  return section('course', 'How they went', figures.length > 0 && html`<div class="figures">${figures}</div>`);
}

/** The networks found with the same seed, overlaid; nothing if the spaces differ. */
async function foundSection({ baseline, others }: RunComparison): Promise<Content> {
  const drawn = await Promise.all(
    others.map(async ({ configuration, pairs }) => {
      const all = pairs ?? [{ baseline: baseline.runs[0]!, run: configuration.runs[0]! }];
      // The first pair that can be drawn.
      const pair = all.find(({ baseline: one, run }) => foundBy(one) !== foundBy(run)) ?? all[0]!;
      const diff = await foundDiff(pair.baseline, pair.run, baseline.name, configuration.name);
      return (
        diff && html`<h3>${configuration.name} and ${baseline.name}, seed ${seedOf(pair.run)}</h3>\n${diffMarkup(diff)}`
      );
    }),
  );
  const shown = drawn.filter((one) => one !== undefined);
  return section(
    'networks',
    'The networks that were found',
    shown.length > 0 &&
      html`<p class="sub">The networks of one pair of runs for each comparison. Another seed finds other networks.</p>\n${shown}`,
  );
}

const foundBy = ({ input }: ComparedRun): string => String(lookUp(input.summary, 'derived', 'architecture'));

/** The networks that two runs found; undefined if their spaces differ or are not available. */
async function foundDiff(
  a: ComparedRun,
  b: ComparedRun,
  nameA: string,
  nameB: string,
): Promise<ArchitectureDiff | undefined> {
  const { space } = a.input;
  const side = (run: ComparedRun, name: string) => {
    const { input } = run;
    const number = (...path: string[]): number | undefined => {
      const value = lookUp(input.summary, ...path);
      return isNumber(value) ? value : undefined;
    };
    return {
      name,
      architecture: foundBy(run),
      sharedAccuracy: number('derived', 'accuracy'),
      testAccuracy: number('test', 'accuracy'),
      testLoss: number('test', 'loss'),
    };
  };
  const same =
    space &&
    b.input.space &&
    JSON.stringify([space.name, space.options, space.task]) ===
      JSON.stringify([b.input.space.name, b.input.space.options, b.input.space.task]);
  return same ? diffArchitectures(space, side(a, nameA), side(b, nameB)) : undefined;
}

/** Settings in which the configurations differ; folded if they are many, as those of two optimizers are. */
function settingsTable({ means, settings }: RunComparison): Markup {
  const all = table(
    ['setting', ...means.map(({ configuration }) => configuration.name)],
    settings.map(({ name, values }) => [html`<code>${name}</code>`, ...values.map((value) => value ?? ABSENT)]),
  );
  return settings.length <= FEW_SETTINGS
    ? all
    : html`<details><summary>${settings.length} settings</summary>${all}</details>\n`;
}

const FEW_SETTINGS = 10;

function runTable({ means, quality }: RunComparison): Markup {
  const rows = means.flatMap(({ configuration, values }) =>
    configuration.runs.map((run, i): Content[] => [
      configuration.name,
      seedOf(run),
      showValue(quality, values[i]!),
      html`<code>${run.path}</code>`,
    ]),
  );
  return table(['configuration', 'seed', quality.name, 'run'], rows, [1, 2]);
}

/** The comparison as plain values, for programs. */
export function compareJson({ baseline, others, quality, unpaired, settings, means }: RunComparison): object {
  const contrastJson = ({
    quantity,
    baseline: of,
    value,
    assessment: { value: difference, interval, count, claim, obstacle, fewest },
  }: Contrast): object => ({
    quantity: quantity.name,
    unit: quantity.unit,
    baseline: of,
    value,
    difference,
    ...(interval && { interval }),
    count,
    ...(claim && { claim }),
    ...(obstacle && { obstacle }),
    fewest,
  });
  const shown = (of: Quantity): string => of.name;
  return {
    quality: shown(quality),
    baseline: baseline.name,
    settings,
    unpaired,
    configurations: means.map(({ configuration, values }) => ({
      name: configuration.name,
      runs: configuration.runs.map((run, i) => ({ run: run.path, seed: seedOf(run), value: values[i] })),
    })),
    comparisons: others.map(({ configuration, pairs, contrasts, verdict }) => ({
      name: configuration.name,
      paired: pairs !== undefined,
      verdict,
      contrasts: contrasts.map(contrastJson),
    })),
  };
}
