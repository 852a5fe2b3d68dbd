/** Text from data or from a space, escaped for Markdown. */
import { largestOf } from '../statistics/extremes.js';

/** Characters that would end the line, control a terminal that shows the file, or reverse the direction of reading. */
const UNSEEN = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The text as a code span, in which nothing is markup: no HTML, links or emphasis. The fence is longer than any run of
 * backticks in it (CommonMark 0.31, section 6.1).
 */
export function codeSpan(text: string): string {
  const shown = text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const longest = largestOf(
    (shown.match(/`+/g) ?? []).map((run) => run.length),
    0,
  );
  const fence = '`'.repeat(longest + 1);
  // Markdown strips one space from both ends of a code span that is not all spaces. Without the padding, a backtick at
  // either end would become part of the fence.
  const apart = shown === '' || /^[ `]|[ `]$/.test(shown) ? ' ' : '';
  return `${fence}${apart}${shown}${apart}${fence}`;
}

/** A name unchanged if it consists of letters, digits and hyphens; otherwise as a code span. */
export const nameInText = (name: string): string => (/^[\p{L}\p{N}-]+$/u.test(name) ? name : codeSpan(name));
