/** A whole search in one call: `weft search` and `weft resume` without a terminal. */
import { existsSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import { type SearchListeners, tellAll } from './listeners.js';
import { createRun, lockRun, type Run, runFiles, type RunLock, type RunSummary, stopwatch } from '../runs/index.js';
import { type ConductOptions, conductSearch } from '../search/conduct.js';
import { checkParts } from '../search/check-parts.js';
import { requireRestorable, resultsOf } from '../search/finished.js';
import { type Estimate, measureUnits } from '../search/measure-units.js';
import { isShort, planSearch, type SearchPlan } from '../search/plan.js';
import { type UnitCosts } from '../search/progress.js';
import { dataFiles } from '../search/recorded-data.js';
import { weightsFacts } from '../search/warm-start.js';
import { type SearchParts } from '../search/session.js';
import { type BackendName, loadBackend } from '../tensor/backend.js';
import { codeFacts } from '../jobs/files.js';
import { hashOfLoaded } from './import-module.js';
import { partsOf, type PartsRequest } from './parts.js';
import { loadRecordedParts, openRecorded, permittedParts, type RecordedOptions, spaceOfRun } from './recorded-run.js';
import { writeReport } from './report.js';

interface Conducting extends Pick<ConductOptions, 'onEvent' | 'onUnit' | 'shouldStop'> {
  /** Listeners by event type, called as events are written. */
  readonly on?: SearchListeners | undefined;
  /** Stops the work at its next step, with a checkpoint from which `resumeSearch` continues. */
  readonly signal?: AbortSignal | undefined;
  /** Called before the work begins, with the run's directory, the backend, and a human-readable summary of the data. */
  readonly onStart?: ((run: string, backend: BackendName, account: readonly string[]) => void) | undefined;
  /** Called if the run is locked by a process that is not visible from here, while this one waits for it. */
  readonly onWait?: ((message: string) => void) | undefined;
}

export interface SearchRequest extends Conducting, PartsRequest {
  /** Called before the work begins with the plan: the phases and their estimated durations, from timing a few steps. */
  readonly onPlan?: ((plan: SearchPlan, unitCosts: UnitCosts) => void) | undefined;
  /** Seconds of the budget that elapsed before the call. */
  readonly already?: number | undefined;
  /** Trains this architecture (text encoding) instead of searching. */
  readonly architecture?: string | undefined;
  /** Name of the run; its recipe, or its space and data, by default. Its directory is named after it. */
  readonly name?: string | undefined;
  /** Parent folder of the run's directory. Default `runs`. */
  readonly runs?: string;
}

export interface ResumeRequest extends Conducting, RecordedOptions {
  /** A new time budget in seconds, counted from the beginning of the search; that of the configuration by default. */
  readonly budget?: number | undefined;
  /**
   * Continues even if threads, versions or the machine have changed, and records it; rejected by default, because the
   * numbers would differ.
   */
  readonly allowChangedEnvironment?: boolean | undefined;
}

export interface SearchOutcome {
  /** The run's directory. */
  readonly run: string;
  /** Undefined if `signal` or `shouldStop` ended it: `resumeSearch` continues. */
  readonly summary: RunSummary | undefined;
  /** The report's file, once the search is finished. */
  readonly report: string | undefined;
}

export interface ResumeOutcome extends SearchOutcome {
  /** Whether the search had already finished. */
  readonly wasFinished: boolean;
  /** Names of the files that were missing or damaged and have been recreated. */
  readonly restored: readonly string[];
  /** Names of the files that are missing and cannot be recreated. */
  readonly lost: readonly string[];
}

/** See `runSearch` in index.ts. */
export async function runSearch(request: SearchRequest): Promise<SearchOutcome> {
  const { architecture, name, already = 0, runs = 'runs', onStart, onPlan, onWait, onUnit } = request;
  request.signal?.throwIfAborted();
  const asked = await partsOf(request);
  const { budget } = asked.config;
  const backend = await loadBackend(asked.config.backend);
  const watch = stopwatch(already);
  const estimate = onPlan || budget !== undefined ? estimateOf(asked, architecture) : undefined;
  const planned =
    estimate &&
    planSearch(asked.config, estimate, {
      budget,
      already: watch.elapsed(),
      alone: architecture !== undefined,
      open: asked.open,
    });
  const parts = planned ? { ...asked, config: planned.config } : asked;
  const run = beginRun(runs, parts, backend, { name, architecture });
  let begun = false;
  try {
    onStart?.(run.path, backend, parts.data.account ?? []);
    if (planned) onPlan?.(planned.plan, estimate.units);
    return await underLock(run, onWait, (lock) =>
      complete(run, parts, lock, false, {
        ...conducting(request),
        architecture,
        // The budget covers the whole command, including the measurement.
        budget: budget === undefined ? undefined : Math.max(0, budget - watch.elapsed()),
        unitCosts: estimate?.units,
        mostRetrainEpochs: Math.max(asked.config.retrain.epochs, asked.open?.retrain ?? 0),
        onUnit(...unit) {
          begun = true;
          onUnit?.(...unit);
        },
      }),
    );
  } catch (error) {
    const taken = error instanceof WeftError && error.code === 'run';
    if (!begun && !taken) rmSync(run.path, { recursive: true, force: true });
    throw error;
  }
}

/** See `resumeSearch` in index.ts. */
export async function resumeSearch(directory: string, request: ResumeRequest = {}): Promise<ResumeOutcome> {
  const { space, controller, data, parts: given, trust, file, budget, onStart, onWait, onRead } = request;
  request.signal?.throwIfAborted();
  const recorded = openRecorded(directory, { data });
  const { run } = recorded;
  const sources = { space, controller, data, parts: given, trust, file };
  permittedParts(recorded, sources);
  return underLock(run, onWait, async (lock) => {
    const files = runFiles(run.path);
    const results = resultsOf(run.path);
    const missing = [
      ...(results?.missing ?? []),
      ...(results && !existsSync(files.report) ? [basename(files.report)] : []),
    ];
    if (results?.summary && results.missing.length === 0) {
      const report = await writeReport(run.path, await spaceOfRun(run.path, sources), { guard: lock.check });
      const lost = existsSync(files.events) ? [] : [basename(files.events)];
      return { run: run.path, summary: results.summary, report, wasFinished: true, restored: missing, lost };
    }
    if (results) requireRestorable(run.path, results);
    const backend = await loadBackend(recorded.backend);
    const parts = { ...(await loadRecordedParts(recorded, { ...sources, onRead })), config: recorded.config };
    onStart?.(run.path, backend, parts.data.account ?? []);
    const outcome = await complete(run, parts, lock, true, {
      ...conducting(request),
      onUnit: request.onUnit,
      allowChangedEnvironment: request.allowChangedEnvironment,
      budget: budget ?? recorded.config.budget,
    });
    return { ...outcome, wasFinished: results !== undefined, restored: outcome.summary ? missing : [], lost: [] };
  });
}

/**
 * Undefined if it is not worthwhile or cannot be determined: latencies are measured once, by the run, and an error here
 * recurs there with a proper message.
 */
function estimateOf(parts: SearchParts, architecture: string | undefined): Estimate | undefined {
  const { limits, objectives } = parts.config;
  if (limits.latencyMs !== undefined || objectives?.includes('latency')) return undefined;
  if (parts.config.budget === undefined && isShort(parts, architecture !== undefined)) return undefined;
  checkParts(parts, architecture);
  try {
    return measureUnits(parts, architecture);
  } catch (error) {
    if (error instanceof WeftError) return undefined;
    throw error;
  }
}

/** A single listener for all events, and a single stop condition. */
const conducting = ({
  on,
  onEvent,
  signal,
  shouldStop,
}: Conducting): Pick<ConductOptions, 'onEvent' | 'shouldStop'> => ({
  onEvent: on || onEvent ? tellAll(on, onEvent) : undefined,
  shouldStop: () => signal?.aborted === true || shouldStop?.() === true,
});

/**
 * Creates the directory of a new run with all its inputs, unless the parts are incompatible; `architecture` is the one
 * to train alone, if this is not a search.
 */
function beginRun(
  runs: string,
  parts: SearchParts,
  backend: string,
  { name, architecture }: Pick<SearchRequest, 'name' | 'architecture'>,
): Run {
  checkParts(parts, architecture);
  const {
    config,
    data: { record, listing },
  } = parts;
  return createRun(runs, {
    name: name ?? runName(parts),
    seed: config.seed,
    config: config as unknown as Json,
    files: dataFiles(listing),
    facts: {
      data: record,
      backend,
      ...codeFacts(config, hashOfLoaded),
      ...weightsFacts(config, architecture !== undefined),
      ...(architecture !== undefined && { architecture }),
    },
  });
}

/** The name of a run unless one is given. */
export const runName = ({ config, space, data: { record } }: SearchParts): string =>
  config.recipe ?? `${space.name} ${record.name}`;

async function underLock<T>(run: Run, onWait: Conducting['onWait'], use: (lock: RunLock) => Promise<T>): Promise<T> {
  const lock = await lockRun(run.path, { onWait });
  try {
    return await use(lock);
  } finally {
    lock.release();
  }
}

/** Runs to completion, or until stopped, and writes the report. */
async function complete(
  run: Run,
  parts: SearchParts,
  { check: guard }: RunLock,
  resume: boolean,
  options: Omit<ConductOptions, 'guard'>,
): Promise<SearchOutcome> {
  const summary = await conductSearch(run, parts, { ...options, guard }, resume);
  return {
    run: run.path,
    summary,
    report: summary && (await writeReport(run.path, parts.space, { guard })),
  };
}
