/** The forgetting report of one run: one self-contained HTML file. */
import { ABSENT, decimal, integer, percent, plural, withMinus } from '../format.js';
import { lookUp } from '../input.js';
import { type Content, html, type Markup, section } from '../html/markup.js';
import { claim } from '../html/claim.js';
import { sentence } from '../html/course.js';
import { page } from '../html/page.js';
import { nameOf, shortName } from '../html/overview.js';
import { MAX_INLINE, versionOf } from '../html/record.js';
import { type ForgettingAnalysis } from './analysis.js';
import {
  healthSection,
  matrixSection,
  panelSection,
  partsSection,
  performanceSection,
  sharingSection,
  summaryTable,
  weightsSection,
} from './sections.js';
import { signed } from './signed.js';
import { forgettingTables } from './tables.js';
import { widthsSection } from './widths-section.js';

/** The whole page; the same analysis gives the same bytes. */
export async function forgettingPage(analysis: ForgettingAnalysis): Promise<string> {
  const { input } = analysis;
  return page(
    { title: `Forgetting · ${nameOf(input)}`, version: versionOf(input), source: 'the run’s events.jsonl' },
    head(analysis),
    section('numbers', 'In numbers', summaryTable(analysis)),
    panelSection(analysis),
    performanceSection(analysis),
    await partsSection(analysis),
    weightsSection(analysis),
    sharingSection(analysis),
    matrixSection(analysis),
    widthsSection(analysis.log),
    healthSection(analysis.health),
    filesSection(analysis),
  );
}

/** Name, setting, verdict and the key numbers. */
function head(analysis: ForgettingAnalysis): Markup {
  const {
    input,
    measurements: { config },
    verdict,
    health,
  } = analysis;
  const warnings = health.filter(({ status }) => status === 'WARN');
  return html`<header><p class="eyebrow">Multi-model forgetting</p>
<h1>${nameOf(input)}</h1>
<p class="sub">${setting(analysis)}</p>
${claim(sentence(verdict))}
${tiles(analysis)}
${config.regularizer !== 'none' && html`<p class="sub hint">Whether the regularizer has helped can only be told from runs without it and with controls: <code>weft forgetting compare RUN RUN…</code></p>`}
${warnings.length > 0 && html`<div class="note"><h2>Worth knowing</h2><ul>${warnings.map(({ what, detail }) => html`<li>${what}: ${withMinus(detail)}.</li>`)}</ul></div>`}
</header>
`;
}

/** The search space and the regularizer, on one line. */
export function setting({ input, log, measurements: { config } }: ForgettingAnalysis): string {
  const started = log.last('search-started');
  return [
    started && `${started.space}, ${started.controller} controller, seed ${started.seed}`,
    lookUp(input.config, 'data', 'source') !== undefined && `data ${shortName(lookUp(input.config, 'data', 'source'))}`,
    `regularizer ${config.regularizer}`,
    config.fisherKind !== null &&
      `Fisher information ${config.fisherKind} over ${plural(config.fisherExamples, 'example')}`,
    config.scope !== null && `scope ${config.scope}`,
    config.monitored.parameters > 0 &&
      `${integer(config.monitored.parameters)} weights in ${plural(config.monitored.tensors, 'tensor')} watched`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function tiles({ summary: { meanDiff, best5Diff, maxDiff, meanErrorDiff, tau, final } }: ForgettingAnalysis): Markup {
  const entries: [string, string][] = [
    ['mean forgetting (nats)', signed(meanDiff.value, 3)],
    ['best five (nats)', signed(best5Diff.value, 3)],
    ['largest, mean over epochs (nats)', signed(maxDiff.value, 3)],
    ['mean forgetting (points of error)', signed(100 * meanErrorDiff.value, 1)],
    ['τ(loss1, loss2)', decimal(tau.value, 2)],
    [`error at the end (last ${final.epochs} epochs)`, percent(final.error)],
    [`reward at the end (last ${final.epochs} epochs)`, final.reward === null ? ABSENT : percent(final.reward)],
  ];
  return html`<dl class="tiles">${entries.filter(([, value]) => value !== ABSENT).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function filesSection(analysis: ForgettingAnalysis): Content {
  const tables = forgettingTables(analysis);
  return section(
    'files',
    'Files',
    html`<p class="sub">The folder of this page also has <code>report.json</code> with every number, and each table as CSV. Everything is computed from <code>events.jsonl</code>. Every column is second minus first, so positive means forgotten, except FV and BWT, which measure accuracy.</p>
<p class="files">${tables.filter(({ csv }) => csv.length <= MAX_INLINE).map(({ name, csv }) => html`<a download="${name}.csv" href="data:text/csv;charset=utf-8;base64,${Buffer.from(csv).toString('base64')}">${name}.csv</a>`)}</p>
`,
  );
}
