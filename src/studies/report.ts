/** The page of a study: verdict, results with their targets, figures and tables. */
import { type Content, html, page, section, table } from '../report/index.js';
import { chapter, FOLDED, folded } from '../report/chapter.js';
import { aligned, decimal, duration, scientific, withMinus } from '../report/format.js';
import { claim } from '../report/html/claim.js';
import { shellWord } from '../printable.js';
import { type Environment } from '../runs/index.js';
import { type Row, type Study, type StudyResult } from './contract.js';

export interface StudyFacts {
  readonly seed: number;
  readonly seconds: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
}

/** One self-contained HTML file. */
export function studyReport(
  study: Pick<Study, 'name' | 'summary' | 'reference' | 'options'>,
  { verdict, rows, sections }: StudyResult,
  { seed, seconds, options, environment }: StudyFacts,
): string {
  const { name, summary, reference } = study;
  // Pictures come first; where there are none, the goals do.
  const pictured = sections.some(({ figures }) => figures !== undefined && figures.length > 0);
  return page(
    { title: name, version: environment.weft, source: `the study ${name}` },
    html`<header><p class="eyebrow">Study</p>
<h1>${name}</h1>
<p class="sub">${summary}</p>
${claim(verdict)}
</header>
`,
    pictured ? undefined : rowSection(rows),
    sections.map((one) => chapter(one.title.toLowerCase().replace(/[^a-z0-9]+/g, '-'), one.title, one)),
    pictured ? rowSection(rows) : undefined,
    section(
      'reproduction',
      'Repeating this study',
      html`<pre>${commandFor(study, { seed, options })}</pre>\n<p class="sub">${reference.replace(/\.$/, '')}. Seed ${seed}; ${duration(seconds)} on ${environment.cpu}, ${environment.threads} threads, backend ${environment.backend}${environment.library && ` ${environment.library}`}, Node ${environment.node}.</p>\n`,
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

/** The command that repeats the study: its seed, and the options that are not the defaults. */
function commandFor(
  { name, options: schema }: Pick<Study, 'name' | 'options'>,
  { seed, options }: Pick<StudyFacts, 'seed' | 'options'>,
): string {
  const { data: defaults } = schema.safeParse({}) as { data?: Readonly<Record<string, unknown>> };
  const changed = Object.entries(options).flatMap(([option, value]) =>
    JSON.stringify(value) === JSON.stringify(defaults?.[option])
      ? []
      : [shellWord(`${option}=${typeof value === 'string' ? value : JSON.stringify(value)}`)],
  );
  return [
    `weft study ${name}`,
    ...(seed === 1 ? [] : [`--seed ${seed}`]),
    ...(changed.length > 0 ? ['--set', ...changed] : []),
  ].join(' ');
}

/** How many targets were met, in words; nothing if there are none. */
export function tally(rows: readonly Row[]): string {
  const gates = rows.filter(({ gate }) => gate !== '');
  if (gates.length === 0) return '';
  const met = gates.filter(({ met }) => met === true).length;
  const open = gates.filter(({ met }) => met === null).length;
  return `${met} of ${gates.length} targets met${open > 0 ? `, ${open} not measured` : ''}.`;
}

/** A row's verdict, in a word. */
export function verdictOf({ gate, met }: Row): string {
  return gate === '' ? '' : met === null ? 'not measured' : met ? 'met' : 'not met';
}

/** A measured value in readable form. */
export function measuredText({ measured }: Row): string {
  if (measured === null) return '–';
  return typeof measured === 'number' ? shortNumber(measured) : measured;
}

function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? scientific(value, 3) : decimal(value, size < 10 ? 4 : 2);
}

/** Measured values; if there are many they are folded, except those that miss their targets. */
function rowSection(rows: readonly Row[]): Content {
  if (rows.length === 0) return undefined;
  const gated = rows.some(({ gate }) => gate !== '');
  const noted = rows.some(({ note }) => note !== undefined);
  const measured = aligned(rows.map((row) => (typeof row.measured === 'number' ? row.measured : null)));
  const heads = ['row', 'quantity', 'measured', ...(gated ? ['target', 'verdict'] : []), ...(noted ? ['note'] : [])];
  const lines = rows.map((row, i) => [
    html`<code>${row.id}</code>`,
    row.quantity,
    // Targets are of different kinds, and so are their numbers.
    gated || typeof row.measured !== 'number' ? measuredText(row) : measured[i]!,
    ...(gated ? [row.gate, verdictOf(row)] : []),
    ...(noted ? [row.note && withMinus(row.note)] : []),
  ]);
  const missed = lines.filter((_, i) => rows[i]!.met === false);
  const fold = rows.length > FOLDED;
  const summary = tally(rows);
  return section(
    'rows',
    gated ? 'Measured values and targets' : 'Measured values',
    summary !== '' && html`<p>${summary}</p>\n`,
    fold && missed.length > 0 && html`<h3>Not met</h3>\n${table(heads, missed, [2])}`,
    folded(`${missed.length > 0 ? 'All ' : ''}${rows.length} values`, table(heads, lines, [2]), fold),
  );
}
