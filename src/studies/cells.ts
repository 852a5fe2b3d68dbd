/**
 * What a long study has measured so far, cell by cell: one that was stopped continues where it was, with the same
 * options in the same folder. A study that has come to its end starts again. What was measured with other threads or
 * versions, or on another machine, is measured again: a table is of one environment.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeEnvironment,
  environmentChanges,
  makeFolder,
  readSealedJson,
  type RecordedEnvironment,
  removeFolder,
  sayChanges,
  sealJson,
  toJson,
  writeFileAtomic,
} from '../runs/index.js';

export interface Cells {
  /** What was measured under this key (plain data, all that the measurement depends on), or what `measure` says now. */
  measured<T>(key: unknown, measure: () => T | Promise<T>): Promise<T>;
  /** Forgets all of it: the study is done. */
  clear(): void;
}

/** The cells that are kept in a study's folder; `say` hears why they are measured again. The backend must be loaded. */
export function openCells(folder: string, say: (message: string) => void = () => {}): Cells {
  const environment = describeEnvironment();
  const path = join(folder, 'cells');
  return {
    async measured<T>(key: unknown, measure: () => T | Promise<T>): Promise<T> {
      const text = JSON.stringify(key);
      const file = join(path, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`);
      if (existsSync(file)) {
        const kept = readSealedJson(file, 'delete it: the study measures it again');
        const before = kept['environment'] as RecordedEnvironment | undefined;
        const changes = before && environmentChanges(before, environment);
        if (JSON.stringify(kept['key']) === text) {
          if (changes?.length === 0) return kept['value'] as T;
          say(
            `measuring again: ${changes ? sayChanges(changes) : 'under which conditions it was measured is not known'}`,
          );
        }
      }
      const value = await measure();
      makeFolder(path);
      writeFileAtomic(file, sealJson(toJson({ formatVersion: 3, key, value, environment })));
      return value;
    },
    clear() {
      if (existsSync(path)) removeFolder(path);
    },
  };
}
