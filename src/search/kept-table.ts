/** Tables of costs that a run keeps in its directory, so that a resumed search makes the same decisions. */
import { existsSync } from 'node:fs';
import { type z } from 'zod';
import { WeftError } from '../errors.js';
import { readSealedJson, sealJson, toJson, writeFileAtomic } from '../runs/index.js';

/**
 * The table in this file, or what `make` gives, which is then kept there. Throws WeftError('run') if the file was
 * changed or is not `what` it should be.
 */
export function keptTable<T extends object>(path: string, what: string, schema: z.ZodType<T>, make: () => T): T {
  if (!existsSync(path)) {
    const table = make();
    writeFileAtomic(path, sealJson(toJson({ formatVersion: 2, ...table }), 2));
    return table;
  }
  const parsed = schema.safeParse(readSealedJson(path, REMEDY));
  if (!parsed.success) throw new WeftError('run', `${path} is not ${what}`, REMEDY);
  return parsed.data;
}

const REMEDY = 'restore the original, or start a new run';
