/** Several runs side by side: overlaid curves, results, and the settings in which they differ. */
import { type Line, linesChart } from '../report/charts/lines.js';
import { ABSENT, decimal, isNumber } from '../report/format.js';
import { type Content, figure, html, type Markup, section, table } from '../report/html/markup.js';
import { flatten } from '../report/input.js';
import { measureOf } from '../report/measure.js';
import { type ColorName } from '../report/palette.js';
import { stateMark, testOf } from './list-page.js';
import { part } from './page-part.js';
import { type RunState } from './run-states.js';
import { type Watched } from './watched.js';

export interface Compared {
  readonly standing: RunState;
  readonly watched: Watched;
}

const COLORS: readonly ColorName[] = ['controller', 'random', 'found', 'alarm', 'muted', 'ink'];
const DIFFERENCES = 60;

/** Runs are numbered, because run names are too long for the ends of lines. */
export function comparePage(runs: readonly Compared[], missing: readonly string[]): Markup {
  return html`<p class="back"><a href="./">All runs</a></p>
<header><p class="eyebrow">Comparison</p><h1>${runs.length === 1 ? 'One run' : `${runs.length} runs`}</h1></header>
${missing.length > 0 && html`<p class="warn">Not in this folder: ${missing.join(', ')}</p>`}
${part('results', results(runs))}
${part('curves', curves(runs))}
${part('settings', settings(runs))}`;
}

function results(runs: readonly Compared[]): Markup {
  const rows = runs.map(({ standing, watched: { digest } }, i): Content[] => {
    const log = digest.log();
    const reward = log.last('epoch')?.best?.reward;
    return [
      String(i + 1),
      html`<a href="run/${encodeURIComponent(standing.name)}">${standing.run?.manifest.name ?? standing.name}</a><br><code class="hash">${standing.name}</code>`,
      stateMark(standing.state),
      measureOf(log).percent && isNumber(reward) ? `${decimal(100 * reward, 1)}\u00a0%` : decimal(reward),
      testOf(standing.summary?.test ?? log.last('tested')) ?? ABSENT,
    ];
  });
  return table(['', 'run', 'state', 'best reward', 'test'], rows, [3, 4]);
}

function curves(runs: readonly Compared[]): Content {
  const logs = runs.map(({ watched }) => watched.digest.log());
  const scale = logs.every((log) => measureOf(log).percent) ? 100 : 1;
  const lines = (points: (log: (typeof logs)[number]) => { x: number; y: unknown }[]): Line[] =>
    logs.map((log, i) => ({
      name: String(i + 1),
      color: COLORS[i % COLORS.length]!,
      points: points(log).flatMap(({ x, y }) => (isNumber(y) ? [{ x, y }] : [])),
    }));
  const chart = (title: string, label: string, caption: string, drawn: Line[]): Markup | undefined =>
    figure(
      linesChart(drawn, {
        ariaLabel: `${title} by epoch, one line per run`,
        x: { label: 'epoch' },
        y: { label },
        marginRight: 34,
      }),
      caption,
      { title },
    );
  const figures = [
    chart(
      'Reward',
      scale === 100 ? 'reward (%)' : 'reward',
      'Mean reward of the controller’s samples in each epoch.',
      lines((log) =>
        log.all('epoch').map(({ epoch, reward }) => ({ x: epoch + 1, y: isNumber(reward) ? scale * reward : reward })),
      ),
    ),
    chart(
      'Loss of the shared weights',
      'cross-entropy (nats)',
      'Mean training loss of each epoch.',
      lines((log) => log.all('weights-epoch').map(({ epoch, loss }) => ({ x: epoch + 1, y: loss }))),
    ),
    chart(
      'Loss while retraining',
      'cross-entropy (nats)',
      'Mean training loss of each epoch of retraining.',
      lines((log) => log.all('retrain-epoch').map(({ epoch, loss }) => ({ x: epoch + 1, y: loss }))),
    ),
  ].filter(Boolean);
  return section(
    'curves',
    'Curves',
    figures.length > 0 &&
      html`<p class="sub">The numbers at the ends of lines refer to the table.</p><div class="figures">${figures}</div>`,
  );
}

/** The settings in which at least two runs differ. */
function settings(runs: readonly Compared[]): Content {
  const each = runs.map(({ standing: { run } }) =>
    run && typeof run.config === 'object' && run.config !== null
      ? new Map(flatten(run.config))
      : new Map<string, string>(),
  );
  const names = [...new Set(each.flatMap((one) => [...one.keys()]))].sort();
  const differing = names.filter((name) => new Set(each.map((one) => one.get(name))).size > 1);
  const rows = differing
    .slice(0, DIFFERENCES)
    .map((name): Content[] => [html`<code>${name}</code>`, ...each.map((one) => one.get(name) ?? ABSENT)]);
  return section(
    'settings',
    'Differences',
    differing.length === 0
      ? html`<p>Their configurations are the same.</p>`
      : table(['setting', ...runs.map((_, i) => String(i + 1))], rows),
    differing.length > DIFFERENCES && html`<p class="sub">and ${String(differing.length - DIFFERENCES)} more</p>`,
  );
}
