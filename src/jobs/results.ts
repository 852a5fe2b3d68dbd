/** The folder of results: one file per finished key, which exists either completely or not at all. */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder, removeUnfinished, writeFileAtomic } from '../runs/atomic-write.js';
import { readText } from '../runs/read-text.js';
import { type JobResult } from './contract.js';
import { parseResult, resultText } from './job.js';
import { check, hashSchema } from './schema.js';

export interface Results {
  readonly path: string;
  /** The result of a key, if it is known and unmodified. */
  find(key: string): JobResult | undefined;
  save(result: JobResult): void;
  /** The working folder of a key; created on demand. */
  folder(key: string): string;
  /** Removes a result with everything that belongs to it. */
  forget(key: string): void;
}

export interface ResultsOptions {
  /** Called with a result that was modified or damaged, and is not used. */
  readonly onDamage?: (message: string) => void;
}

/** Opens or creates a folder of results. */
export function openResults(directory: string, { onDamage = () => {} }: ResultsOptions = {}): Results {
  const path = resolve(directory);
  const make = (folder: string): string => {
    makeFolder(folder);
    return folder;
  };
  removeUnfinished(make(path));
  // A key is the name of files and folders: input from elsewhere must not be able to point outside.
  const within = (key: string, ending = ''): string =>
    join(path, `${check(hashSchema, key, 'the key of the job')}${ending}`);
  const fileOf = (key: string): string => within(key, '.json');
  return {
    path,
    find(key) {
      const file = fileOf(key);
      let text: string;
      try {
        text = readText(file);
      } catch {
        return undefined; // missing, or it cannot be read: then it is computed again
      }
      const result = parseResult(text, key);
      if (!result) onDamage(`${file} was changed or damaged (its hash does not match): the job is done again`);
      return result;
    },
    save: (result) => writeFileAtomic(fileOf(result.key), resultText(result)),
    folder: (key) => make(within(key)),
    forget(key) {
      rmSync(fileOf(key), { force: true });
      rmSync(within(key), { recursive: true, force: true });
    },
  };
}
