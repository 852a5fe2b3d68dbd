/** A text as numbers: tokens (characters or words), the vocabulary, and contiguous parts. */
import { createHash } from 'node:crypto';
import { WeftError } from '../../errors.js';
import type { Source } from '../dataset.js';
import { shareCount, type Share, type SplitName, type SplitOptions } from '../split.js';

export type TextLevel = 'char' | 'word';

/** Stands for every token outside the vocabulary; always the first. */
export const UNKNOWN = '<unk>';
/** Ends every line of a word-level text. */
export const END_OF_LINE = '<eos>';

/** Text as read: the text to divide, and a separate test text if there is one. */
export interface RawText {
  readonly name: string;
  readonly text: string;
  /** A separate validation text; otherwise a part of `text`. */
  readonly validation?: string | undefined;
  /** A separate test text; otherwise the last part of `text`. */
  readonly test?: string | undefined;
  readonly sources: readonly Source[];
}

export type TextParts = Readonly<Record<'train' | 'validation' | 'test', Int32Array>> &
  Readonly<Partial<Record<SplitName, Int32Array>>>;

export interface Corpus {
  readonly name: string;
  readonly level: TextLevel;
  /** The token of each id. */
  readonly vocabulary: readonly string[];
  /** Token ids of contiguous parts, in the order of the text: fisher, derive, train, validation, test. */
  readonly parts: TextParts;
  readonly sources: readonly Source[];
}

export interface CorpusOptions extends Omit<SplitOptions, 'seed'> {
  readonly level?: TextLevel;
  /** Maximum number of tokens, the most frequent ones; all by default. */
  readonly vocabulary?: number | undefined;
}

/** Characters (Unicode code points), or words between white space with `<eos>` after each line (Merity et al. 2016). */
export function tokenize(text: string, level: TextLevel): string[] {
  return tokensOf(text, level, END_OF_LINE);
}

/**
 * The same with the end-of-line token. Exported pages embed the source of this function, so it must be self-contained.
 */
export function tokensOf(text: string, level: TextLevel, endOfLine: string): string[] {
  if (level === 'char') return Array.from(text);
  return text
    .replace(/\n$/, '')
    .split('\n')
    .flatMap((line) => [...line.split(/\s+/).filter((word) => word !== ''), endOfLine]);
}

/**
 * Divides a text into contiguous parts and tokenizes it. The vocabulary is built from everything except the test part,
 * so that a token which occurs only in the test part is unknown. Fractions are relative to the text after the test part
 * has been set aside.
 */
export function makeCorpus(
  raw: RawText,
  {
    level = 'char',
    vocabulary: limit,
    validation = 0.1,
    derive = 0,
    fisher = 0,
    train,
    test = 0.1,
  }: CorpusOptions = {},
): Corpus {
  const tokens = tokenize(raw.text, level);
  const take = (name: SplitName, share: Share, whole: number, end: 'first' | 'last'): string[] => {
    const count = shareCount(share, whole, name);
    if (count >= tokens.length)
      throw new WeftError(
        'data',
        `${raw.name}: the ${name} part would take ${count} of ${tokens.length} tokens`,
        'make the parts smaller, or give a longer text',
      );
    return end === 'first' ? tokens.splice(0, count) : tokens.splice(tokens.length - count);
  };
  const tested = raw.test === undefined ? take('test', test, tokens.length, 'last') : tokenize(raw.test, level);
  const whole = tokens.length;
  const validated =
    raw.validation === undefined ? take('validation', validation, whole, 'last') : tokenize(raw.validation, level);
  const seen: Partial<Record<SplitName, string[]>> = {
    ...(fisher > 0 && { fisher: take('fisher', fisher, whole, 'first') }),
    ...(derive > 0 && { derive: take('derive', derive, whole, 'first') }),
    // Unused text is at the beginning, so that the training and validation parts remain adjacent.
    train: train === undefined ? tokens : tokens.slice(tokens.length - shareCount(train, tokens.length, 'train')),
    validation: validated,
  };
  const vocabulary = countVocabulary(Object.values(seen), limit);
  const number = numbering(vocabulary);
  return {
    name: raw.name,
    level,
    vocabulary,
    sources: raw.sources,
    parts: Object.fromEntries(
      Object.entries({ ...seen, test: tested }).map(([name, part]) => [name, number(part)]),
    ) as unknown as TextParts,
  };
}

/** From tokens to their ids; 0 for tokens outside the vocabulary. */
export function numbering(vocabulary: readonly string[]): (tokens: readonly string[]) => Int32Array {
  const idOf = new Map(vocabulary.map((token, id) => [token, id]));
  return (tokens) => Int32Array.from(tokens, (token) => idOf.get(token) ?? 0);
}

/** `<unk>`, then characters or words by decreasing frequency, ties by code point. */
function countVocabulary(parts: readonly string[][], limit: number | undefined): string[] {
  const counts = new Map<string, number>();
  for (const part of parts) for (const token of part) counts.set(token, (counts.get(token) ?? 0) + 1);
  counts.delete(UNKNOWN);
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([token]) => token);
  return [UNKNOWN, ...sorted.slice(0, limit === undefined ? undefined : limit - 1)];
}

export interface TextPartRecord {
  readonly count: number;
  /** Number of tokens outside the vocabulary. */
  readonly unknown: number;
  /** SHA-256 of the token ids as little-endian 32-bit integers. */
  readonly content: string;
}

/** The record of each part in a run. */
export function recordParts(parts: TextParts): Record<string, TextPartRecord> {
  return Object.fromEntries(
    Object.entries(parts).map(([name, ids]) => [
      name,
      {
        count: ids.length,
        unknown: ids.reduce((sum, id) => sum + Number(id === 0), 0),
        content: createHash('sha256').update(ids).digest('hex'),
      },
    ]),
  );
}
