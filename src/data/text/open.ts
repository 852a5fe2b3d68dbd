/** Finds and reads a text by its name or path. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ownValue, WeftError } from '../../errors.js';
import { dataRoots } from '../find-file.js';
import type { Surroundings } from '../open.js';
import { isFolder, listFolder, readSource } from '../source.js';
import {
  makeCorpus,
  recordParts,
  type Corpus,
  type CorpusOptions,
  type RawText,
  type TextPartRecord,
} from './corpus.js';
import type { Source } from '../dataset.js';

/**
 * Texts known by name. The first list whose files all exist is used, and an omitted part is taken from the text before
 * it.
 */
const NAMED: Readonly<Record<string, { readonly description: string; readonly files: readonly Files[] }>> = {
  'tiny-shakespeare': { description: 'plays, by characters', files: [{ text: 'tiny-shakespeare.txt' }] },
  'wikitext-2': {
    description: 'articles, by words',
    files: [
      { text: 'wikitext-2-train.txt', validation: 'wikitext-2-valid.txt', test: 'wikitext-2-test.txt' },
      // With only the two smaller files: train on one, test on the other.
      { text: 'wikitext-2-valid.txt', test: 'wikitext-2-test.txt' },
    ],
  },
};

interface Files {
  readonly text: string;
  readonly validation?: string;
  readonly test?: string;
}

/** Descriptions of the texts that are known by name. */
export const textDescriptions: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(NAMED).map(([name, { description }]) => [name, description]),
);
export const textNames: readonly string[] = Object.keys(NAMED);

/** The data options that are specific to texts. */
export interface TextConfig extends CorpusOptions {
  /**
   * `tiny-shakespeare`, `wikitext-2`, or the path of a text file or of a folder with train.txt, valid.txt and test.txt.
   */
  readonly source: string;
  /** Where a text known by name is stored. */
  readonly path?: string | undefined;
  /** Tokens per window. Default 35. */
  readonly bptt?: number | undefined;
}

/** The text record of a run: plain JSON. */
export interface TextRecord {
  readonly kind: 'text';
  readonly name: string;
  readonly level: Corpus['level'];
  readonly inputShape: readonly [length: number];
  readonly classes: number;
  readonly sources: readonly Source[];
  readonly splits: Readonly<Record<string, TextPartRecord>>;
}

export interface PreparedText {
  readonly corpus: Corpus;
  /** Tokens per window. */
  readonly length: number;
  readonly record: TextRecord;
}

const TEXT_FILE = /\.(txt|text|tokens)(\.gz)?$/i;
const DEFAULT_LENGTH = 35;

/** Whether a source is a text: known as one, or a file or folder that looks like one. */
export function isText(source: string, { cwd = process.cwd() }: Surroundings = {}): boolean {
  if (Object.hasOwn(NAMED, source)) return true;
  const path = resolve(cwd, source);
  return isFolder(path) ? splitFiles(path) !== undefined : TEXT_FILE.test(path);
}

/** Reads a text, divides it and tokenizes it. */
export function prepareText(
  { source, path, bptt = DEFAULT_LENGTH, ...options }: TextConfig,
  surroundings: Surroundings = {},
): PreparedText {
  const corpus = makeCorpus(readText(source, path, surroundings), options);
  const { name, level, vocabulary, parts, sources } = corpus;
  return {
    corpus,
    length: bptt,
    record: {
      kind: 'text',
      name,
      level,
      inputShape: [bptt],
      classes: vocabulary.length,
      sources,
      splits: recordParts(parts),
    },
  };
}

/** The text with this name, or at this path. */
export function readText(
  source: string,
  path?: string,
  { cwd = process.cwd(), env = process.env }: Surroundings = {},
): RawText {
  const known = ownValue(NAMED, source);
  if (known) return findNamed(source, known.files, path === undefined ? dataRoots(env) : [path], cwd);
  if (path !== undefined)
    throw new WeftError(
      'config',
      `the data option 'path' does not apply to '${source}'`,
      'give the path itself as the source',
    );
  const place = resolve(cwd, source);
  if (!existsSync(place))
    throw new WeftError(
      'data',
      `there is no text ${place}`,
      `give the path of a text file, or one of ${textNames.join(', ')}`,
    );
  const name = basename(place).replace(TEXT_FILE, '');
  if (!isFolder(place)) return readFiles(name, { text: place });
  const files = splitFiles(place);
  if (!files)
    throw new WeftError(
      'data',
      `${place} contains no train.txt`,
      'name the files train.txt, valid.txt and test.txt, or give the path of one file',
    );
  return readFiles(name, files);
}

/** train.txt, valid.txt and test.txt in a folder, under any name that contains these words. */
function splitFiles(folder: string): Files | undefined {
  const texts = listFolder(folder).filter((file) => TEXT_FILE.test(file));
  const find = (part: RegExp): string | undefined =>
    texts.filter((file) => part.test(file)).map((file) => join(folder, file))[0];
  const [text, validation, test] = [/train/i, /valid/i, /test/i].map(find);
  return text === undefined
    ? undefined
    : { text, ...(validation !== undefined && { validation }), ...(test !== undefined && { test }) };
}

function findNamed(
  name: string,
  forms: readonly Files[],
  roots: readonly (string | undefined)[],
  cwd: string,
): RawText {
  const folders = roots
    .filter((root) => root !== undefined && root !== '')
    .flatMap((root) => [join(resolve(cwd, root!), 'text'), join(resolve(cwd, root!), name), resolve(cwd, root!)]);
  for (const folder of folders) {
    const files = forms.find((candidate) =>
      Object.values(candidate).every((file) => existsSync(join(folder, file as string))),
    );
    if (files)
      return readFiles(
        name,
        Object.fromEntries(
          Object.entries(files).map(([part, file]) => [part, join(folder, file as string)]),
        ) as unknown as Files,
      );
  }
  throw new WeftError(
    'data',
    `${name} was not found; looked in ${folders.join(', ')}`,
    `put ${Object.values(forms.at(-1)!).join(' and ')} into one of these folders, or name its folder: option path, or WEFT_DATA in the environment`,
  );
}

function readFiles(name: string, files: Files): RawText {
  const sources: Source[] = [];
  const read = (path: string): string => {
    const { bytes, source } = readSource(path);
    sources.push(source);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n/g, '\n');
    } catch (cause) {
      throw new WeftError('data', `${path} is not UTF-8 text (${(cause as Error).message})`, 'save the text as UTF-8', {
        cause,
      });
    }
  };
  return {
    name,
    sources,
    text: read(files.text),
    validation: files.validation === undefined ? undefined : read(files.validation),
    test: files.test === undefined ? undefined : read(files.test),
  };
}
