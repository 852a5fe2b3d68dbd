/** The frame of every generated page: one self-contained HTML file that needs neither network nor scripts. */
import { type Content, html, raw } from './markup.js';
import { STYLE } from './style.js';

export interface PageOptions {
  readonly title: string;
  /** The version of this program that made what the page shows. */
  readonly version?: string | undefined;
  /** Where the page's contents come from. */
  readonly source: string;
}

/** A whole page; the same input gives the same bytes. */
export function page({ title, version, source }: PageOptions, ...content: readonly Content[]): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Weft${version && ` ${version}`}">
<title>${title} · Weft</title>
<link rel="icon" href="data:,">
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
${content}
<footer>Made by Weft${version && ` ${version}`} from ${source}.</footer>
</main>
</body>
</html>
`.markup;
}
