/** Chapters of text, pictures and tables: those of studies, and user-defined ones for the report of a run. */
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { inOwnCode, type Part } from '../own-errors.js';
import { requireDefinition } from '../parts/checked.js';
import { type SearchEvent } from '../search/events.js';
import { type RunSummary } from '../runs/index.js';
import { aligned } from './format.js';
import { type Content, figure, html, type Markup, section, table } from './html/markup.js';
import { type ReportInput } from './input.js';

export interface ChapterFigure {
  readonly title: string;
  /** SVG text, as drawn by the chart frame; inserted into the page unescaped. */
  readonly svg: string;
  /** A sentence on what the picture shows. */
  readonly caption: string;
  readonly wide?: boolean;
}

export interface ChapterTable {
  /** Also the name of its CSV file, if there is one. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** The contents of a chapter, in this order; texts are escaped. */
export interface ChapterContent {
  /** Paragraphs. */
  readonly text?: readonly string[];
  readonly figures?: readonly ChapterFigure[];
  readonly tables?: readonly ChapterTable[];
}

/** The input of a chapter: the record of a run, finished or not. */
export interface ChapterInput {
  readonly events: readonly SearchEvent[];
  /** For a finished run. */
  readonly summary?: RunSummary | undefined;
}

export interface ChapterDefinition {
  /** Its identifier: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Its heading. */
  readonly title: string;
  /** Its contents; undefined omits the chapter. The same record must give the same content. */
  content(run: ChapterInput): ChapterContent | undefined;
}

export interface OwnChapter extends ChapterDefinition {
  readonly kind: 'weft-chapter';
}

/**
 * Defines a chapter for reports. A file that exports one can be passed: `weft report RUN --chapter ./my-chapter.ts`.
 */
export function defineChapter(definition: ChapterDefinition): OwnChapter {
  if (!/^[a-z][a-z0-9-]*$/.test(definition.name))
    throw new WeftError(
      'config',
      `a chapter cannot be named '${definition.name}'`,
      'use lower-case letters, digits and hyphens',
    );
  requireDefinition({ code: 'config', what: `the chapter '${definition.name}'` }, definition, 'content');
  return { kind: 'weft-chapter', ...definition };
}

/** A user-defined chapter. Throws WeftError('config') naming one that fails, or whose content is none. */
export function ownChapter({ name, title, content }: OwnChapter, { events, summary }: ReportInput): Content {
  const part: Part = { code: 'config', what: `the chapter '${name}'`, own: true };
  return inOwnCode(part, () => {
    const found: unknown = content({
      events: events as readonly SearchEvent[],
      summary: summary as RunSummary | undefined,
    });
    if (found === undefined) return undefined;
    requireContent(part.what, found);
    return chapter(`own-${name}`, title, found);
  });
}

/** Throws WeftError('config') unless a value that the user's own code gives is the content of a chapter. */
export function requireContent(what: string, found: unknown): asserts found is ChapterContent {
  const checked = CONTENT.safeParse(found);
  if (!checked.success)
    throw new WeftError(
      'config',
      `the content of ${what}:\n${z.prettifyError(checked.error)}`,
      'give { text, figures, tables }: paragraphs, pictures as SVG with captions, and rows of numbers and texts',
    );
}

/** NaN and infinities too, which a table shows as they are. */
export const anyNumber = z.custom<number>((value) => typeof value === 'number', 'expected a number');

const CONTENT = z.object({
  text: z.array(z.string()).optional(),
  figures: z.array(z.object({ title: z.string(), svg: z.string(), caption: z.string() })).optional(),
  tables: z
    .array(
      z.object({
        name: z.string(),
        title: z.string(),
        columns: z.array(z.string()),
        rows: z.array(z.array(z.union([z.string(), anyNumber, z.null()]))),
      }),
    )
    .optional(),
});

/** A chapter of a page. */
export function chapter(id: string, title: string, { text = [], figures = [], tables = [] }: ChapterContent): Content {
  return section(
    id,
    title,
    text.map((paragraph) => html`<p>${paragraph}</p>\n`),
    figures.length > 0 &&
      html`<div class="figures">${figures.map(({ title, svg, caption, wide }) => figure(svg, caption, { title, ...(wide && { wide }) }))}</div>\n`,
    tables.map(({ title, columns, rows }) => {
      const isNumeric = (i: number): boolean => rows.some((row) => typeof row[i] === 'number');
      const numbers = columns.map((_, i) =>
        isNumeric(i) ? aligned(rows.map((row) => (typeof row[i] === 'number' ? row[i] : null))) : undefined,
      );
      const content = table(
        columns,
        rows.map((row, k) => row.map((cell, i) => (typeof cell === 'number' ? numbers[i]![k]! : (cell ?? '–')))),
        columns.map((_, i) => i).filter(isNumeric),
      );
      return rows.length > FOLDED
        ? folded(`${title} (${rows.length} rows)`, content, true)
        : html`<h3>${title}</h3>\n${content}`;
    }),
  );
}

/** Tables with more rows are collapsed. */
export const FOLDED = 12;

/** Collapsible content behind a summary line. */
export function folded(title: string, content: Markup, fold: boolean): Markup {
  return fold ? html`<details><summary>${title}</summary>${content}</details>\n` : content;
}
