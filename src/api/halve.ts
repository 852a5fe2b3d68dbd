/** Successive halving of candidates that are trained alone, without shared weights. */
import { join } from 'node:path';
import { WeftError } from '../errors.js';
import { evaluationOf, type Executor, standAloneJob } from '../jobs/index.js';
import { type HalvingPage } from '../report/index.js';
import { makeFolder, sha256, writeFileAtomic } from '../runs/index.js';
import { type Stopped } from '../search/asha.js';
import { type AshaStep } from '../search/asha-run.js';
import {
  type Placed,
  type Rung,
  type RungResult,
  rungsOf,
  type Standing,
  standingsOf,
  successiveHalving,
} from '../search/halving.js';
import { bestRound, halvingRounds } from '../search/halving-rounds.js';
import { type Hyperparameters, withHyperparameters } from '../search/hyperparameters/index.js';
import { type SearchParts } from '../search/session.js';
import { type BackendName, loadBackend } from '../tensor/backend.js';
import { requireAccuracy } from '../training/evaluate.js';
import { codeFiles } from '../jobs/files.js';
import { inThisProcess, requireWhole, type WithExecutor } from './executors.js';
import { ashaIn, type AshaRequest, ashaRungs, type AshaSetting } from './halve-asha.js';
import {
  candidateIn,
  candidateSpace,
  described,
  drawCandidates,
  proposer,
  writeHalvingReport,
  writeWinner,
} from './halve-candidates.js';
import { comparison, pickingIn, type Picking } from './halve-pick.js';
import { partsOf, type PartsRequest } from './parts.js';
import { retrainBest, type Retrained } from './retrain-best.js';

export type { AshaRequest };

export interface HalvingRequest extends PartsRequest {
  /**
   * Number of initial candidates, random or the first of `search.warmStart`: architectures, with values of
   * `search.hyperparameters` if these are searched. Default 27.
   */
  readonly candidates?: number | undefined;
  /**
   * Number of rounds of halving; the controller proposes the candidates of each and learns from the first rungs. It
   * defaults to `predictor-guided`. One round of random candidates, and no controller, by default.
   */
  readonly rounds?: number | undefined;
  /**
   * One in this many is promoted, and trained this many times longer; with 1, each is trained once without promotion.
   * Default 3.
   */
  readonly factor?: number | undefined;
  /** Epochs of the first rung. Default 2. */
  readonly first?: number | undefined;
  /**
   * Promotes candidates as soon as they are among the best of their rung so far (ASHA), and continues their training
   * instead of starting from scratch; single round only.
   */
  readonly asynchronous?: AshaRequest | undefined;
  /** Parent folder of the folder of results. Default `runs`. */
  readonly runs?: string | undefined;
  /** The folder of results itself. */
  readonly out?: string | undefined;
  /**
   * Only candidates that meet these conditions can win, for example `latency<5ms,parameters<100k`; all are trained
   * regardless.
   */
  readonly pick?: string | undefined;
  /** A file with the latencies of a device, for conditions on them. */
  readonly latencyTable?: string | undefined;
  /**
   * Trains this many of the best from scratch, each with its hyper-parameters and the `retrain` settings of the
   * configuration, and tests them.
   */
  readonly retrainTop?: number | undefined;
  /** Threads of each training. */
  readonly threads?: number | undefined;
  /** Where the trainings run; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
  /** Called before the first training, with a summary of the data and the settings derived from it. */
  readonly onStart?:
    ((folder: string, backend: BackendName, rungs: readonly Rung[], account: readonly string[]) => void) | undefined;
  /** Called with the warm-start entries that were skipped. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly onRung?: ((rung: RungResult, measure: 'accuracy' | 'loss') => void) | undefined;
  /** Called after each training of an asynchronous halving, in the order in which they finish. */
  readonly onTrained?: ((training: AshaStep) => void) | undefined;
  /** Called with the result before the best are trained from scratch. */
  readonly onRanking?: ((outcome: HalvingOutcome) => void) | undefined;
}

export interface HalvingOutcome {
  /** The file with all rungs. */
  readonly file: string;
  /** The page about them. */
  readonly report: string;
  /** The ranking of the last rung begins with the winner; with several rounds, the rungs of the winner's round. */
  readonly rungs: readonly RungResult[];
  /** The rungs of all rounds, if rounds were requested. */
  readonly rounds?: readonly (readonly RungResult[])[];
  /** Every candidate that meets the conditions, the winner first: sorted by training length, then by quality. */
  readonly ranking: readonly Standing[];
  /** Text encoding. */
  readonly winner: string;
  /** The winner's hyper-parameters, if any were searched. */
  readonly hyperparameters?: Hyperparameters;
  /** The configuration file that trains it with them. */
  readonly configuration?: string;
  /** Number of candidates stopped early by learning-curve extrapolation. */
  readonly stopped?: readonly StoppedCandidate[];
  /** Of `retrainTop`, in the order of the ranking; undefined if not requested, or if the training was stopped. */
  readonly retrained?: readonly Retrained[] | undefined;
}

export interface StoppedCandidate
  extends Omit<Stopped, 'candidate'>, Pick<Placed, 'architecture' | 'hyperparameters'> {}

/** See `runHalving` in index.ts. */
export async function runHalving(request: HalvingRequest = {}): Promise<HalvingOutcome | undefined> {
  const { candidates: count = 27, factor = 3, first = 2, rounds, asynchronous, out, runs = 'runs' } = request;
  requireWhole('rounds', rounds, 1);
  requireWhole('retrainTop', request.retrainTop, 1);
  if (rounds !== undefined && asynchronous)
    throw new WeftError(
      'config',
      'a controller waits for the first rung of each round, but asynchronous halving waits for no rung',
      'leave out one of the two',
    );
  const strategy = rounds !== undefined && !request.config?.controller ? 'predictor-guided' : undefined;
  const parts = await partsOf({ ...request, controller: request.controller ?? strategy });
  const { config } = parts;
  const backend = await loadBackend(config.backend);
  const folder =
    out ??
    join(
      runs,
      `halving-${sha256(JSON.stringify([config, backend, count, factor, first, ...[rounds, asynchronous].filter((one) => one !== undefined)])).slice(0, 8)}`,
    );
  const picking = pickingIn(parts, request);
  const made = makeFolder(folder);
  try {
    const outcome = await halveIn(folder, parts, backend, request, { count, factor, first, picking });
    if (!outcome) return undefined;
    request.onRanking?.(outcome);
    return await withRetrained(folder, outcome, parts, backend, request);
  } catch (error) {
    made.undo();
    throw error;
  }
}

/** The best of the ranking trained from scratch, if requested. */
async function withRetrained(
  folder: string,
  outcome: HalvingOutcome,
  parts: SearchParts,
  backend: BackendName,
  { retrainTop, pick, threads, withExecutor = inThisProcess() }: HalvingRequest,
): Promise<HalvingOutcome> {
  if (retrainTop === undefined) return outcome;
  const best = outcome.ranking
    .filter(({ score }) => score > -Infinity)
    .slice(0, retrainTop)
    .map(({ architecture, hyperparameters }) => ({
      architecture,
      config: hyperparameters && withHyperparameters(parts.config, hyperparameters),
    }));
  const retrained = await retrainBest(parts, best, { backend, threads, withExecutor });
  if (!retrained) return outcome;
  const { measure } = comparison(parts);
  writeHalvingReport(folder, parts, outcome, {
    ...{ measure, picked: pickedFor(pick, outcome.ranking) },
    retrained: retrained.map(({ summary: { derived, test } }) => ({
      architecture: derived.architecture,
      test: test && { ...test, count: parts.data.counts.test },
    })),
  });
  return { ...outcome, retrained };
}

interface Begun {
  readonly count: number;
  readonly factor: number;
  readonly first: number;
  readonly picking: Picking;
}

async function halveIn(
  folder: string,
  parts: SearchParts,
  backend: BackendName,
  request: HalvingRequest,
  { count, factor, first, picking }: Begun,
): Promise<HalvingOutcome | undefined> {
  const { config } = parts;
  const { threads, rounds, asynchronous, pick, withExecutor = inThisProcess() } = request;
  const { onStart, onRung, onWarning = () => undefined } = request;
  const { account = [] } = parts.data;
  const space = candidateSpace(parts, folder, first);
  const random = rounds === undefined ? drawCandidates(parts, space, count, onWarning) : undefined;
  // A reduction by more than the number of candidates: the first rung is then the last.
  const halving = { factor: factor === 1 ? count + 1 : factor, epochs: first };
  const { measure, reward } = comparison(parts);
  const files = codeFiles({ ...config, controller: { name: 'random' } });
  const job = { backend, ...(threads !== undefined && { threads }) };
  const record = { seed: config.seed, backend, threads: threads ?? 1, factor };
  if (asynchronous && random) {
    const { onTrained: onStep } = request;
    const setting: AshaSetting = { folder, parts, candidates: random, measure, factor, first, job, onStep };
    onStart?.(folder, backend, ashaRungs(asynchronous, setting), account);
    const outcome = await withExecutor({ parts, files }, (executor) => ashaIn(executor, asynchronous, setting));
    if (!outcome) return undefined;
    const stopped = outcome.stopped.map(({ candidate, ...rest }) => ({ ...candidateIn(candidate), ...rest }));
    const found = { rungs: outcome.rungs.map(described), stopped };
    found.rungs.forEach((rung) => onRung?.(rung, measure));
    return written(folder, parts, found, { record: { ...record, asynchronous }, measure, picking, pick });
  }
  const rungs = rungsOf({ candidates: random?.length ?? count, ...halving });
  onStart?.(folder, backend, rungs, account);
  const total = (rounds ?? 1) * rungs.reduce((sum, rung) => sum + rung.candidates, 0);
  const results = await withExecutor({ total, parts, files }, (executor) => {
    const evaluate = async (candidate: string, epochs: number): Promise<number> => {
      return scored(executor, standAloneJob(parts, candidate, epochs, job), measure);
    };
    const halve = (some: readonly string[]): Promise<RungResult[]> =>
      successiveHalving(some, halving, evaluate, (rung) => onRung?.(described(rung), measure));
    if (random) return halve(random).then((only) => [only]);
    const controller = proposer(parts, space, onWarning);
    const options = { rounds: rounds!, candidates: count, seed: config.seed, space, controller, reward };
    return halvingRounds(options, halve).finally(() => controller.dispose());
  });
  if (!results) return undefined;
  const all = results.map((rungs) => rungs.map(described));
  return written(
    folder,
    parts,
    { rungs: bestRound(all), ...(rounds !== undefined && { rounds: all }) },
    { record, measure, picking, pick },
  );
}

const pickedFor = (conditions: string | undefined, ranking: readonly Standing[]): HalvingPage['picked'] =>
  conditions === undefined ? undefined : { conditions, ranking };

/** Writes the results, and names the winner. */
function written(
  folder: string,
  parts: SearchParts,
  found: Pick<HalvingOutcome, 'rungs' | 'rounds' | 'stopped'>,
  {
    record,
    measure,
    picking,
    pick,
  }: {
    readonly record: object;
    readonly measure: 'accuracy' | 'loss';
    readonly picking: Picking;
    readonly pick: string | undefined;
  },
): HalvingOutcome {
  const file = join(folder, 'halving.json');
  writeFileAtomic(file, `${JSON.stringify({ ...record, ...found }, null, 2)}\n`);
  const ranking = picking(standingsOf(found.rounds ?? [found.rungs]));
  const { architecture, hyperparameters } = ranking[0]!;
  const configuration = writeWinner(folder, parts, hyperparameters);
  const report = writeHalvingReport(folder, parts, found, { measure, picked: pickedFor(pick, ranking) });
  return {
    file,
    report,
    ...found,
    ranking,
    winner: architecture,
    ...(hyperparameters && { hyperparameters }),
    ...(configuration !== undefined && { configuration }),
  };
}

/** Higher is better. */
async function scored(
  executor: Executor,
  job: Parameters<Executor['submit']>[0],
  measure: 'accuracy' | 'loss',
): Promise<number> {
  try {
    const evaluation = evaluationOf((await executor.submit(job)).value);
    return measure === 'loss' ? -evaluation.loss : requireAccuracy(evaluation);
  } catch (error) {
    if (error instanceof WeftError && error.code === 'numeric') return -Infinity; // it diverged, which ranks it last
    throw error;
  }
}
