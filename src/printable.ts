/**
 * Text that comes from data (names of classes, files, columns, runs) as it may be shown: on a terminal, or in a page
 * that may be printed to one.
 */

import { relative } from 'node:path';

/**
 * Control characters except tab and line feed, direction marks, and line separators: they steer a terminal, or show
 * text as something else.
 */
export const STEERING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with every character that would steer a terminal written as its code, for example `\x1b`. */
export function printable(text: string): string {
  return text.replace(STEERING, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A path as short as it can be typed from here. */
export function show(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

/** The text as one word of a POSIX shell. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A number with so many decimals, with the minus of mathematics, and none before zero. */
export function decimalText(value: number, digits: number): string {
  return value
    .toFixed(digits)
    .replace(/^-(?=0(\.0+)?$)/, '')
    .replace('-', '−');
}
