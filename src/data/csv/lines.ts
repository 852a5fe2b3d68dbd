/** The lines of a table, chunk by chunk: a file is never in memory as a whole, whatever its size. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { WeftError } from '../../errors.js';
import type { Source } from '../dataset.js';
import { type Charset, decoded, isUtf8 } from './decode.js';
import { isFolder, PIECE_BYTES, piecesOf, readSource } from '../source.js';

/** A line, or several where a quoted field contains line breaks. */
export interface Line {
  readonly text: string;
  /** Its first line in the file, from 1. */
  readonly number: number;
}

export interface LineReader {
  /** The non-blank lines. */
  readonly lines: IterableIterator<Line>;
  /** Path, size and hash of the file, once all lines have been read. */
  source(): Source;
}

/** A longer line cannot belong to a table. */
const LONGEST_LINE = 1 << 26;
/** A longer quoted field is missing its closing quote. */
const LONGEST_QUOTE = 1 << 16;

/** How a file is split: `quoted` joins the lines of a quoted field, as in tables; `plain` does not. */
export type LineRule = 'quoted' | 'plain';

/** Opens a table, gzipped or not. A gzipped one is decompressed as a whole, up to the limit of `readSource`. */
export function openLines(path: string, charset: Charset = 'utf-8', rule: LineRule = 'quoted'): LineReader {
  let source: Source | undefined;
  const pieces = function* (): Generator<Uint8Array> {
    if (isGzip(path)) {
      const file = readSource(path);
      for (let at = 0; at < file.bytes.length; at += PIECE_BYTES) yield file.bytes.subarray(at, at + PIECE_BYTES);
      source = file.source;
      return;
    }
    const hash = createHash('sha256');
    let bytes = 0;
    for (const piece of piecesOf(path)) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
    source = { path, sha256: hash.digest('hex'), bytes };
  };
  return {
    lines: RULES[rule](splitLines(decoded(pieces(), path, charset), path)),
    source: () => source!,
  };
}

/** The lines of bytes in memory; `path` is used in messages. */
export const linesOf = (
  bytes: Uint8Array,
  path: string,
  charset: Charset = 'utf-8',
  rule: LineRule = 'quoted',
): IterableIterator<Line> => RULES[rule](splitLines(decoded([bytes], path, charset), path));

/**
 * The encoding of a table that belongs to a network whose training table had the `recorded` one: UTF-8 if it is that,
 * which no text in another encoding is by chance. `content` is that of a table that is no file.
 */
export function laterCharset(path: string, recorded: Charset | undefined, content?: Uint8Array): Charset | undefined {
  if (recorded === undefined || (!content && (!existsSync(path) || isFolder(path)))) return recorded;
  const pieces = content ? [content] : isGzip(path) ? [readSource(path).bytes] : piecesOf(path);
  return isUtf8(pieces) ? undefined : recorded;
}

function isGzip(path: string): boolean {
  const [first] = piecesOf(path, 2);
  return first?.[0] === 0x1f && first[1] === 0x8b;
}

function* splitLines(texts: Iterable<string>, path: string): Generator<Line> {
  let rest = '';
  let number = 1;
  let end: string | undefined;
  for (const text of texts) {
    // Spreadsheets on old Macs ended lines with a carriage return alone.
    end ??= text.includes('\n') || !text.includes('\r') ? '\n' : '\r';
    const lines = (rest + text).split(end);
    rest = lines.pop()!;
    if (rest.length > LONGEST_LINE)
      throw new WeftError(
        'data',
        `${path}: line ${number + lines.length} is longer than ${LONGEST_LINE} characters`,
        'check that the file is a table',
      );
    for (const line of lines) yield { text: line.endsWith('\r') ? line.slice(0, -1) : line, number: number++ };
  }
  if (rest !== '') yield { text: rest, number };
}

function* withoutBlank(lines: Iterable<Line>): Generator<Line> {
  for (const line of lines) if (line.text.trim() !== '') yield line;
}

/** A first line by which spreadsheets are told the separator. It is no row; the separator shows in the others. */
const SEPARATOR_LINE = /^"?sep=.?"?$/i;

/**
 * Joins lines while a quote is open and drops blank ones and one that names the separator. An unclosed quote is left to
 * the field parser to report.
 */
function* joinQuoted(lines: Iterable<Line>): Generator<Line> {
  let open: { first: Line; text: string } | undefined;
  for (const line of lines) {
    if (line.number === 1 && SEPARATOR_LINE.test(line.text)) continue;
    if (open) {
      open.text += `\n${line.text}`;
      if (hasOpenQuote(line.text) || open.text.length > LONGEST_QUOTE) {
        yield { text: open.text, number: open.first.number };
        open = undefined;
      }
    } else if (hasOpenQuote(line.text)) open = { first: line, text: line.text };
    else if (line.text.trim() !== '') yield line;
  }
  if (open) yield { text: open.text, number: open.first.number };
}

const RULES: Readonly<Record<LineRule, (lines: Iterable<Line>) => Generator<Line>>> = {
  quoted: joinQuoted,
  plain: withoutBlank,
};

function hasOpenQuote(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}
