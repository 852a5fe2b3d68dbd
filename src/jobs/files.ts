/**
 * User code in jobs: spaces, controllers, optimizers, data and other parts. A job names such a file by the hash of its
 * content, and a worker loads it only if it is one of the files that the worker's own user has named: nothing in a
 * queue can make a worker run code.
 */
import { basename, extname, resolve } from 'node:path';
import { z } from 'zod';
import { ownPartsIn, renameOwnParts } from '../config/own-parts.js';
import { type SearchConfig } from '../config/schema.js';
import { isDataCode, readBytes } from '../data/index.js';
import { WeftError } from '../errors.js';
import { sha256 } from '../runs/index.js';
import { hashSchema, textSchema } from './schema.js';

/** A user file by name and content; a plain name of a built-in part is left unchanged. */
export type FileReference = { readonly file: string; readonly sha256: string };

/** Whether a space or controller is named by its file. */
export const isOwnFile = (name: string): boolean => /[/\\.]/.test(name);

const fileSchema = z.strictObject({
  file: textSchema(255).refine((name) => !/[/\\]/.test(name), 'must be the name of a file without its folder'),
  sha256: hashSchema,
});

/** How a job may name a space or controller: a name, or a file without its folder. */
export const referenceSchema = z.union([
  textSchema(100).refine((name) => !isOwnFile(name), 'must be a name, not a path'),
  fileSchema,
]);

/** The files that the configuration of a job names: its parts and its data. */
export const codeSchema = z.array(fileSchema).max(100).optional();

/** The user's code files that a configuration names. */
export const codeFiles = (config: SearchConfig): string[] =>
  [config.space.name, config.controller.name, ...partFiles(config)].filter(isOwnFile);

/** The same without space and controller, which a job references separately. */
const partFiles = (config: SearchConfig): string[] => [
  ...ownPartsIn(config).map(({ part }) => part),
  ...(isDataCode(config.data.source) ? [config.data.source] : []),
];

/**
 * SHA-256 of the parts that are user files, by the names that the configuration gives them, as a run records them: as
 * loaded if `known`, otherwise with their current content.
 */
export function codeFacts(
  config: SearchConfig,
  known: (path: string) => string | undefined = () => undefined,
): { code?: Record<string, string> } {
  const hashesOf = (name: string): string[] => {
    const hash = known(name);
    return hash === undefined ? hashOfFile(name) : [hash];
  };
  const code = codeFiles(config).flatMap((name) => hashesOf(name).map((hash) => [name, hash] as const));
  return code.length > 0 ? { code: Object.fromEntries(code) } : {};
}

/** For a file that exists; a missing one is reported when it is loaded. */
export function hashOfFile(path: string): string[] {
  try {
    return [sha256(readBytes(path))];
  } catch {
    return [];
  }
}

/**
 * The configuration with content references in place of file paths. Throws WeftError('unsupported') for a part passed
 * as a value: a job is named by everything that its result depends on, and such code has no content to name it by.
 */
export function referToParts(config: SearchConfig): { config: SearchConfig; code?: FileReference[] } {
  const value = ownPartsIn(config).find(({ part }) => !isOwnFile(part));
  if (value)
    throw new WeftError(
      'unsupported',
      `jobs cannot use the ${value.kind} '${value.part}', which is a value of your program`,
      'put it into a separate file and name the file (part: ./my-part.ts), or run a search for each seed',
    );
  const files = [...new Set(partFiles(config))];
  if (files.length === 0) return { config };
  const code = files.map((file) => ({ file: basename(file), sha256: hashOf(file) }));
  return { config: renameCode(config, (file) => contentName(code[files.indexOf(file)]!)), code };
}

/** The configuration with the paths of the allowed files; throws WeftError('job') if it names code in any other way. */
export function resolveParts(
  config: SearchConfig,
  code: readonly FileReference[] = [],
  allowed: readonly string[],
): SearchConfig {
  return renameCode(config, (name) => {
    const reference = code.find((one) => contentName(one) === name);
    if (reference) return resolveReference(reference, allowed);
    throw new WeftError(
      'job',
      'the configuration of the job names code that is not among its files',
      'submit it again with this version of weft',
    );
  });
}

/** The name of a file by its content: the same wherever the file is stored. */
const contentName = ({ file, sha256: hash }: FileReference): string => `${hash}${extname(file)}`;

function renameCode(config: SearchConfig, rename: (file: string) => string): SearchConfig {
  const renamed = renameOwnParts(config, (_kind, part) => rename(part));
  const { source } = config.data;
  return isDataCode(source) ? { ...renamed, data: { ...renamed.data, source: rename(source) } } : renamed;
}

/** How a job names a space or controller. */
export function referTo(nameOrFile: string): string | FileReference {
  return isOwnFile(nameOrFile) ? { file: basename(nameOrFile), sha256: hashOf(nameOrFile) } : nameOrFile;
}

/** The module to load for a reference: the name, or the path of the allowed file with this content. */
export function resolveReference(reference: string | FileReference, allowed: readonly string[]): string {
  if (typeof reference === 'string') {
    if (!isOwnFile(reference)) return reference;
    throw new WeftError(
      'job',
      `the job names the file ${reference} only by its path`,
      'submit it again with this version of weft',
    );
  }
  const found = allowed.find((path) => hashOf(path) === reference.sha256);
  if (found !== undefined) return resolve(found);
  throw new WeftError(
    'job',
    `the job needs the file ${reference.file} (sha256 ${reference.sha256.slice(0, 12)}…), which this worker does not have`,
    `start the worker with \`--file PATH/${reference.file}\`, with the content that the job was submitted with`,
  );
}

function hashOf(path: string): string {
  try {
    return sha256(readBytes(path));
  } catch (cause) {
    throw new WeftError('job', `cannot read ${path}: ${(cause as Error).message}`, 'check the path', { cause });
  }
}
