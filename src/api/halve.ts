/** Successive halving of candidates that are trained alone, without shared weights. */
import { join } from 'node:path';
import { WeftError } from '../errors.js';
import { evaluationOf, type Executor, standAloneJob } from '../jobs/index.js';
import { makeFolder, sha256, writeFileAtomic } from '../runs/index.js';
import { type Stopped } from '../search/asha.js';
import { type AshaStep } from '../search/asha-run.js';
import { type Placed, type Rung, type RungResult, rungsOf, successiveHalving } from '../search/halving.js';
import { bestRound, halvingRounds } from '../search/halving-rounds.js';
import { type Hyperparameters } from '../search/hyperparameters/index.js';
import { objectiveOf, trainedMeasure } from '../search/objective.js';
import { type SearchParts } from '../search/session.js';
import { type BackendName, loadBackend } from '../tensor/backend.js';
import { requireAccuracy } from '../training/evaluate.js';
import { codeFiles } from '../jobs/files.js';
import { inThisProcess, requireWhole, type WithExecutor } from './executing.js';
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
import { partsOf, type PartsRequest } from './parts.js';

export type { AshaRequest };

export interface HalvingRequest extends PartsRequest {
  /** Candidates to begin with, random ones or the first of `search.warmStart`: architectures, with values of `search.hyperparameters` where these are searched. Default 27. */
  readonly candidates?: number | undefined;
  /**
   * Rounds of halving, of each of which the controller proposes the candidates; it learns from the first rungs. Its default is `predictor-guided` then. One round of random candidates, and no
   * controller, by default.
   */
  readonly rounds?: number | undefined;
  /** One in this many is promoted, and is trained this many times longer; with 1 each is trained once, and none again. Default 3. */
  readonly factor?: number | undefined;
  /** Epochs of the first rung. Default 2. */
  readonly first?: number | undefined;
  /** Promotes candidates as soon as they are among the best of their rung so far (ASHA), and trains them further instead of from scratch; in one round. */
  readonly asynchronous?: AshaRequest | undefined;
  /** Where the folder of results is made. Default `runs`. */
  readonly runs?: string | undefined;
  /** The folder of results itself. */
  readonly out?: string | undefined;
  /** Threads of each training. */
  readonly threads?: number | undefined;
  /** Where the trainings are done; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
  /** Called before the first training, with what was read and which settings follow from it. */
  readonly onStart?:
    ((folder: string, backend: BackendName, rungs: readonly Rung[], account: readonly string[]) => void) | undefined;
  /** Told what a warm start has left out. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly onRung?: ((rung: RungResult, measure: 'accuracy' | 'loss') => void) | undefined;
  /** Hears of each training of an asynchronous halving, in the order in which they have finished. */
  readonly onTrained?: ((training: AshaStep) => void) | undefined;
}

export interface HalvingOutcome {
  /** The file with all rungs. */
  readonly file: string;
  /** The page about them. */
  readonly report: string;
  /** The last one's ranking begins with the winner; of several rounds those of the winner's. */
  readonly rungs: readonly RungResult[];
  /** The rungs of all rounds, where rounds were asked for. */
  readonly rounds?: readonly (readonly RungResult[])[];
  /** Text encoding. */
  readonly winner: string;
  /** What the winner was trained with, where hyper-parameters were searched. */
  readonly hyperparameters?: Hyperparameters;
  /** The file of the configuration that trains it so. */
  readonly configuration?: string;
  /** Candidates that their learning curves have stopped, where they were extrapolated. */
  readonly stopped?: readonly StoppedCandidate[];
}

export interface StoppedCandidate
  extends Omit<Stopped, 'candidate'>, Pick<Placed, 'architecture' | 'hyperparameters'> {}

/** See `runHalving` in index.ts. */
export async function runHalving(request: HalvingRequest = {}): Promise<HalvingOutcome | undefined> {
  const { candidates: count = 27, factor = 3, first = 2, rounds, asynchronous, out, runs = 'runs' } = request;
  requireWhole('rounds', rounds, 1);
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
  const made = makeFolder(folder);
  try {
    return await halveIn(folder, parts, backend, request, { count, factor, first });
  } catch (error) {
    made.undo();
    throw error;
  }
}

async function halveIn(
  folder: string,
  parts: SearchParts,
  backend: BackendName,
  request: HalvingRequest,
  { count, factor, first }: { readonly count: number; readonly factor: number; readonly first: number },
): Promise<HalvingOutcome | undefined> {
  const { config } = parts;
  const { threads, rounds, asynchronous, withExecutor = inThisProcess() } = request;
  const { onStart, onRung, onWarning = () => undefined } = request;
  const { account = [] } = parts.data;
  const space = candidateSpace(parts, folder, first);
  const random = rounds === undefined ? drawCandidates(parts, space, count, onWarning) : undefined;
  // By more than there are candidates: then the first rung is the last.
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
    return written(folder, parts, found, { ...record, asynchronous }, measure);
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
    record,
    measure,
  );
}

/** Writes what was found, and names the winner. */
function written(
  folder: string,
  parts: SearchParts,
  found: Pick<HalvingOutcome, 'rungs' | 'rounds' | 'stopped'>,
  record: object,
  measure: 'accuracy' | 'loss',
): HalvingOutcome {
  const file = join(folder, 'halving.json');
  writeFileAtomic(file, `${JSON.stringify({ ...record, ...found }, null, 2)}\n`);
  const { architecture, hyperparameters } = found.rungs.at(-1)!.ranking[0]!;
  const configuration = writeWinner(folder, parts, hyperparameters);
  const report = writeHalvingReport(folder, parts, found, measure);
  return {
    file,
    report,
    ...found,
    winner: architecture,
    ...(hyperparameters && { hyperparameters }),
    ...(configuration !== undefined && { configuration }),
  };
}

/** By what candidates are compared, and what a strategy learns from their scores. */
function comparison({ data, config }: SearchParts): {
  readonly measure: 'accuracy' | 'loss';
  readonly reward: (score: number) => number;
} {
  const objective = objectiveOf(data, config.search);
  // Trained networks are compared by accuracy whatever has rewarded a search.
  if (trainedMeasure(objective, data.task) === 'accuracy')
    return { measure: 'accuracy', reward: (score) => Math.max(0, score) };
  // Labels that hold or not are rewarded by F1 on batches; trained networks are compared by their loss all the same.
  if (objective.measure !== 'loss') return { measure: 'loss', reward: (score) => Math.exp(score) };
  return { measure: 'loss', reward: (score) => objective.reward({ accuracy: null, loss: -score }) };
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
    if (error instanceof WeftError && error.code === 'numeric') return -Infinity; // it diverged, which makes it the worst
    throw error;
  }
}
