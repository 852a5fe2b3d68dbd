/**
 * Asynchronous successive halving of candidates that are trained alone: the log of completed trainings, and the
 * trainings as jobs.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { evaluationOf, type Executor, JOB_VERSION, type RunJobOptions, standAloneJob } from '../jobs/index.js';
import { acquireLock, openJournal, readEvents, sha256 } from '../runs/index.js';
import { type Asha, type AshaOptions, createAsha, type Stopped, type Trained, type Training } from '../search/asha.js';
import { type AshaStep, runAsha } from '../search/asha-run.js';
import { type Rung, type RungResult } from '../search/halving.js';
import { type SearchParts } from '../search/session.js';
import { type Evaluation, requireAccuracy } from '../training/evaluate.js';

/** How candidates are promoted without waiting for their rung. */
export interface AshaRequest {
  /**
   * Maximum number of epochs of any training; by default the length of the last rung of synchronous halving with as
   * many candidates.
   */
  readonly longest?: number | undefined;
  /** Number of concurrent trainings. Default 1. */
  readonly parallel?: number | undefined;
  /**
   * Brackets that share the candidates, as in Hyperband: the second begins with the second rung, and so on. Default 1.
   */
  readonly brackets?: number | undefined;
  /**
   * How the candidates of a rung are ranked: by their last result, or by their extrapolated learning curve. Default
   * `last`.
   */
  readonly order?: 'last' | 'curve' | undefined;
  /**
   * Stops candidates whose extrapolated probability of finishing above the best of the others is below this. Disabled
   * by default.
   */
  readonly stopBelow?: number | undefined;
}

export interface AshaSetting {
  readonly folder: string;
  readonly parts: SearchParts;
  readonly candidates: readonly string[];
  readonly measure: 'accuracy' | 'loss';
  readonly factor: number;
  readonly first: number;
  readonly job: RunJobOptions;
  /** Called after every training, including those of an earlier attempt. */
  readonly onStep?: ((step: AshaStep) => void) | undefined;
}

export interface AshaOutcome {
  readonly rungs: readonly RungResult[];
  readonly stopped: readonly Stopped[];
}

/** With defaults for omitted options. */
function ashaOptions(
  { longest, brackets, order, stopBelow }: AshaRequest,
  { factor, first, candidates }: Pick<AshaSetting, 'factor' | 'first' | 'candidates'>,
): AshaOptions {
  return {
    factor,
    first,
    longest: longest ?? longestFor(candidates.length, factor, first),
    ...(brackets !== undefined && { brackets }),
    ...(order !== undefined && { order }),
    ...(stopBelow !== undefined && { stopBelow }),
  };
}

/** The rungs, with as many candidates as would be promoted if all arrived together. */
export function ashaRungs(request: AshaRequest, setting: Pick<AshaSetting, 'factor' | 'first' | 'candidates'>): Rung[] {
  const options = ashaOptions(request, setting);
  let left = setting.candidates.length * options.factor;
  return createAsha(setting.candidates, options).rungs.map((epochs) => {
    left = Math.floor(left / options.factor);
    return { epochs, candidates: left };
  });
}

/** The number of epochs in the last rung of synchronous halving with this many candidates. */
function longestFor(candidates: number, factor: number, first: number): number {
  let epochs = first;
  for (let left = candidates; left >= factor && factor > 1; left = Math.floor(left / factor)) epochs *= factor;
  return epochs;
}

/** Runs the trainings, each as a job; continues from the log in the folder. */
export async function ashaIn(
  executor: Executor,
  request: AshaRequest,
  { folder, parts, candidates, measure, factor, first, job: jobOptions, onStep = () => undefined }: AshaSetting,
): Promise<AshaOutcome> {
  const { parallel = 1 } = request;
  const options = ashaOptions(request, { factor, first, candidates });
  const asha = createAsha(candidates, options);
  const epochs = asha.rungs.at(-1)!;
  const { config } = parts;
  const identity = sha256(JSON.stringify({ config, candidates, options, parallel, jobOptions, jobs: JOB_VERSION }));
  const lock = await acquireLock(join(folder, 'asha.lock'), { name: 'the folder' });
  try {
    const { recorded, append, close } = openRecord(join(folder, 'asha.jsonl'), identity, lock.check);
    try {
      recorded.forEach(onStep);
      const failed = failuresOf(executor);
      const train = async ({ candidate, epochs: until }: Training): Promise<Trained & { failure?: string }> => {
        const job = standAloneJob(parts, candidate, epochs, { ...jobOptions, until });
        try {
          const { curve = [], ...evaluation } = evaluationOf((await executor.submit(job)).value);
          const values = curve.map((one) => lossOf(one, measure));
          const noise = standardErrorOf(values.at(-1) ?? 0, evaluation.count, measure);
          return { score: scoreOf(evaluation, measure), curve: values, noise };
        } catch (error) {
          // A cancelled job has not failed: it is requested again.
          if (!(error instanceof WeftError) || !failed.has(job.key)) throw error;
          return { score: -Infinity, curve: [], failure: error.message };
        }
      };
      await runAsha(asha, train, {
        parallel,
        recorded,
        onStep(step) {
          append(step);
          onStep(step);
        },
      });
      return outcomeOf(asha, recorded);
    } finally {
      close();
    }
  } finally {
    lock.release();
  }
}

/** Higher is better. */
const scoreOf = (evaluation: Evaluation, measure: 'accuracy' | 'loss'): number =>
  measure === 'loss' ? -evaluation.loss : requireAccuracy(evaluation);

/** Lower is better, with minimum 0. */
const lossOf = (evaluation: Evaluation, measure: 'accuracy' | 'loss'): number =>
  measure === 'loss' ? evaluation.loss : 1 - requireAccuracy(evaluation);

/**
 * Standard error of such a mean over `count` examples: for an accuracy, with one more correct and one more wrong
 * answer, so that none is certain; for losses, which vary between examples by about their own magnitude.
 */
function standardErrorOf(value: number, count: number, measure: 'accuracy' | 'loss'): number {
  if (measure === 'loss') return value / Math.sqrt(count);
  const share = (value * count + 1) / (count + 2);
  return Math.sqrt((share * (1 - share)) / count);
}

/** Keys of the jobs that the executor reports as failed. */
function failuresOf(executor: Executor): ReadonlySet<string> {
  const failed = new Set<string>();
  executor.events((event) => {
    if (event.type === 'job-failed') failed.add(event.key);
  });
  return failed;
}

function outcomeOf(asha: Asha, steps: readonly AshaStep[]): AshaOutcome {
  const rungs = asha.rungs
    .map((epochs, rung) => {
      const ranking = asha.ranking(rung).map(({ candidate, score }) => ({ architecture: candidate, score }));
      return { epochs, candidates: ranking.length, ranking };
    })
    .filter(({ ranking }) => ranking.some(({ score }) => score > -Infinity));
  if (rungs.length > 0) return { rungs, stopped: asha.stopped };
  const failure = steps.find((step) => step.failure !== undefined)?.failure;
  throw new WeftError(
    'job',
    `none of ${steps.length} trainings has given a result${failure === undefined ? '' : `; the first failure: ${failure}`}`,
    'fix what made them fail, and start again in another folder (--out)',
  );
}

const stepSchema = z.object({
  candidate: z.string(),
  rung: z.int().min(0),
  /** JSON cannot represent infinity. */
  score: z.number().nullable(),
  curve: z.array(z.number()),
  noise: z.number().optional(),
  failure: z.string().optional(),
});

/** The completed trainings, in order, in an append-only file. */
function openRecord(
  path: string,
  identity: string,
  guard: () => void,
): { readonly recorded: AshaStep[]; append(step: AshaStep): void; close(): void } {
  const journal = openJournal(path, { guard });
  try {
    const [head, ...rest] = [...readEvents(path)];
    if (head && head['identity'] !== identity)
      throw new WeftError(
        'run',
        `${path} is the record of a search with other candidates, settings or numbers of parallel trainings`,
        'name another folder with --out, or use the settings that it was started with',
      );
    const recorded = rest.map((event, i): AshaStep => {
      const parsed = stepSchema.safeParse(event);
      if (!parsed.success)
        throw new WeftError(
          'run',
          `${path}, line ${i + 2}, is not a finished training`,
          'start in another folder (--out)',
        );
      const { candidate, rung, score, curve, noise, failure } = parsed.data;
      return {
        ...{ candidate, rung, score: score ?? -Infinity, curve },
        ...(noise !== undefined && { noise }),
        ...(failure !== undefined && { failure }),
      };
    });
    if (!head) journal.append({ type: 'asha', identity });
    return {
      recorded,
      append(step) {
        const { candidate, rung, score, curve, noise, failure } = step;
        recorded.push(step);
        journal.append({
          type: 'finished',
          candidate,
          rung,
          score: score === -Infinity ? null : score,
          curve: [...curve],
          ...(noise !== undefined && { noise }),
          ...(failure !== undefined && { failure }),
        });
        journal.sync();
      },
      close: () => journal.close(),
    };
  } catch (error) {
    journal.close();
    throw error;
  }
}
