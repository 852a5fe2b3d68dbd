/**
 * Conducts a search as a run on disk: events, checkpoints, time budget, interruption, and at the end the found
 * network, the summary. Killed at any moment it loses the work since the last checkpoint and nothing else.
 */
import {
  type Journal,
  type JournalEvent,
  type Run,
  breathe,
  describeEnvironment,
  encodeSafetensors,
  type EnvironmentChange,
  environmentChanges,
  listCheckpoints,
  loadLatestCheckpoint,
  openJournal,
  peakMemoryMB,
  type RecordedEnvironment,
  refuseChanges,
  type RunSummary,
  saveCheckpoint,
  sha256,
  stopwatch,
  writeFileAtomic,
  writeSummary,
} from '../runs/index.js';
import { join } from 'node:path';
import { type SearchConfig, warmUpOf } from '../config/schema.js';
import { type Json } from '../operations/operation.js';
import { optimizerName } from '../optimizers/name.js';
import { fingerprint } from '../space/encode.js';
import { countNamed, pickNamed } from '../tensor/named.js';
import { withEvaluationWeights } from '../training/learner.js';
import { advance, remainingUnits } from './advance.js';
import { randomComparison } from './comparison.js';
import { type SearchData } from './data.js';
import { checkSameData } from './recorded-data.js';
import { type SearchEvent } from './events.js';
import { energyTableOf, readEnergies } from './energy.js';
import { latencyTableOf } from './latency.js';
import { type StartHashes, startShared } from './warm-start.js';
import { retrainingThatFits } from './plan.js';
import { createProgress, type Progress, type UnitCosts } from './progress.js';
import { endRetraining } from './phases/retrain.js';
import { createSession, measuredNow, retrainEpochs, type SearchParts, type SearchSession } from './session.js';
import { restoreCheckpoint, type SearchSnapshot, takeSnapshot } from './snapshot.js';
import { type Phase } from './state.js';

export interface ConductOptions {
  /**
   * The check of the run's lock before anything is written or removed; throws if this process no longer holds the run.
   */
  readonly guard: () => void;
  /** Trains this architecture instead of searching for one; text encoding. */
  readonly architecture?: string | undefined;
  /**
   * Seconds for all of the work: the search ends in time for the rest, and retraining ends with the last epoch that
   * fits.
   */
  readonly budget?: number | undefined;
  /** Seconds that a unit of each phase takes, if measured. */
  readonly unitCosts?: UnitCosts | undefined;
  /**
   * Maximum number of retraining epochs that a budget may pay for once the network is known; that of the configuration
   * by default.
   */
  readonly mostRetrainEpochs?: number | undefined;
  /** Called with every event as it is written. */
  readonly onEvent?: ((event: SearchEvent) => void) | undefined;
  /** Called after every unit of work. */
  readonly onUnit?:
    ((session: SearchSession, phase: Exclude<Phase, 'done'>, seconds: number, elapsed: number) => void) | undefined;
  /** Called between units of work; true saves a checkpoint and stops. */
  readonly shouldStop?: (() => boolean) | undefined;
  /** Continues although threads, versions or the machine have changed, and records it; refused by default. */
  readonly allowChangedEnvironment?: boolean | undefined;
}

/** What a checkpoint of a search holds besides tensors. */
type SavedState = SearchSnapshot['state'] & {
  readonly elapsed: number;
  /** The environment in which it was computed; absent in version 0.1. */
  readonly environment?: RecordedEnvironment;
};

/** The summary of a finished search, or undefined when it was stopped and can be resumed. */
export async function conductSearch(
  run: Run,
  parts: SearchParts,
  {
    guard,
    architecture,
    budget,
    unitCosts,
    mostRetrainEpochs = parts.config.retrain.epochs,
    onEvent,
    onUnit,
    shouldStop,
    allowChangedEnvironment = false,
  }: ConductOptions,
  resume: boolean,
): Promise<RunSummary | undefined> {
  const { config, data } = parts;
  if (resume) checkSameData(run, data);
  let emit: (event: SearchEvent) => void = () => {};
  const starts = run.manifest.facts['weights'] as StartHashes | undefined;
  const session = createSession({ ...parts, starts, ...keptTables(run.path, config) }, (event) => emit(event));
  const identity = spaceIdentity(session);
  const given = architecture ?? (run.manifest.facts['architecture'] as string | undefined);
  let changes: EnvironmentChange[] = [];
  let journal: Journal | undefined;
  try {
    const check = (state?: Json): void => {
      // A finished search computes nothing more.
      if ((state as unknown as SavedState | undefined)?.search.phase === 'done') return;
      changes = environmentChanges(environmentOf(run, state), describeEnvironment());
      if (changes.length > 0 && !allowChangedEnvironment) refuseChanges(run.path, changes);
    };
    // Killed before its first checkpoint, a run starts again.
    const begun = resume && listCheckpoints(run.path).length > 0;
    if (resume && !begun) check();
    const checkpoint = begun ? loadLatestCheckpoint(run.path, identity, { run: run.manifest, check }) : undefined;
    const saved = checkpoint?.state as unknown as SavedState | undefined;
    journal = openJournal(join(run.path, 'events.jsonl'), {
      position: checkpoint?.events ?? 0,
      sha256: checkpoint?.eventsSha256,
      detail: STEP_DETAIL,
      guard,
    });
    const log = journal;
    emit = (event) => {
      log.append(event as unknown as JournalEvent);
      onEvent?.(event);
    };
    if (saved) restoreCheckpoint(session, { tensors: checkpoint!.tensors, state: saved });
    else if (given !== undefined) skipSearch(session, given);
    else {
      emit(startEvent(session, data));
      const start = startShared(session);
      if (start) emit({ type: 'shared-start', ...start });
      session.forgetting?.announce();
    }
    if (changes.length > 0) {
      (session.state.environmentChanges ??= []).push({ units: session.state.units, changes });
      emit({ type: 'environment-changed', changes });
    }
    const environment = describeEnvironment();
    const watch = stopwatch(saved?.elapsed ?? 0);
    let savedAt = watch.elapsed();
    let savedUnits = saved && session.state.units;
    const save = (): void => {
      const { tensors, state } = takeSnapshot(session);
      saveCheckpoint(
        run.path,
        identity,
        {
          step: session.state.units,
          tensors,
          state: { ...state, elapsed: watch.elapsed(), environment } as unknown as Json,
          events: log.sync(),
          eventsSha256: log.digest(),
        },
        { keep: config.checkpoint.keep, run: run.manifest, guard },
      );
      savedAt = watch.elapsed();
      savedUnits = session.state.units;
    };
    if (!saved) save();
    const progress = createProgress(unitCosts);
    for (;;) {
      const { phase } = session.state;
      const before = watch.elapsed();
      if (budget !== undefined) {
        if (unitCosts !== undefined && given === undefined)
          planRetraining(session, parts, mostRetrainEpochs, () => budget - watch.elapsed());
        keepBudget(session, progress, budget, budget - before);
      }
      if (phase === 'done' || !advance(session)) break;
      const elapsed = watch.elapsed();
      progress.note(phase, elapsed - before);
      onUnit?.(session, phase, elapsed - before, elapsed);
      await breathe();
      if (shouldStop?.()) {
        save();
        return undefined;
      }
      if (elapsed - savedAt > config.checkpoint.everySeconds) save();
    }
    // `weft derive`, `weft sharpness --supernet` and the restoration of lost files start from here.
    if (savedUnits !== session.state.units) save();
    return finish(run, session, data, log, watch.elapsed(), guard);
  } finally {
    journal?.close();
    session.dispose();
  }
}

/**
 * The environment in which a checkpoint with this state was computed; that of the run's start if the checkpoint does
 * not record it, or there is none.
 */
export function environmentOf({ manifest }: Run, state: Json | undefined): RecordedEnvironment {
  return (state as unknown as SavedState | undefined)?.environment ?? manifest.environment;
}

/** The latencies and energies of a run: measured or read on first use, then kept. */
export const keptTables = (run: string, config: SearchConfig): Pick<SearchParts, 'latencyTable' | 'energyTable'> => ({
  latencyTable: (space) => latencyTableOf(run, () => measuredNow(config)(space)),
  energyTable: () => energyTableOf(run, () => readEnergies(config.limits)),
});

/** Skips the search and retrains a given architecture. */
function skipSearch({ space, state }: SearchSession, encoding: string): void {
  const architecture = space.decode(encoding);
  state.derived = {
    architecture: space.encode(architecture),
    hash: space.canonicalHash(architecture),
    accuracy: null,
    loss: null,
  };
  state.phase = 'retrain';
}

/** Number of step events kept in full before they are thinned, which keeps the journal of a long run small. */
const STEP_DETAIL = { 'weights-step': 20_000 };

/** Identifies the space that a checkpoint's tensors belong to. */
export function spaceIdentity({ space }: Pick<SearchSession, 'space'>): string {
  return `${space.name}~${fingerprint(space.tree)} ${JSON.stringify(space.options)} ${JSON.stringify(space.task)}`;
}

/**
 * Ends the search when the rest would no longer fit into the remaining seconds, and retraining when its next epoch
 * would not.
 */
function keepBudget(session: SearchSession, progress: Progress, budget: number, left: number): void {
  const { data, state } = session;
  if (state.phase === 'weights' || state.phase === 'controller') {
    const { derive, retrain, test } = remainingUnits(session);
    const rest = progress.left({ 'epoch-end': 1, derive, retrain, test }) ?? 0;
    // A plan has made room for the rest. Without one, as when a run is resumed with another budget, the search gets
    // half of it.
    if (left < Math.min(rest, budget / 2)) cutShort(session);
  } else if (state.phase === 'retrain' && state.step === 0 && state.epoch > 0 && session.retrained) {
    const next = progress.left({ retrain: data.retrain.steps, test: 1 }) ?? 0;
    if (left >= next) return;
    session.emit({ type: 'retrain-budget-reached', epochs: state.epoch, of: retrainEpochs(session) });
    endRetraining(session, session.retrained);
  }
}

/** Seconds below which timing a network costs more than it is worth. */
const WORTH_MEASURING = 20;

/**
 * Fits retraining into what is left of the budget before it begins: the found network may be faster or slower than the
 * one that was used for planning.
 */
function planRetraining({ state }: SearchSession, parts: SearchParts, most: number, left: () => number): void {
  if (state.phase !== 'retrain' || state.epoch > 0 || state.step > 0 || state.retrainEpochs !== undefined) return;
  if (left() < WORTH_MEASURING) return;
  const least = Math.min(most, Math.max(1, Math.ceil(warmUpOf(parts.config.retrain.optimizer))));
  state.retrainEpochs = Math.max(least, retrainingThatFits(parts, state.derived!.architecture, most, left));
}

/** Ends the search phases at the end of the epoch, which follows immediately. */
function cutShort({ state }: SearchSession): void {
  if (state.budgetReached || !(state.phase === 'weights' || state.phase === 'controller')) return;
  state.budgetReached = true;
  if (state.lossCount === 0) return;
  state.phase = 'epoch-end';
  state.step = 0;
}

function startEvent(
  { config, controllerName, data, space, supernet }: SearchSession,
  { counts }: SearchData,
): SearchEvent {
  return {
    type: 'search-started',
    space: space.name,
    size: sizeText(space),
    controller: controllerName,
    seed: config.seed,
    parameters: countNamed(supernet.store.parameters),
    ...counts,
    epochs: config.search.epochs,
    stepsPerEpoch: data.train.steps,
    ...(config.search.reward !== undefined && config.search.reward !== 'accuracy' && { reward: config.search.reward }),
    ...(space.task.kind !== undefined && space.task.kind !== 'classification' && { task: space.task.kind }),
  };
}

/** The exact size, or a text that a constrained space is too large to count. */
function sizeText(space: { size(): bigint }): string {
  try {
    return String(space.size());
  } catch {
    return 'uncounted';
  }
}

function finish(
  run: Run,
  session: SearchSession,
  { card }: SearchData,
  journal: Pick<Journal, 'sync' | 'digest'>,
  elapsedSeconds: number,
  guard: () => void,
): RunSummary {
  const { config, retrained, space, state, supernet, emit } = session;
  emit({ type: 'search-finished', gradientEvaluations: state.gradientEvaluations, evaluations: state.evaluations });
  journal.sync();
  const owner = retrained ?? supernet;
  const names = Object.keys(owner.store.parameters);
  const bytes = withEvaluationWeights(owner, names, ({ parameters, statistics }) =>
    encodeSafetensors({ ...pickNamed(parameters, names), ...statistics }),
  );
  const derived = state.derived!;
  const { controller, random } = state.candidates;
  const { measure } = session.objective;
  const comparison = randomComparison(
    controller.map((one) => one[measure]!),
    random.map((one) => one[measure]!),
    measure,
  );
  const weightsFile = retrained ? 'model.safetensors' : 'supernet.safetensors';
  writeFileAtomic(join(run.path, weightsFile), bytes, { guard });
  const modelCard = `${JSON.stringify(
    {
      space: config.space.name,
      options: (retrained?.space ?? space).options,
      task: space.task,
      architecture: derived.architecture,
      trained: retrained !== undefined,
      ...card,
      ...(state.temperature !== undefined && { temperature: state.temperature }),
    },
    null,
    2,
  )}\n`;
  writeFileAtomic(join(run.path, 'model.json'), modelCard, { guard });
  return writeSummary(
    run.path,
    {
      space: space.name,
      controller: session.controllerName,
      seed: config.seed,
      derived: { ...derived },
      ...(state.test && { test: state.test }),
      ...(state.bestEpoch && { bestEpoch: state.bestEpoch }),
      ...(state.warmStart && { warmStart: { ...state.warmStart } }),
      ...(comparison && { comparison: { ...comparison } }),
      best: state.best,
      parameters: retrained ? countNamed(retrained.store.parameters) : null,
      evaluations: state.evaluations,
      gradientEvaluations: state.gradientEvaluations,
      skippedSteps: state.skippedSteps,
      weights: sha256(bytes),
    },
    {
      elapsedSeconds,
      peakMemoryMB: peakMemoryMB(),
      compiled: session.compiled(),
      optimizer: {
        // A given architecture has no score with shared weights.
        ...(derived.accuracy !== null && { search: optimizerName(config.search.optimizer) }),
        ...(retrained && { retrain: optimizerName(config.retrain.optimizer) }),
      },
      ...(state.assessment && { assessment: state.assessment as unknown as Json }),
      ...(state.environmentChanges && { environmentChanges: state.environmentChanges }),
    },
    {
      guard,
      parts: { 'events.jsonl': journal.digest(), 'model.json': sha256(modelCard), [weightsFile]: sha256(bytes) },
    },
  );
}
