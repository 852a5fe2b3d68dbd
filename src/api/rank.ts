/** A sample of architectures, evaluated with a run's shared weights and by training each alone. */
import { dirname, join } from 'node:path';
import { type SearchConfig } from '../config/index.js';
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/index.js';
import { type JobResult, submitAll, trainingJob } from '../jobs/index.js';
import { analyseRanking, compareTrained, rankRecord, type RankRecord, sampleDistinct } from '../ranking/index.js';
import { type Proxy } from '../proxies/index.js';
import { rankTables } from '../report/index.js';
import { type RunSummary, sealJson, toJson, withFolder, writeFileAtomic } from '../runs/index.js';
import { trainedMeasure } from '../search/objective.js';
import { type SearchParts } from '../search/session.js';
import { stream } from '../tensor/rng.js';
import { evaluateChild, SHARED_EVALUATION } from '../training/evaluate.js';
import { withEvaluationWeights } from '../training/learner.js';
import { codeFiles } from '../jobs/files.js';
import { inThisProcess, type WithExecutor } from './executors.js';
import { namedProxies, type ProxyChoice, scoreSample } from './rank-proxies.js';
import { loadRecordedParts, openRecorded, type RecordedRun, spaceOfRun } from './recorded-run.js';
import { rankFile, searchedSpace, writeReport } from './report.js';
import { openSession, type SessionOptions } from './session.js';

export interface RankOptions extends Omit<SessionOptions, 'allowChangedEnvironment'> {
  /** Number of distinct architectures, drawn uniformly. Default 20. */
  readonly architectures?: number | undefined;
  /** Seeds of the trainings; the run's by default. */
  readonly seeds?: readonly number[] | undefined;
  /** Epochs of each training; those of the run's configuration by default. */
  readonly epochs?: number | undefined;
  /** Number of validation batches that the shared weights are evaluated on; all by default. */
  readonly batches?: number | undefined;
  /** Threads of each training. */
  readonly threads?: number | undefined;
  /** Where the trainings run; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
  /** Proxies compared with the shared weights as training-free rankers; `naswot` and `jacov` by default. */
  readonly proxies?: ProxyChoice | undefined;
  /** Called for each network scored by the proxies. */
  readonly onScored?: ((scored: number, total: number) => void) | undefined;
  readonly onProgress?: ((evaluated: number, total: number) => void) | undefined;
  /** Called with the number of networks evaluated with the shared weights, before any training. */
  readonly onEvaluated?: ((count: number) => void) | undefined;
}

export interface RankOutcome {
  readonly record: RankRecord;
  readonly analysis: ReturnType<typeof analyseRanking>;
  /** The shared weights compared with training-free rankers. */
  readonly rankers: ReturnType<typeof compareTrained>;
  /** The record's file; its tables are in the same folder. */
  readonly file: string;
  /** The run's report, with its chapter. */
  readonly report: string;
}

/** See `rankRun` in index.ts. */
export async function rankRun(directory: string, options: RankOptions = {}): Promise<RankOutcome | undefined> {
  const { architectures = DEFAULT_ARCHITECTURES } = options;
  requireEnough(architectures);
  const recorded = openRecorded(directory, options);
  const file = rankFile(recorded.run.path);
  return withFolder(dirname(file), () => rankRecorded(directory, recorded, file, { ...options, architectures }));
}

/** Default number of architectures to rank. */
export const DEFAULT_ARCHITECTURES = 20;

async function rankRecorded(
  directory: string,
  recorded: RecordedRun,
  file: string,
  options: RankOptions & { readonly architectures: number },
): Promise<RankOutcome | undefined> {
  const { architectures, threads, withExecutor = inThisProcess() } = options;
  const { run, backend } = recorded;
  const searched = await loadRecordedParts(recorded, options);
  const { config } = searched;
  const training: SearchConfig = {
    ...config,
    retrain: { ...config.retrain, ...(options.epochs !== undefined && { epochs: options.epochs }) },
  };
  if (training.retrain.epochs === 0)
    throw new WeftError(
      'config',
      `${directory} was searched without retraining, so its configuration does not say how long to train`,
      'give the number of epochs: --epochs 20',
    );
  const seeds = [...(options.seeds ?? [config.seed])];
  const proxies = await namedProxies(options.proxies);
  const { evaluated, measure, examples, warnings } = await evaluateShared(
    recorded,
    searched,
    options,
    proxies,
    (space) => sampleDistinct(space, architectures, stream(config.seed, 'rank')),
  );
  options.onEvaluated?.(evaluated.length);
  const parts = { ...searched, config: training };
  const jobs = evaluated.flatMap(({ encoding }) =>
    seeds.map((seed) =>
      trainingJob(parts, encoding, { seed, ...(backend && { backend }), ...(threads !== undefined && { threads }) }),
    ),
  );
  const files = codeFiles({ ...config, controller: { name: 'random' } });
  const results = await withExecutor({ total: jobs.length, parts, files }, (executor) => submitAll(executor, jobs));
  if (!results) return undefined;
  const record = rankRecord({
    measure,
    seeds,
    epochs: training.retrain.epochs,
    examples: { shared: examples, alone: parts.data.counts.test },
    architectures: evaluated.map(({ encoding, hash, shared, proxies: scores }, i) => ({
      architecture: encoding,
      hash,
      shared,
      alone: seeds.map((_, k) => scoreOf(results[i * seeds.length + k]!)),
      proxies: scores,
    })),
  });
  writeFileAtomic(file, sealJson(toJson(record), 2));
  for (const { name, csv } of rankTables(record)) writeFileAtomic(join(dirname(file), `${name}.csv`), csv);
  const report = await writeReport(run.path, await spaceOfRun(run.path, options));
  const compared = compareTrained(record, searchedSpace(searched.space, config, run.manifest.facts));
  const rankers = { ...compared, warnings: [...warnings, ...compared.warnings] };
  return { record, analysis: analyseRanking(record), rankers, file, report };
}

/** Rejects fewer architectures than a ranking needs. */
export function requireEnough(architectures: number): void {
  if (architectures >= 3) return;
  throw new WeftError(
    'config',
    `--architectures ${architectures} is too few to compare orders`,
    'use at least 3, better 20 or more',
  );
}

export interface Sampled {
  readonly architecture: unknown;
  readonly encoding: string;
  readonly hash: string;
}

interface EvaluatedSample<S extends Sampled> {
  readonly evaluated: readonly (S & {
    readonly shared: RankRecord['architectures'][number]['shared'];
    readonly proxies: Readonly<Record<string, number>>;
  })[];
  /** The scores of the proxies. */
  readonly warnings: readonly string[];
  readonly measure: RankRecord['measure'];
  readonly examples: number;
}

/**
 * The networks that `choose` selects from the run's space, with their scores by the shared weights of its last
 * checkpoint, all on the same batches.
 */
export async function evaluateShared<S extends Sampled>(
  recorded: RecordedRun,
  parts: SearchParts,
  { batches, onChanges, onProgress, onScored }: Pick<RankOptions, 'batches' | 'onChanges' | 'onProgress' | 'onScored'>,
  proxies: readonly Proxy[],
  choose: (space: SearchSpace) => readonly S[],
): Promise<EvaluatedSample<S>> {
  const session = await openSession(recorded, parts, { allowChangedEnvironment: true, onChanges });
  try {
    const { space, supernet, data, objective } = session;
    const sample = choose(space);
    let examples = 0;
    const architectures = sample.map(({ architecture }) => architecture);
    const scored = scoreSample(session, architectures, proxies, onScored);
    const evaluated = sample.map((one, i) => {
      onProgress?.(i + 1, sample.length);
      const child = session.child(one.architecture);
      const { accuracy, loss, count } = withEvaluationWeights(supernet, child.parameterNames, (weights) =>
        evaluateChild(
          child,
          weights,
          data.derive,
          SHARED_EVALUATION,
          Math.min(batches ?? data.derive.steps, data.derive.steps),
          { compiled: supernet.passes },
        ),
      );
      examples = count;
      const shared = { accuracy: objective.measure === 'loss' ? null : accuracy, loss };
      return { ...one, shared, proxies: scored.scores[i]! };
    });
    const measure = trainedMeasure(objective, space.task);
    return { evaluated, measure, examples, warnings: scored.warnings };
  } finally {
    session.dispose();
  }
}

function scoreOf({ value }: JobResult): RankRecord['architectures'][number]['shared'] {
  const { test } = value as unknown as RunSummary;
  return { accuracy: test?.accuracy ?? null, loss: test!.loss };
}
