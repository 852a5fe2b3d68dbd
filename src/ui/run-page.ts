/** The page of one run: its progress, its curves, and the best architectures so far. */
import { basename } from 'node:path';
import { candidatesChart } from '../report/charts/candidates.js';
import { entropyChart } from '../report/charts/entropy.js';
import { lossChart } from '../report/charts/loss.js';
import { rewardChart } from '../report/charts/reward.js';
import { type EventLog } from '../report/event-log.js';
import { ABSENT, decimal, hugeInteger, integer, isNumber, percent } from '../report/format.js';
import { retrainingSection } from '../report/html/course.js';
import { type Content, figure, html, type Markup, section, table } from '../report/html/markup.js';
import { lookUp } from '../report/input.js';
import { measureOf } from '../report/measure.js';
import { type RunSummary } from '../runs/index.js';
import { type Digest, MOST_CANDIDATES } from './digest.js';
import { stateMark, testOf } from './list-page.js';
import { type Drawing, frontPart } from './front.js';
import { part } from './page-part.js';
import { type RunState } from './run-states.js';
import { type Watched } from './watched.js';

/** The parts of the page that change while it is being viewed, replaced individually. */
export function runPage(
  standing: RunState,
  watched: Watched,
  reports: readonly string[],
  { selected, drawing }: { readonly selected?: string | undefined; readonly drawing?: Drawing | undefined } = {},
): Markup {
  const { digest } = watched;
  const log = digest.log();
  return html`<p class="back"><a href="../">All runs</a></p>
${part('head', header(standing, watched, log, reports))}
${part('front', frontPart(log, selected, drawing))}
${part('best', bestSection(digest, log))}
${part('course', courseOf(log))}
${part('candidates', candidatesOf(digest, log))}
${part('retraining', retrainingSection(log))}
${part('remarks', remarksOf(digest, log))}`;
}

function header(standing: RunState, { digest, read }: Watched, log: EventLog, reports: readonly string[]): Markup {
  const { name, run, summary, state, detail } = standing;
  const started = log.last('search-started');
  const source = lookUp(run?.config, 'data', 'source');
  const facts = [
    started?.space ?? lookUp(run?.config, 'space', 'name'),
    started && `${hugeInteger(String(started.size))} architectures`,
    started && `${started.controller} controller`,
    run && `seed ${run.manifest.seed}`,
    typeof source === 'string' && `data ${shortened(source)}`,
  ].filter(Boolean);
  const { show } = measureOf(log);
  const best = digest.best().list[0];
  const epochs = started?.epochs;
  const retrained = log.last('retrain-epoch');
  const tiles: [string, Content][] = [
    ['state', stateMark(state)],
    ['now', state === 'finished' ? 'done' : detail],
    ...(started ? [['epochs of the search', `${integer(digest.count('epoch'))} of ${integer(epochs)}`] as const] : []),
    ...(retrained
      ? [
          [
            'epochs of retraining',
            `${integer(retrained.epoch + 1)} of ${integer(log.last('retrain-started')?.epochs)}`,
          ] as const,
        ]
      : []),
    ...(best
      ? [
          [
            'best so far, shared weights',
            isNumber(best.reward) && !isNumber(best.loss) ? rewardText(best.reward, log) : show(qualityOf(best, log)),
          ] as const,
        ]
      : []),
    ...(summary?.test || log.last('tested') ? [['test', testText(summary, log)] as const] : []),
    ['events', integer(digest.events)],
  ].map(([title, value]): [string, Content] => [title as string, value as Content]);
  return html`<header><p class="eyebrow">Run</p>
<h1>${run?.manifest.name ?? name}</h1>
<p class="sub"><code>${name}</code>${facts.length > 0 && html`<br>${facts.join(' · ')}`}</p>
${state === 'damaged' && html`<div class="alarms"><h2>This run cannot be opened</h2><p>${detail}</p></div>`}
${read < 0.9999 && html`<p class="reading">reading the events, ${percent(read, 0)}</p>`}
<dl class="tiles">${tiles.map(([title, value]) => html`<div><dt>${title}</dt><dd>${value}</dd></div>`)}</dl>
${reports.length > 0 && html`<p class="files hint">${reports.map((file) => html`<a href="${encodeURIComponent(name)}/${file.split('/').map(encodeURIComponent).join('/')}">${reportTitle(file)}</a>`)}</p>`}
</header>`;
}

function bestSection(digest: Digest, log: EventLog): Content {
  const { from, list } = digest.best();
  if (list.length === 0) return undefined;
  const { columns: measured } = measureOf(log);
  const candidates = from === 'candidates';
  const derived = log.last('derived')?.architecture;
  const rows = list.map((one, i): Content[] => [
    String(i + 1),
    ...(candidates ? measured.map(({ cell }) => cell(one)) : [rewardText(one.reward, log)]),
    html`<code>${one.architecture}</code>${one.architecture === derived && html` <strong class="found">derived</strong>`}`,
  ]);
  const columns = candidates ? measured.map(({ title }) => title) : ['reward'];
  return section(
    'best-architectures',
    'The best architectures so far',
    html`<p class="sub">${candidates ? 'The controller’s candidates for the final choice, with shared weights on the same batches.' : 'The best reward up to each epoch, with the shared weights at that time: later weights are better, and the final choice evaluates candidates again with the final weights.'}</p>`,
    table(['', ...columns, 'architecture'], rows, candidates ? [1, 2] : [1]),
  );
}

function courseOf(log: EventLog): Content {
  const figures = [
    figure(rewardChart(log), 'Mean reward of the controller’s samples and of random ones, by epoch.', {
      title: 'Reward',
    }),
    figure(
      lossChart(log),
      'Training loss with shared weights: dots are single steps, the line is the mean of an epoch.',
      {
        title: 'Loss of the shared weights',
      },
    ),
    figure(entropyChart(log), 'Entropy of the controller’s samples, mean of each epoch.', { title: 'Entropy' }),
  ].filter(Boolean);
  return section('course', 'The search', figures.length > 0 && html`<div class="figures">${figures}</div>`);
}

function candidatesOf(digest: Digest, log: EventLog): Content {
  const count = digest.count('candidate');
  if (count > MOST_CANDIDATES)
    return section(
      'candidates-chart',
      'Candidates',
      html`<p>${integer(count)} candidates were evaluated, more than are drawn here; <code>weft report</code> draws them all.</p>`,
    );
  const drawn = figure(
    candidatesChart(log),
    'Each architecture evaluated for the final choice, one dot each; diamonds are means.',
  );
  return section('candidates-chart', 'Candidates', drawn && html`<div class="figures">${drawn}</div>`);
}

function remarksOf({ unreadable }: Digest, log: EventLog): Content {
  const remarks = [
    ...log.all('warning').map(({ message }) => String(message)),
    ...(log.last('budget-reached') ? ['the time budget was reached'] : []),
    ...log.all('environment-changed').map(() => 'the run went on in a changed environment'),
    ...(unreadable > 0 ? [`${integer(unreadable)} lines of events.jsonl are not events`] : []),
  ];
  return section(
    'remarks',
    'Remarks',
    remarks.length > 0 && html`<ul>${remarks.map((text) => html`<li>${text}</li>`)}</ul>`,
  );
}

const qualityOf = (
  best: { accuracy?: number | null; loss?: number | null; score?: number | null },
  log: EventLog,
): number | undefined => best[measureOf(log).field] ?? undefined;

function rewardText(reward: unknown, log: EventLog): string {
  return measureOf(log).percent ? percent(reward) : decimal(reward, 2);
}

function testText(summary: RunSummary | undefined, log: EventLog): string {
  return testOf(summary?.test ?? log.last('tested')) ?? ABSENT;
}

const reportTitle = (file: string): string =>
  file === 'report.html' ? 'Report' : file.startsWith('forgetting/') ? 'Report on forgetting' : basename(file);

const shortened = (text: string): string => (text.length > 60 ? `…${text.slice(-59)}` : text);
