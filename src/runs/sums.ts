/**
 * The hashes of a finished run's files, in the format that `sha256sum --check` reads. The manifest hashes the
 * configuration, and manifest and checkpoints carry their own hashes.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hashFile } from '../data/source.js';
import { WeftError } from '../errors.js';
import { writeFileAtomic, type WriteOptions } from './atomic-write.js';
import { latestEventsMark } from './checkpoint.js';
import { checkEvents, EVENTS, type JournalEvent, readEvents } from './journal.js';
import { isObject, sha256 } from './json.js';
import { readText, readTextIfThere } from './read-text.js';
import { runFiles } from './run-directory.js';

/** Writes SHA256SUMS: a line for each file of the run, by name. */
export function writeSums(runPath: string, hashes: Readonly<Record<string, string>>, options: WriteOptions = {}): void {
  const lines = Object.entries(hashes).map(([name, hash]) => `${hash}  ${name}\n`);
  writeFileAtomic(runFiles(runPath).sums, lines.join(''), options);
}

/** The recorded hashes of the files of a finished run, by name; undefined if there are none. */
export function readSums(runPath: string): ReadonlyMap<string, string> | undefined {
  const lines = readTextIfThere(runFiles(runPath).sums, { remedy: remake(runPath) })?.split('\n');
  return lines && new Map(lines.map((line) => [line.slice(HASH_LENGTH + 2), line.slice(0, HASH_LENGTH)]));
}

/**
 * Whether a finished run has hashes to check its files against; runs of version 0.1 have none. Throws if they are
 * missing.
 */
function hasSums(runPath: string): boolean {
  const { sums } = runFiles(runPath);
  if (existsSync(sums)) return true;
  if (!needsSums(runPath)) return false;
  throw new WeftError('run', `${sums} is missing, so the files of the run cannot be checked`, remake(runPath));
}

/** Throws WeftError('run') if the content of a file of a finished run has changed; false if the run has no hashes. */
export const checkPart = (runPath: string, name: string, content: Uint8Array | string): boolean =>
  checkHash(runPath, name, sha256(content));

/** The same for the hash of the content. */
function checkHash(runPath: string, name: string, hash: string): boolean {
  if (!hasSums(runPath)) return false;
  const { sums } = runFiles(runPath);
  if (readSums(runPath)!.get(name) === hash) return true;
  throw new WeftError(
    'run',
    `${join(runPath, name)} is damaged or was changed: its hash is not the one in ${basename(sums)}`,
    remake(runPath),
  );
}

/**
 * All events of a run: for a finished one, the complete file; for an unfinished one, those recorded by the last
 * checkpoint and those written since. Throws WeftError('run') if they were damaged or changed.
 */
export function readCheckedEvents(runPath: string): JournalEvent[] {
  const { events, summary } = runFiles(runPath);
  if (!existsSync(events)) return [];
  if (existsSync(summary)) checkHash(runPath, basename(events), hashFile(events, EVENTS).sha256);
  else {
    const mark = latestEventsMark(runPath);
    if (mark) checkEvents(events, mark);
  }
  return [...readEvents(events)];
}

/** How to restore a damaged file of a finished run. */
export const remake = (runPath: string): string =>
  `put back the original, or have what is missing or damaged made again from the last checkpoint: weft resume ${runPath}`;

const HASH_LENGTH = 64;

/** Since format 2; the manifest itself is checked when the run is opened. */
export function needsSums(runPath: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readText(runFiles(runPath).manifest));
    return !isObject(manifest) || !(Number(manifest['formatVersion']) < 2);
  } catch {
    return false; // not a run, or one that cannot be opened
  }
}
