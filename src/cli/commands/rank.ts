/** `weft rank`: a sample of architectures, judged by a run's shared weights and by training each alone. */
import { dirname, join } from 'node:path';
import { rankFile, searchedSpace, writeReport } from '../../api/report.js';
import { type SearchConfig } from '../../config/index.js';
import { WeftError } from '../../errors.js';
import { type SearchSpace } from '../../graph/index.js';
import { type JobResult, trainingJob } from '../../jobs/index.js';
import {
  analyseRanking,
  compareTrained,
  type Measure,
  rankRecord,
  type RankRecord,
  sampleDistinct,
} from '../../ranking/index.js';
import { rankTables } from '../../report/index.js';
import { makeFolder, type RunSummary, sayChanges, sealJson, toJson, writeFileAtomic } from '../../runs/index.js';
import { type SearchParts } from '../../search/session.js';
import { stream } from '../../tensor/rng.js';
import { type Proxy } from '../../proxies/index.js';
import { evaluateChild, SHARED_EVALUATION } from '../../training/evaluate.js';
import { withEvaluationWeights } from '../../training/learner.js';
import { type ExecutorOptions, ownFiles, runJobs } from '../executor.js';
import { createOutput, type Output, show } from '../output.js';
import { loadRecordedParts, openRecorded, type RecordedOptions, type RecordedRun } from '../../api/recorded-run.js';
import { openSession } from './derive.js';
import { parseSeeds } from './many.js';
import { namedProxies, scoreSample } from './rank-proxies.js';
import { sayRankers } from './rankers.js';
import { spaceOfRun } from '../../api/recorded-run.js';

export interface RankOptions extends ExecutorOptions, RecordedOptions {
  readonly architectures: number;
  readonly seeds?: string;
  readonly epochs?: number;
  readonly batches?: number;
  /** Files of a table that says how good networks are, in the place of training them. */
  readonly truth?: readonly string[];
  /** The column of the table that judges. */
  readonly column?: string;
  /** Proxies that rank beside the shared weights: all, none, or names and files with commas between them. */
  readonly proxies?: string;
  readonly json?: boolean;
}

/** Trains and compares; writes RUN/rank/ and the run's report anew. What is trained already is not trained again. */
export async function rank(directory: string, options: RankOptions): Promise<void> {
  if (!(options.architectures >= 3))
    throw new WeftError(
      'config',
      `--architectures ${options.architectures} is too few to speak of an order`,
      'take at least 3, better 20 or more',
    );
  if (options.truth !== undefined) return (await import('./rank-truth.js')).rankByTable(directory, options);
  if (options.column !== undefined)
    throw new WeftError(
      'config',
      '--column names a column of a table, and there is none',
      'name its files: --truth FILE',
    );
  const output = createOutput(options);
  const recorded = openRecorded(directory, options);
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
      `${directory} was searched without retraining, so that its configuration does not say how long to train`,
      'say it here: --epochs 20',
    );
  const seeds = options.seeds === undefined ? [config.seed] : parseSeeds(options.seeds);
  const proxies = await namedProxies(options.proxies);
  const { judged, measure, examples, warnings } = await judgeShared(
    recorded,
    searched,
    { ...options, proxies },
    output,
    (space) => sampleDistinct(space, options.architectures, stream(config.seed, 'rank')),
  );
  if (judged.length < options.architectures) output.say(`the space gave only ${judged.length} different networks`);
  const parts = { ...searched, config: training };
  const jobs = judged.flatMap(({ encoding }) =>
    seeds.map((seed) =>
      trainingJob(parts, encoding, {
        seed,
        ...(backend && { backend }),
        ...(options.threads !== undefined && { threads: options.threads }),
      }),
    ),
  );
  const results = await runJobs(jobs, options, ownFiles({ ...config, controller: { name: 'random' } }), output);
  if (!results) return;
  const record = rankRecord({
    measure,
    seeds,
    epochs: training.retrain.epochs,
    examples: { shared: examples, alone: parts.data.counts.test },
    architectures: judged.map(({ encoding, hash, shared, proxies: scores }, i) => ({
      architecture: encoding,
      hash,
      shared,
      alone: seeds.map((_, k) => scoreOf(results[i * seeds.length + k]!)),
      proxies: scores,
    })),
  });
  const file = rankFile(run.path);
  makeFolder(dirname(file));
  writeFileAtomic(file, sealJson(toJson(record), 2));
  for (const { name, csv } of rankTables(record)) writeFileAtomic(join(dirname(file), `${name}.csv`), csv);
  const report = await writeReport(run.path, await spaceOfRun(run.path, options));
  say(record, output);
  const comparison = compareTrained(record, searchedSpace(searched.space, config, run.manifest.facts));
  sayRankers({ ...comparison, warnings: [...warnings, ...comparison.warnings] }, 'training each alone', output);
  output.say(`wrote ${show(file)}, its tables as CSV, and ${show(report)}`);
}

export interface Sampled {
  readonly architecture: unknown;
  readonly encoding: string;
  readonly hash: string;
}

interface JudgedSample<S extends Sampled> {
  readonly judged: readonly (S & {
    readonly shared: RankRecord['architectures'][number]['shared'];
    readonly proxies: Readonly<Record<string, number>>;
  })[];
  /** What the proxies said. */
  readonly warnings: readonly string[];
  readonly measure: RankRecord['measure'];
  readonly examples: number;
}

/** The networks that `choose` takes of the run's space, with their scores by the shared weights of its last checkpoint, all on the same batches. */
export async function judgeShared<S extends Sampled>(
  recorded: RecordedRun,
  parts: SearchParts,
  { batches, proxies = [] }: Pick<RankOptions, 'batches'> & { readonly proxies?: readonly Proxy[] },
  output: Output,
  choose: (space: SearchSpace) => readonly S[],
): Promise<JudgedSample<S>> {
  const session = await openSession(recorded, parts, (changes) =>
    output.say(`judged under other conditions than the search: ${sayChanges(changes)}`),
  );
  try {
    const { space, supernet, data, objective } = session;
    const sample = choose(space);
    let examples = 0;
    const scored = scoreSample(
      session,
      sample.map(({ architecture }) => architecture),
      proxies,
      output,
    );
    const judged = sample.map((one, i) => {
      output.status([`judging architecture ${i + 1}/${sample.length} with shared weights`]);
      const child = session.child(one.architecture);
      const { accuracy, loss, count } = withEvaluationWeights(supernet, child.parameterNames, (weights) =>
        evaluateChild(
          child,
          weights,
          data.derive,
          SHARED_EVALUATION,
          Math.min(batches ?? data.derive.steps, data.derive.steps),
        ),
      );
      examples = count;
      return {
        ...one,
        shared: { accuracy: objective.measure === 'accuracy' ? accuracy : null, loss },
        proxies: scored.scores[i]!,
      };
    });
    output.status([]);
    return { judged, measure: objective.measure, examples, warnings: scored.warnings };
  } finally {
    session.dispose();
  }
}

function scoreOf({ value }: JobResult): RankRecord['architectures'][number]['shared'] {
  const { test } = value as unknown as RunSummary;
  return { accuracy: test?.accuracy ?? null, loss: test!.loss };
}

function say(record: RankRecord, output: Output): void {
  const { byMeasure, byLoss, reliability, verdict } = analyseRanking(record);
  output.emit({
    type: 'ranking',
    verdict,
    architectures: byMeasure.count,
    tau: byMeasure.tau,
    tauByLoss: byLoss.tau,
    spearman: byMeasure.spearman,
    choices: byMeasure.choices,
    reliability,
  });
  output.say(verdict);
  const line = (name: string, { value, interval }: Partial<Measure> & Pick<Measure, 'value'>): void =>
    output.say(
      `  ${name.padEnd(34)} ${value.toFixed(3)}${interval ? `  (${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})` : ''}`,
    );
  line('Kendall tau-b', byMeasure.tau);
  if (record.measure === 'accuracy') line('Kendall tau-b, by shared loss', byLoss.tau);
  line('Spearman rho', byMeasure.spearman);
  for (const { share, precisionTop, precisionBottom } of byMeasure.choices) {
    line(`P@top ${share}`, { value: precisionTop });
    line(`P@bottom ${share}`, { value: precisionBottom });
  }
  if (reliability !== undefined)
    output.say(`  training alone agrees with itself, seed to seed: tau ${reliability.toFixed(3)}`);
}
