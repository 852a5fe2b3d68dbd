/**
 * Makes output safe, so that text from data cannot control the terminal: words with the command's own styles, values,
 * JSON.
 */
import { printable, STEERING } from '../printable.js';

/** The styles that this program writes itself: plain, bold, dim, yellow, cyan. */
const STYLE = /(\x1b\[(?:0|1|2|33|36)m)/;

/** The text as `printable` returns it, except for the program's own styles. */
export const printableStyled = (text: string): string =>
  text
    .split(STYLE)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join('');

/** A value with every text in it made printable. */
export function printableDeep<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map(printableDeep) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, printableDeep(item)])) as T;
}

/**
 * Single-line JSON that is inert on any terminal, even when read as Latin-1: JSON itself escapes only characters below
 * a space.
 */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(
    STEERING,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
