/** Text that comes from data (names of classes, files, columns, runs) as it may be written to a terminal. */

/** Control characters but for tab and line feed, marks of direction, and separators of lines: they steer a terminal, or show text as what it is not. */
const STEERING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The styles that this program writes itself: plain, bold, dim, yellow, cyan. */
const STYLE = /(\x1b\[(?:0|1|2|33|36)m)/;

/** The text with every character that would steer the terminal as its code, for example `\x1b`. */
export function printable(text: string): string {
  return text.replace(STEERING, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same, but for the program's own styles. */
export const printableStyled = (text: string): string =>
  text
    .split(STYLE)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join('');

/** A value with every text in it printable. */
export function printableDeep<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map(printableDeep) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, printableDeep(item)])) as T;
}

/** JSON of one line that no terminal obeys, also where it is read as Latin-1: JSON itself escapes only what is below a space. */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(
    STEERING,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
