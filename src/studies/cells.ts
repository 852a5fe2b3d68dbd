/**
 * What a long study has measured so far, cell by cell: one that was stopped goes on where it was, with the same options in the same
 * folder. A study that has come to its end begins anew.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, readSealedJson, removeFolder, sealJson, toJson, writeFileAtomic } from '../runs/index.js';

export interface Cells {
  /** What was measured under this key (plain data, all that the measurement depends on), or what `measure` says now. */
  measured<T>(key: unknown, measure: () => T | Promise<T>): Promise<T>;
  /** Forgets all of it: the study is done. */
  clear(): void;
}

/** The cells that are kept in a study's folder. */
export function openCells(folder: string): Cells {
  const path = join(folder, 'cells');
  return {
    async measured<T>(key: unknown, measure: () => T | Promise<T>): Promise<T> {
      const text = JSON.stringify(key);
      const file = join(path, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`);
      if (existsSync(file)) {
        const known = readSealedJson(file, 'delete it: the study measures it again');
        if (JSON.stringify(known['key']) === text) return known['value'] as T;
      }
      const value = await measure();
      makeFolder(path);
      writeFileAtomic(file, sealJson(toJson({ formatVersion: 2, key, value })));
      return value;
    },
    clear() {
      if (existsSync(path)) removeFolder(path);
    },
  };
}
