/** Two architectures overlaid in one drawing, as a page. */
import { html, section } from '../html/markup.js';
import { page } from '../html/page.js';
import { type ArchitectureDiff, diffMarkup } from './architecture-diff.js';

/** One self-contained HTML file. */
export function diffPage(diff: ArchitectureDiff, version?: string): string {
  const { a, b, differences } = diff;
  const count = differences.length;
  return page(
    { title: `${a.name} and ${b.name}`, version, source: 'the runs’ own files' },
    html`<header><p class="eyebrow">Two networks</p>
<h1>${a.name} and ${b.name}</h1>
<p class="claim">${count === 0 ? 'They are the same network.' : `They differ in ${count === 1 ? 'one decision' : `${count} decisions`} of the search space.`}</p>
</header>
`,
    section('difference', 'One drawn over the other', diffMarkup(diff)),
    section(
      'architectures',
      'Encodings',
      html`<p><span class="first">A</span> <code>${a.architecture}</code><br><span class="second">B</span> <code>${b.architecture}</code></p>\n<p class="sub">Parameters and multiply-adds are those of the network as it is trained from scratch.</p>\n`,
    ),
  );
}
