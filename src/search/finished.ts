/**
 * Checks whether the files of a finished search exist: what a kill at its end, a deletion or damage has removed can be
 * restored.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hashFile } from '../data/index.js';
import { WeftError } from '../errors.js';
import {
  listCheckpoints,
  needsSums,
  readSums,
  readSummary,
  readText,
  runFiles,
  type RunSummary,
} from '../runs/index.js';

/** The files of a finished search's network; only one of the two kinds of weights exists. */
export const networkFiles = (run: string) =>
  ({
    card: join(run, 'model.json'),
    weights: join(run, 'model.safetensors'),
    /** The shared weights, if nothing was retrained. */
    sharedWeights: join(run, 'supernet.safetensors'),
  }) as const;

export interface Results {
  /** Undefined unless every result exists and is intact. */
  readonly summary: RunSummary | undefined;
  /** Names of the results that are missing or damaged. */
  readonly missing: readonly string[];
}

/** The state of a run's results; undefined if, according to its files, the run has not ended. */
export function resultsOf(run: string): Results | undefined {
  const { card, weights, sharedWeights } = networkFiles(run);
  const { events, summary, sums } = runFiles(run);
  if (![card, weights, sharedWeights, summary, sums].some(existsSync)) return undefined;
  const hashes = readSums(run);
  // The weights that the run has, or should have.
  const own = existsSync(sharedWeights) || hashes?.has(basename(sharedWeights)) ? sharedWeights : weights;
  const missing = [own, card, summary].filter((path) => !isWhole(path, hashes));
  // Damaged events may be so only after the last checkpoint; missing events cannot be restored.
  if (hashes && existsSync(events) && !isWhole(events, hashes)) missing.push(events);
  if (!hashes && needsSums(run)) missing.push(sums);
  if (missing.length > 0) return { summary: undefined, missing: missing.map((path) => basename(path)) };
  try {
    const read = readSummary(run)!;
    if (read.weights === hashFile(own, RUN).sha256) return { summary: read, missing: [] };
    return { summary: undefined, missing: [basename(own)] };
  } catch (error) {
    if (error instanceof WeftError) return { summary: undefined, missing: [basename(summary)] };
    throw error;
  }
}

/** Refuses to start a finished search again if only the data for restoring its results is missing. */
export function requireRestorable(run: string, { missing }: Results): void {
  if (listCheckpoints(run).length > 0) return;
  throw new WeftError(
    'run',
    `${run} is finished, but ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing or damaged, and there is no checkpoint from which to restore ${missing.length > 1 ? 'them' : 'it'}`,
    `restore the original, or train the network again: weft train ARCHITECTURE --run ${run} (its events name it)`,
  );
}

const RUN = {
  code: 'run',
  most: 2 ** 32,
  remedy: 'remove it and resume the run again: what is missing is made again',
} as const;

/** Checks the recorded hash if there is one; a file of version 0.1 is intact if it can be read. */
function isWhole(path: string, hashes: ReadonlyMap<string, string> | undefined): boolean {
  if (!existsSync(path)) return false;
  if (hashes) return hashes.get(basename(path)) === hashFile(path, RUN).sha256;
  return !path.endsWith('.json') || isJson(readText(path, RUN));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
