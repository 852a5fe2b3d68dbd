/** `weft search` and `weft resume`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig, parseOverrides, type RawConfig, type SearchConfig } from '../../config/index.js';
import { WeftError } from '../../errors.js';
import { catchSignals, lockRun, readSummary, type Run, runFiles } from '../../runs/index.js';
import { remainingUnits } from '../../search/advance.js';
import { conductSearch } from '../../search/conduct.js';
import { openData } from '../../search/data.js';
import { beginRun } from '../../search/run-search.js';
import { type SearchParts } from '../../search/session.js';
import { loadBackend } from '../../tensor/backend.js';
import { type ExecutorOptions } from '../executor.js';
import { createLiveView } from '../live-view.js';
import { createOutput, type Output, show } from '../output.js';
import { createProgress, formatSeconds } from '../progress.js';
import { findRecipe } from '../recipes.js';
import { loadRecordedParts, openRecorded, type RecordedOptions, type TrustOptions } from '../recorded-run.js';
import { loadController, loadSpace } from '../registry.js';
import { writeReport } from './report.js';

export interface SearchOptions extends Partial<ExecutorOptions> {
  seeds?: string;
  recipe?: string;
  config?: string;
  space?: string;
  controller?: string;
  preset?: string;
  data?: string;
  seed?: number;
  epochs?: number;
  budget?: string;
  set?: string[];
  runs: string;
  backend?: SearchConfig['backend'];
  json?: boolean;
}

/** Starts a search in a new run directory. */
export async function search(options: SearchOptions): Promise<void> {
  const config = resolveConfig(options);
  const { seeds, executor, queue, results = 'runs/jobs' } = options;
  if (seeds === undefined && executor === undefined && queue === undefined) return startSearch(config, options);
  const { parseSeeds, searchSeeds } = await import('./many.js');
  await searchSeeds(
    seeds === undefined ? [config.seed] : parseSeeds(seeds),
    await loadParts(config),
    { ...options, results },
    createOutput({ ...options, live: true }),
  );
}

/** Starts a search, or the training of one architecture, in a new run directory. */
export async function startSearch(
  config: SearchConfig,
  options: { runs: string; json?: boolean },
  architecture?: string,
): Promise<void> {
  const output = createOutput({ ...options, live: true });
  const backend = await loadBackend(config.backend);
  const parts = await loadParts(config);
  const run = beginRun(options.runs, parts, backend, architecture);
  output.say(`${show(run.path)} · backend ${backend}`);
  await conduct(run, parts, output, {
    resumed: false,
    trust: { trust: true }, // the configuration is the user's own
    budget: config.budget,
    architecture,
  });
}

/** Goes on with a run from its last checkpoint. */
export async function resume(
  directory: string,
  options: RecordedOptions & { budget?: string; json?: boolean },
): Promise<void> {
  const output = createOutput({ ...options, live: true });
  const recorded = openRecorded(directory, options);
  const { run, config, backend } = recorded;
  if (readSummary(run.path)) {
    output.say(`${show(run.path)} is finished.`);
    sayNext(output, run);
    return;
  }
  await loadBackend(backend);
  const parts = await loadRecordedParts(recorded, options);
  output.say(`${show(run.path)} · resumed`);
  await conduct(run, parts, output, {
    resumed: true,
    trust: options,
    budget: options.budget === undefined ? config.budget : parseDuration(options.budget),
  });
}

interface Undertaking {
  readonly resumed: boolean;
  /** What of the run's code the report may load. */
  readonly trust: TrustOptions;
  readonly budget: number | undefined;
  readonly architecture?: string | undefined;
}

async function conduct(
  run: Run,
  parts: SearchParts,
  output: Output,
  { resumed, trust, budget, architecture }: Undertaking,
): Promise<void> {
  const lock = await lockRun(run.path, { onWait: (message) => output.say(message) });
  const signals = catchSignals((signal) =>
    output.say(`${signal} received: saving a checkpoint (again to stop at once)`),
  );
  const view = createLiveView(output);
  const progress = createProgress();
  try {
    const summary = await conductSearch(
      run,
      parts,
      {
        guard: lock.check,
        budget,
        ...(architecture !== undefined && { architecture }),
        onEvent: (event) => view.event(event),
        onUnit(session, phase, seconds, elapsed) {
          progress.note(phase, seconds);
          view.tick(session, elapsed, progress.left(remainingUnits(session)));
        },
        shouldStop: () => signals.requested !== undefined,
      },
      resumed,
    );
    view.close();
    if (!summary) {
      output.say(`stopped. Go on with:  weft resume ${show(run.path)}`);
      process.exitCode = signals.exitCode;
      return;
    }
    output.emit({ type: 'summary', run: run.path, ...summary });
    output.say(
      `done in ${formatSeconds(summary.elapsedSeconds)}, at most ${Math.round(summary.peakMemoryMB)} MB of memory`,
    );
    await writeReport(run.path, trust);
    sayNext(output, run);
  } catch (error) {
    view.close();
    output.say(`stopped by an error; what was saved is kept. Go on with:  weft resume ${show(run.path)}`);
    throw error;
  } finally {
    signals.dispose();
    lock.release();
  }
}

function sayNext(output: Output, { path }: Run): void {
  const files = runFiles(path);
  output.say(`wrote ${show(files.summary)}, model.safetensors, model.json`);
  output.say(`open  ${show(files.report)}`);
  output.say(`next  weft export ${show(path)}      (for TensorFlow.js in Node and browsers)`);
  output.say(`      weft evaluate ${show(path)}    (test the network again)`);
}

/** Recipe or file, then flags on top. */
export function resolveConfig(options: SearchOptions): SearchConfig {
  if (options.recipe !== undefined && options.config !== undefined)
    throw new WeftError('config', '--recipe and --config were both given', 'choose one; --set changes single fields');
  const flags: RawConfig = {
    ...(options.recipe !== undefined && { recipe: options.recipe }),
    ...(options.space !== undefined && { space: { name: options.space } }),
    ...((options.controller !== undefined || options.preset !== undefined) && {
      controller: {
        name: options.controller ?? 'enas',
        ...(options.preset !== undefined && { preset: options.preset }),
      },
    }),
    ...(options.data !== undefined && { data: { source: options.data } }),
    ...(options.epochs !== undefined && { search: { epochs: options.epochs } }),
    seed: options.seed,
    backend: options.backend,
    budget: options.budget === undefined ? undefined : parseDuration(options.budget),
  };
  const file = options.recipe === undefined ? options.config : findRecipe(options.recipe);
  const config = loadConfig(file, flags, parseOverrides(options.set));
  // Paths are made absolute, so that the run can be resumed from any folder.
  const absolute = (named: string): string => (existsSync(named) && /[/\\.]/.test(named) ? resolve(named) : named);
  return {
    ...config,
    space: { ...config.space, name: absolute(config.space.name) },
    controller: { ...config.controller, name: absolute(config.controller.name) },
    data: { ...config.data, source: absolute(config.data.source) },
  };
}

/** Loads what the configuration names. */
export async function loadParts(config: SearchConfig): Promise<SearchParts> {
  const [space, controller] = await Promise.all([loadSpace(config.space.name), loadController(config.controller.name)]);
  return { config, space, controller, data: openData(config) };
}

/** `90`, `90s`, `10m`, `1.5h` in seconds. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(s|m|h)?$/.exec(text.trim()) ?? [];
  if (amount === undefined)
    throw new WeftError('config', `'${text}' is no length of time`, 'write for example 90s, 10m or 1.5h');
  return Number(amount) * { s: 1, m: 60, h: 3600 }[(unit ?? 's') as 's' | 'm' | 'h'];
}
