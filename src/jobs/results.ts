/** The folder of results: one file a finished key, there whole or not at all. */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder, removeUnfinished, writeFileAtomic } from '../runs/atomic-write.js';
import { type JobResult } from './contract.js';
import { parseResult, resultText } from './job.js';

export interface Results {
  readonly path: string;
  /** The result of a key, if it is known and undamaged. */
  find(key: string): JobResult | undefined;
  save(result: JobResult): void;
  /** The folder in which a key is worked on; made when asked for. */
  folder(key: string): string;
  /** Removes a result with all that belongs to it. */
  forget(key: string): void;
}

/** Opens or makes a folder of results. */
export function openResults(directory: string): Results {
  const path = resolve(directory);
  const make = (folder: string): string => {
    makeFolder(folder);
    return folder;
  };
  removeUnfinished(make(path));
  const fileOf = (key: string): string => join(path, `${key}.json`);
  return {
    path,
    find(key) {
      try {
        return parseResult(readFileSync(fileOf(key), 'utf8'), key);
      } catch {
        return undefined; // not there, or it cannot be read: then it is done again
      }
    },
    save: (result) => writeFileAtomic(fileOf(result.key), resultText(result)),
    folder: (key) => make(join(path, key)),
    forget(key) {
      rmSync(fileOf(key), { force: true });
      rmSync(join(path, key), { recursive: true, force: true });
    },
  };
}

/** The keys that a folder of results knows, in order. */
export function listResults(directory: string): string[] {
  return existsSync(directory)
    ? readdirSync(directory)
        .flatMap((name) => /^([0-9a-f]{64})\.json$/.exec(name)?.[1] ?? [])
        .sort()
    : [];
}
