/** HTML templates that escape text unless it is already markup. */
import { escapeHtml } from '../format.js';

export interface Markup {
  readonly markup: string;
}

export type Content = Markup | string | number | undefined | false | readonly Content[];

/** A template whose values are escaped; `Markup` and lists of it are inserted unchanged. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return raw(parts.reduce((text, part, i) => text + toText(values[i - 1]) + part));
}

export function raw(markup: string): Markup {
  return { markup };
}

function toText(content: Content): string {
  if (content === undefined || content === false) return '';
  if (Array.isArray(content)) return (content as readonly Content[]).map(toText).join('');
  return typeof content === 'object' ? (content as Markup).markup : escapeHtml(String(content));
}

/** A picture with a one-sentence caption that says what it shows. */
export function figure(
  picture: string | undefined,
  caption: Content,
  { wide = false, title }: { wide?: boolean; title?: string } = {},
): Markup | undefined {
  if (picture === undefined) return undefined;
  return html`<figure${wide && raw(' class="wide"')}>${title !== undefined && html`<h3>${title}</h3>`}<div class="picture">${raw(picture)}</div><figcaption>${caption}</figcaption></figure>\n`;
}

/** A section with a heading, or nothing if it has no content. */
export function section(id: string, title: string, ...content: readonly Content[]): Markup | undefined {
  const body = html`${content}`;
  return body.markup.trim() === '' ? undefined : html`<section id="${id}"><h2>${title}</h2>\n${body}</section>\n`;
}

/** The name of a column without a heading, for screen readers. */
const UNNAMED: Markup = raw('<span class="unseen">name</span>');

/** A table; `numeric` lists the right-aligned columns. */
export function table(
  head: readonly Content[],
  rows: readonly (readonly Content[])[],
  numeric: readonly number[] = [],
): Markup {
  const mark = (column: number): Markup | false => numeric.includes(column) && raw(' class="number"');
  // Without a mouse, the table is scrolled with the keyboard.
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${head.map((cell, i) => html`<th scope="col"${mark(i)}>${cell === '' ? UNNAMED : cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => html`<td${mark(i)}>${cell}</td>`)}</tr>\n`)}</tbody></table></div>\n`;
}
