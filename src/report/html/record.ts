/** Everything needed to check or repeat the run: the parts of the data, versions, options, tables. */
import { integer } from '../format.js';
import { flatten, lookUp, type ReportInput } from '../input.js';
import { reportTables, splitsOf } from '../tables.js';
import { type Content, html, section, table } from './markup.js';

export function dataSection(input: ReportInput): Content {
  const splits = splitsOf(input);
  if (splits.length === 0) return undefined;
  return section(
    'data',
    'The data and its parts',
    html`<p>No example is in two parts. Each part is identified by SHA-256 hashes of its examples’ numbers in the data set and of their content.</p>\n`,
    table(
      ['part', 'examples', 'which examples', 'content'],
      splits.map(([name, record]) => [
        name,
        integer(record['count']),
        hash(record['indices']),
        hash(record['content']),
      ]),
      [1],
    ),
  );
}

export function reproductionSection(input: ReportInput): Content {
  const rows = flatten(input.manifest).filter(([name]) => !name.startsWith('facts.data.splits'));
  const options = flatten(input.config);
  const tables = reportTables(input).filter(({ csv }) => csv.length <= MAX_INLINE);
  return section(
    'reproduction',
    'Repeating this run',
    html`<pre>weft search --config config.yaml</pre>\n<p class="sub">Use the <code>config.yaml</code> in this run’s directory, which contains every option and the seed. On the same machine with the same versions this gives the same run, to the bit.</p>\n`,
    rows.length > 0 &&
      html`<details><summary>Versions and machine</summary>${table(
        ['', ''],
        rows.map(([name, value]) => [name, html`<code>${value}</code>`]),
      )}</details>\n`,
    options.length > 0 &&
      html`<details><summary>All options</summary>${table(
        ['option', 'value'],
        options.map(([name, value]) => [html`<code>${name}</code>`, html`<code>${value}</code>`]),
      )}</details>\n`,
    tables.length > 0 &&
      html`<p class="files">Tables: ${tables.map(({ name, csv }) => html`<a download="${name}.csv" href="data:text/csv;charset=utf-8;base64,${Buffer.from(csv).toString('base64')}">${name}.csv</a>`)}</p>\n`,
  );
}

/** Maximum number of characters of a table embedded in the page; longer ones would slow it down. */
export const MAX_INLINE = 300_000;

/** The program version recorded in the run. */
export function versionOf({ manifest }: ReportInput): string | undefined {
  const version = lookUp(manifest, 'environment', 'weft');
  return typeof version === 'string' ? version : undefined;
}

function hash(value: unknown): Content {
  return typeof value === 'string' ? html`<code title="${value}">${value.slice(0, 16)}</code>` : '–';
}
