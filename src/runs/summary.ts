/**
 * The results of a run, in one file that is byte-identical for two runs with the same seed, except for measured times
 * and the history of the run.
 */
import { basename } from 'node:path';
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import { writeFileAtomic, type WriteOptions } from './atomic-write.js';
import { type EnvironmentChange } from './environment-change.js';
import { isObject, sha256, sortKeys, stringifyStrict } from './json.js';
import { readTextIfThere } from './read-text.js';
import { runFiles } from './run-directory.js';
import { checkPart, remake, writeSums } from './sums.js';

/** The results; further findings of a run go under their own names. */
export interface RunResults {
  readonly space: string;
  readonly controller: string;
  readonly seed: number;
  readonly derived: { readonly architecture: string; readonly [name: string]: Json };
  /** Absent if the derived network was not retrained. */
  readonly test?: {
    readonly loss: number;
    readonly accuracy?: number;
    readonly perplexity?: number;
    readonly bitsPerCharacter?: number;
    /** For multi-label data. */
    readonly labels?: {
      readonly macroF1: number;
      readonly microF1: number;
      readonly exactMatch: number;
      readonly meanAveragePrecision?: number;
    };
    /** For regression, each target in its own unit. */
    readonly targets?: readonly {
      readonly name: string;
      readonly rmse: number;
      readonly mae: number;
      readonly r2?: number;
    }[];
  };
  /** sha256 of the file of the final weights. */
  readonly weights: string;
  readonly [name: string]: Json | undefined;
}

/** How the results came about: never the same twice, and not part of their hash. */
export interface Measured {
  readonly elapsedSeconds: number;
  readonly peakMemoryMB: number;
  /**
   * How training steps were computed, with the same results: for the supernet by a single function, or by stages if
   * steps or their children repeat; for the retrained network by stages; and the number of child nodes evaluated.
   */
  readonly compiled?: {
    readonly supernet: number;
    readonly search: Readonly<Record<'eager' | 'replay' | 'session', number>>;
    readonly retraining: Readonly<Record<'eager' | 'replay' | 'session', number>>;
    readonly evaluation: Readonly<Record<'eager' | 'replay' | 'session', number>>;
    readonly notes: readonly string[];
  };
  /**
   * A classifier, or a model of numbers, compared with simpler models; not part of the hash, which version 0.1 computed
   * without it.
   */
  readonly assessment?: Json;
  /** The optimizers by name, which version 0.1 did not record either; the configuration has their options. */
  readonly optimizer?: { readonly search?: string; readonly retrain?: string };
  /** If the run was resumed under other conditions: after how many units of work. */
  readonly environmentChanges?: readonly { readonly units: number; readonly changes: readonly EnvironmentChange[] }[];
}

export type RunSummary = RunResults &
  Measured & {
    /** sha256 of all results: equal for two runs exactly if everything but the measured fields is. */
    readonly resultHash: string;
  };

/**
 * Writes a run's summary.json, atomically: results in a fixed order, their hash, then measured values. `parts` are the
 * hashes of the other files of the finished run, by name.
 */
export function writeSummary(
  runPath: string,
  results: RunResults,
  { elapsedSeconds, peakMemoryMB, compiled, environmentChanges, assessment, optimizer }: Measured,
  { parts, ...options }: WriteOptions & { readonly parts?: Readonly<Record<string, string>> } = {},
): RunSummary {
  const { space, controller, seed, derived, test, weights, ...others } = sortKeys(results as Json) as Record<
    string,
    Json
  >;
  const ordered = {
    space: space!,
    controller: controller!,
    seed: seed!,
    derived: derived!,
    ...(test !== undefined && { test }),
    ...others,
    weights: weights!,
  };
  const summary = {
    ...ordered,
    resultHash: sha256(stringifyStrict(ordered)),
    ...(optimizer !== undefined && { optimizer: { ...optimizer } }),
    ...(assessment !== undefined && { assessment }),
    elapsedSeconds,
    peakMemoryMB,
    ...(compiled && { compiled: compiled as unknown as Json }),
    ...(environmentChanges && { environmentChanges: environmentChanges as unknown as Json }),
  };
  const path = runFiles(runPath).summary;
  const text = `${stringifyStrict(summary, 2)}\n`;
  // The hashes first: a run is finished once it has a summary.
  if (parts) writeSums(runPath, { ...parts, [basename(path)]: sha256(text) }, options);
  writeFileAtomic(path, text, options);
  return summary as unknown as RunSummary;
}

/** The summary of a finished run; undefined while it is not finished. */
export function readSummary(runPath: string): RunSummary | undefined {
  const path = runFiles(runPath).summary;
  const text = readTextIfThere(path, { remedy: remake(runPath) });
  if (text === undefined) return undefined;
  const summary = parse(text);
  const {
    resultHash,
    elapsedSeconds: _,
    peakMemoryMB: __,
    environmentChanges: ___,
    assessment: ____,
    optimizer: _____,
    compiled: ______,
    ...results
  } = summary ?? {};
  if (resultHash !== sha256(JSON.stringify(results)))
    throw new WeftError('run', `${path} is damaged or was edited`, remake(runPath));
  checkPart(runPath, basename(path), text);
  return summary as unknown as RunSummary;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
