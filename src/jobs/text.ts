/** Texts that leave this machine or come from another: stored in a queue, and shown on a terminal. */
import { WeftError } from '../errors.js';

/**
 * Characters that must not be sent to a terminal, and those that PostgreSQL rejects in a text: control characters
 * including NUL, and unpaired surrogates.
 */
const UNPRINTABLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Maximum number of characters of an error; a stack is longer only by accident. */
const LONGEST = 4000;

/**
 * The text with characters that cannot be shown or stored written as `\x00` or `\ud800`; line feeds and tabs are kept.
 */
export function printable(text: string, longest = LONGEST): string {
  const whole = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return whole.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** Whether a text can be stored and shown unchanged. */
export const isPrintable = (text: string): boolean => text.search(UNPRINTABLE) < 0;

/** Where an error about data quotes the data: in single quotes, and by class name. */
const CITED = /'[^]*'|(?<=\bof class )[^]*?(?=, which has|$)/g;

/**
 * The part of an error that may go into a queue, which others read. Quotations from the data, and the hint, which may
 * list other content, do not leave the machine that has the data. File, line and column do.
 */
export function withoutData(error: WeftError): WeftError {
  if (error.code !== 'data') return error;
  const message = error.message.replace(CITED, '…');
  return new WeftError(
    'data',
    message,
    message === error.message
      ? error.hint
      : 'values of the data stay on the worker: the complete message is in its output',
  );
}
