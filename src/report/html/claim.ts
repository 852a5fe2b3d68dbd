/** A verdict: its main clause large, on at most two lines; qualifications below, small. */
import { withMinus } from '../format.js';
import { html, type Markup } from './markup.js';

/** Number of characters that fit on two lines. */
const TWO_LINES = 130;

/**
 * One or several sentences. If they do not fit on two lines, they are split at the first semicolon or full stop that is
 * not too early.
 */
export function claim(text: string): Markup {
  const [main, rest] = divided(withMinus(text).replace(/ (%|points|nats)/g, '\u00a0$1'));
  return html`<p class="claim">${main}</p>\n${rest !== '' && html`<p class="sub">${rest}</p>\n`}`;
}

/** Whether every bracket in the text is closed. */
const isOutsideBrackets = (text: string): boolean => text.split('(').length === text.split(')').length;

function divided(text: string): [main: string, rest: string] {
  if (text.length <= TWO_LINES) return [text, ''];
  const ends = [...text.matchAll(/[.;](?= )/g)]
    .map(({ index }) => index)
    .filter((index) => index >= 30 && isOutsideBrackets(text.slice(0, index)));
  const end = ends.filter((index) => index <= TWO_LINES).at(-1) ?? ends[0];
  if (end === undefined) return [text, ''];
  const rest = text.slice(end + 1).trim();
  return [`${text.slice(0, end)}.`, `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`];
}
