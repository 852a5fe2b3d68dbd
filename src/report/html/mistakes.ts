/** The worst mistakes as pictures: wrong predictions with the highest confidence. */
import { type Mistake } from '../../search/mistakes.js';
import { type EventLog } from '../event-log.js';
import { isNumber, percent } from '../format.js';
import { type Content, html, section } from './markup.js';

/** Only base 64 may appear in a data URL. */
const BASE_64 = /^[A-Za-z0-9+/]+={0,2}$/;

export function mistakesSection(log: EventLog): Content {
  const { examples } = log.last('mistakes') ?? {};
  const shown = (Array.isArray(examples) ? (examples as readonly Partial<Mistake>[]) : []).filter((one) =>
    BASE_64.test(String(one?.picture)),
  );
  if (shown.length === 0) return undefined;
  return section(
    'mistakes',
    'The worst mistakes',
    html`<p>The test images with the most confident wrong answers, the most confident first, as the network sees them. Look for wrong labels, images that show several things, and features that the training images of a class lack.</p>
<div class="mistakes">${shown.map(({ label, called, probability, picture }) => {
      const sure = isNumber(probability) ? percent(probability) : '';
      return html`<figure><img src="data:image/png;base64,${picture}" alt="Test picture of ${label}, taken for ${called}" width="96"><figcaption>${label}, taken for <b>${called}</b> (${sure})</figcaption></figure>`;
    })}</div>\n`,
  );
}
