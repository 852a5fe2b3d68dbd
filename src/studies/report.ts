/** The page of a study: verdict, rows beside their gates, figures and tables. */
import { type Content, figure, html, type Markup, page, section, table } from '../report/index.js';
import { decimal, duration } from '../report/format.js';
import { type Environment } from '../runs/index.js';
import { type Row, type Study, type StudyResult, type StudySection } from './contract.js';

export interface StudyFacts {
  readonly seed: number;
  readonly seconds: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
}

/** One self-contained HTML file. */
export function studyReport(
  { name, summary, reference }: Pick<Study, 'name' | 'summary' | 'reference'>,
  { verdict, rows, sections }: StudyResult,
  { seed, seconds, options, environment }: StudyFacts,
): string {
  return page(
    { title: name, version: environment.weft, source: `the study ${name}` },
    html`<header><p class="eyebrow">Study</p>
<h1>${name}</h1>
<p class="sub">${summary}</p>
<p class="claim">${verdict}</p>
</header>
`,
    section('rows', 'Measured values and goals', html`<p>${tally(rows)}</p>\n`, rowTable(rows)),
    sections.map(chapter),
    section(
      'reproduction',
      'Repeating this study',
      html`<pre>npm run reproduce -- ${name}</pre>\n<p class="sub">${reference} Seed ${seed}; ${duration(seconds)} on ${environment.cpu}, ${environment.threads} threads, backend ${environment.backend}${environment.library && ` ${environment.library}`}, Node ${environment.node}.</p>\n`,
      html`<details><summary>All options</summary>${table(
        ['option', 'value'],
        Object.entries(options).map(([option, value]) => [
          html`<code>${option}</code>`,
          html`<code>${JSON.stringify(value)}</code>`,
        ]),
      )}</details>\n`,
    ),
  );
}

/** How many gates were met, in words; nothing where there are none. */
export function tally(rows: readonly Row[]): string {
  const gates = rows.filter(({ gate }) => gate !== '');
  if (gates.length === 0) return '';
  const met = gates.filter(({ met }) => met === true).length;
  const open = gates.filter(({ met }) => met === null).length;
  return `${met} of ${gates.length} gates met${open > 0 ? `, ${open} not measured` : ''}.`;
}

/** A row's verdict, in a word. */
export function verdictOf({ gate, met }: Row): string {
  return gate === '' ? '' : met === null ? 'not measured' : met ? 'met' : 'not met';
}

/** A measured value as it is read. */
export function measuredText({ measured }: Row): string {
  if (measured === null) return '–';
  return typeof measured === 'number' ? shortNumber(measured) : measured;
}

function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(3) : decimal(value, size < 10 ? 4 : 2);
}

function rowTable(rows: readonly Row[]): Markup {
  return table(
    ['row', 'quantity', 'measured', 'gate', 'verdict', 'note'],
    rows.map((row) => [
      html`<code>${row.id}</code>`,
      row.quantity,
      measuredText(row),
      row.gate,
      verdictOf(row),
      row.note,
    ]),
    [2],
  );
}

function chapter({ title, text = [], figures = [], tables = [] }: StudySection): Content {
  const id = title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return section(
    id,
    title,
    text.map((paragraph) => html`<p>${paragraph}</p>\n`),
    figures.length > 0 &&
      html`<div class="figures">${figures.map(({ title, svg, caption, wide }) => figure(svg, caption, { title, ...(wide && { wide }) }))}</div>\n`,
    tables.map(
      ({ title, columns, rows }) =>
        html`<h3>${title}</h3>\n${table(
          columns,
          rows.map((row) => row.map((cell) => (typeof cell === 'number' ? shortNumber(cell) : (cell ?? '–')))),
          columns.map((_, i) => i).filter((i) => rows.some((row) => typeof row[i] === 'number')),
        )}`,
    ),
  );
}
