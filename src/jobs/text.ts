/** Texts that leave this machine or come from another: stored in a queue, and shown on a terminal. */
import { WeftError } from '../errors.js';

/**
 * What no terminal may be sent, and what PostgreSQL refuses in a text: control characters, NUL among them, and halves
 * of surrogate pairs.
 */
const UNPRINTABLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Characters of an error that are kept; a stack is longer only by accident. */
const LONGEST = 4000;

/** The text with what cannot be shown or stored written as `\x00` or `\ud800`; line feeds and tabs stay. */
export function printable(text: string, longest = LONGEST): string {
  const whole = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return whole.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** Whether a text can be stored and shown as it is. */
export const isPrintable = (text: string): boolean => text.search(UNPRINTABLE) < 0;

/** Where an error about data cites the data: in single quotes, and by the name of a class. */
const CITED = /'[^]*'|(?<=\bof class )[^]*?(?=, which has|$)/g;

/**
 * What of an error may go into a queue, which others read. Neither what an error about data cites from the data nor its
 * hint, which may list what else is there, leaves the machine that has the data. File, line and column do.
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
