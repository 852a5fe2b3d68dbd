/**
 * The frame around a page, with the program that keeps it up to date, and the restrictions that the browser enforces.
 */
import { html, type Markup, raw } from '../report/html/markup.js';
import { packageVersion } from '../runs/environment.js';

/** A whole page; `base` is the path that begins with the token. */
export function shell(title: string, base: string, content: Markup): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Weft</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${raw(base)}style.css">
</head>
<body>
<main>
${content}
<footer>Weft ${packageVersion}. This page only reads the runs of a folder.</footer>
</main>
<p id="connection" role="status" hidden>No answer: weft ui has ended. What is shown may be old.</p>
<script src="${raw(base)}app.js"></script>
</body>
</html>
`.markup;
}

/** No external content, no framing, no referrer: the address contains the token. */
const COMMON = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** For the pages of this program. */
export const PAGE_HEADERS = {
  ...COMMON,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
} as const;

/** For files of a run, which may come from others: their scripts do not run, and they cannot contact this server. */
export const FILE_HEADERS = {
  ...COMMON,
  'content-security-policy':
    "sandbox allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
} as const;
