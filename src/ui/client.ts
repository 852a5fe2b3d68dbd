/** Assets sent to the browser along with the pages: a style sheet and a short program that polls for updates. */
import { STYLE } from '../report/html/style.js';

export const CSS = `${STYLE}
.back{margin:0 0 18px;font-size:14px}
.state{white-space:nowrap}
.state.running{color:var(--found);font-weight:600}
.state.damaged{color:var(--alarm)}
.state.stopped{color:var(--muted)}
.tiles dd{overflow-wrap:anywhere}
.reading{color:var(--muted)}
.runs a{font-weight:600}
.runs td code{overflow-wrap:anywhere}
input[type=checkbox]{width:18px;height:18px;margin:0;accent-color:var(--controller)}
button{font:inherit;font-size:15px;padding:7px 16px;color:var(--on-strong);background:var(--controller);border:0;border-radius:8px;cursor:pointer}
button:focus-visible,a:focus-visible,input:focus-visible{outline:2px solid var(--controller);outline-offset:2px}
.live-front{width:100%;height:auto;font-size:12px;fill:var(--ink);overflow:visible}
.live-front .tick,.live-front .axis{fill:var(--muted)}
.live-front a{cursor:pointer}
.live-front a:focus-visible{outline:none}
.live-front a:focus-visible .dot,.live-front a:hover .dot,.live-front a[aria-current] .dot{stroke:var(--ink);stroke-width:2}
.live-front .tip{display:none;pointer-events:none}
.live-front a:hover .tip,.live-front a:focus-visible .tip{display:block}
.live-front .tip rect{fill:var(--paper);stroke:var(--muted)}
.chosen code{overflow-wrap:anywhere}
.chosen .picture{overflow-x:auto}
#connection{position:fixed;left:0;right:0;bottom:0;margin:0;max-width:none;padding:8px 16px;background:var(--alarm);color:var(--paper);text-align:center;font-size:14px}
#connection[hidden]{display:none}
@media (max-width:720px){
.runs thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.runs tr{display:grid;grid-template-columns:28px minmax(0,1fr) auto;gap:2px 8px;padding:10px 0;border-bottom:1px solid var(--faint)}
.runs td{border:0;padding:0;text-align:left;white-space:normal}
.runs td:nth-child(1){grid-row:1/4;padding-top:3px}
.runs td:nth-child(2){grid-row:1/3}
.runs td:nth-child(4){grid-column:2/4;color:var(--muted)}
.runs td:nth-child(4):empty,.runs td:nth-child(5),.runs td:nth-child(6),.runs td:nth-child(8){display:none}
.runs td:nth-child(7){grid-column:3;grid-row:2;text-align:right}
.runs td:nth-child(7):not(:empty)::before{content:'test '}
}
`;

/**
 * Polls the page every two seconds while it is visible, and replaces the parts that have changed; checked boxes and
 * keyboard focus are preserved. All inserted content was escaped by the server.
 */
export const SCRIPT = `'use strict';
let version = '';
let waiting;
const note = document.getElementById('connection');
async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { 'x-weft-part': '1', 'if-none-match': version }, cache: 'no-store' });
      note.hidden = answer.ok || answer.status === 304;
      if (answer.ok) {
        version = answer.headers.get('etag') || '';
        replace(await answer.text());
      }
    } catch {
      note.hidden = false;
    }
  }
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 2000);
}
document.addEventListener('click', (event) => {
  const link = event.target.closest('a');
  const to = link && link.getAttribute('href');
  if (!to || !to.startsWith('?') || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, '', to === '?' ? location.pathname : to);
  version = '';
  refresh();
});
function replace(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  for (const part of document.querySelectorAll('[data-part]')) {
    const other = [...fresh.querySelectorAll('[data-part]')].find((one) => one.dataset.part === part.dataset.part);
    if (!other || other.innerHTML === part.innerHTML) continue;
    const ticked = new Set([...part.querySelectorAll('input:checked')].map((input) => input.value));
    const focused = part.contains(document.activeElement) ? keyOf(document.activeElement) : undefined;
    const scrolled = [...part.querySelectorAll('.scroll')].map((one) => one.scrollLeft);
    part.replaceChildren(...other.childNodes);
    for (const input of part.querySelectorAll('input')) input.checked = ticked.has(input.value);
    part.querySelectorAll('.scroll').forEach((one, i) => (one.scrollLeft = scrolled[i] || 0));
    if (focused) [...part.querySelectorAll('a,input')].find((one) => keyOf(one) === focused)?.focus();
  }
}
const keyOf = (element) => element.tagName + (element.getAttribute('href') || element.value || '');
waiting = setTimeout(refresh, 1000);
`;
