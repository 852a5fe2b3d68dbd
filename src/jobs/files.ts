/**
 * Spaces and controllers of the user's own in jobs. A job names such a file by the hash of its content, and a worker loads it
 * only if it is one of the files that the worker's own user has named: nothing in a queue makes a worker run code.
 */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { sha256 } from '../runs/index.js';
import { hashSchema, textSchema } from './schema.js';

/** A file of the user's own by name and content; a plain name of something shipped is left as it is. */
export type FileReference = { readonly file: string; readonly sha256: string };

/** Whether a space or controller is named by its file. */
export const isOwnFile = (name: string): boolean => /[/\\.]/.test(name);

/** How a job may name a space or controller: a name, or a file without its folder. */
export const referenceSchema = z.union([
  textSchema(100).refine((name) => !isOwnFile(name), 'must be a name, not a path'),
  z.strictObject({
    file: textSchema(255).refine((name) => !/[/\\]/.test(name), 'must be the name of a file without its folder'),
    sha256: hashSchema,
  }),
]);

/** How a job names a space or controller. */
export function referTo(nameOrFile: string): string | FileReference {
  return isOwnFile(nameOrFile) ? { file: basename(nameOrFile), sha256: hashOf(nameOrFile) } : nameOrFile;
}

/** What to load for a reference: the name, or the path of the allowed file with this content. */
export function resolveReference(reference: string | FileReference, allowed: readonly string[]): string {
  if (typeof reference === 'string') {
    if (!isOwnFile(reference)) return reference;
    throw new WeftError(
      'job',
      `the job names the file ${reference} by its path alone`,
      'submit it again with this version of weft',
    );
  }
  const found = allowed.find((path) => hashOf(path) === reference.sha256);
  if (found !== undefined) return resolve(found);
  throw new WeftError(
    'job',
    `the job needs the file ${reference.file} (sha256 ${reference.sha256.slice(0, 12)}…), which this worker was not given`,
    `start the worker with \`--file PATH/${reference.file}\`, with the content that the job was submitted with`,
  );
}

function hashOf(path: string): string {
  try {
    return sha256(readFileSync(path));
  } catch (cause) {
    throw new WeftError('job', `cannot read ${path}: ${(cause as Error).message}`, 'check the path', { cause });
  }
}
