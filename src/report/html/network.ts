/** The derived network and the candidates it was chosen from. */
import { type Candidate, rankCandidates } from '../candidates.js';
import { decoded } from '../decoded.js';
import { architectureSvg } from '../drawing/index.js';
import { type EventLog } from '../event-log.js';
import { ABSENT, integer } from '../format.js';
import { type ReportInput } from '../input.js';
import { measureOf } from '../measure.js';
import { type Content, html, type Markup, raw, section, table } from './markup.js';

const SHOWN = 10;

/** A drawing of the derived network, of the given one, or of the best so far. */
export async function networkSection({ space }: ReportInput, log: EventLog): Promise<Content> {
  const derived = log.last('derived');
  const trained = log.last('retrain-started')?.architecture;
  const text = derived?.architecture ?? trained ?? log.last('epoch')?.best?.architecture;
  if (text === undefined) return undefined;
  const architecture = space && decoded(space, text);
  const title = derived ? 'The network that was found' : trained ? 'The network' : 'The best network so far';
  const words = html`<p><code>${text}</code>${derived && html`<br><code class="hash">hash ${derived.hash}</code>`}</p>\n`;
  if (!space || architecture === undefined)
    return section(
      'network',
      title,
      words,
      html`<p class="sub">The search space was not available when this report was made, so there is no drawing.</p>`,
    );
  const across = await architectureSvg(space, architecture, { direction: 'right' });
  const tall = await architectureSvg(space, architecture);
  const resized = tall.includes('stroke-dasharray');
  const caption =
    'From the input to the output; coloured boxes are the operations that were chosen, numbered by layer. ' +
    `Arcs are skip connections, added at “+”${resized ? ': solid ones keep the resolution, dashed ones halve it' : ''}.`;
  return section(
    'network',
    title,
    html`<figure class="wide"><div class="picture across">${raw(across)}</div><div class="picture tall">${raw(tall)}</div><figcaption>${caption}</figcaption></figure>\n`,
    words,
  );
}

/** The best distinct candidates, each with a small drawing. */
export async function candidatesSection({ space }: ReportInput, log: EventLog): Promise<Content> {
  const ranked = rankCandidates(log);
  if (ranked.length === 0) return undefined;
  const derived = log.last('derived')?.hash;
  const { columns } = measureOf(log);
  const rows = await Promise.all(
    ranked
      .slice(0, SHOWN)
      .map(async (candidate, i): Promise<Content[]> => [
        String(i + 1),
        ...columns.map(({ cell }) => cell(candidate)),
        drawn(candidate),
        html`<div class="candidate">${await thumbnail(space, candidate.architecture)}<span><code>${bodyOf(candidate.architecture)}</code>${candidate.hash === derived && html`<br><strong class="found">derived</strong>`}</span></div>`,
      ]),
  );
  return section(
    'candidates',
    'The best candidates',
    html`<p>${ranked.length > SHOWN ? `The best ${SHOWN} of ${integer(ranked.length)} different networks` : 'All networks'} that were evaluated for the final choice, with the same shared weights on the same batches. Only candidates of the controller can be chosen.</p>\n`,
    table(['', ...columns.map(({ title }) => title), 'drawn', 'network'], rows, [1, 2]),
  );
}

function drawn({ drawn: { controller, random } }: Candidate): string {
  const times = (count: number, by: string): string => (count === 0 ? '' : count === 1 ? by : `${by} ${count}×`);
  return [times(controller, 'controller'), times(random, 'random')].filter(Boolean).join(', ') || ABSENT;
}

async function thumbnail(space: ReportInput['space'], text: string): Promise<Markup | undefined> {
  const architecture = space && decoded(space, text);
  return space && architecture !== undefined
    ? raw(await architectureSvg(space, architecture, { direction: 'right', thumbnail: true }))
    : undefined;
}

/** The choices without the space's name and fingerprint. */
function bodyOf(text: string): string {
  return text.slice(text.indexOf(':') + 1);
}
