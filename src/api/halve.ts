/** Successive halving of candidates that are trained alone, without shared weights. */
import { join } from 'node:path';
import { WeftError } from '../errors.js';
import { evaluationOf, type Executor, standAloneJob } from '../jobs/index.js';
import { sampleDistinct } from '../ranking/index.js';
import { makeFolder, sha256, writeFileAtomic } from '../runs/index.js';
import { type Rung, type RungResult, rungsOf, successiveHalving } from '../search/halving.js';
import { proxyStart } from '../search/proxy-start.js';
import { catalogue } from '../supernet/catalogue.js';
import { latencyTableOf } from '../search/latency.js';
import { limitSpace } from '../search/limits.js';
import { objectiveOf } from '../search/objective.js';
import { measuredNow, optionsOf, type SearchParts } from '../search/session.js';
import { type BackendName, loadBackend } from '../tensor/backend.js';
import { stream } from '../tensor/rng.js';
import { requireAccuracy } from '../training/evaluate.js';
import { codeFiles } from '../jobs/files.js';
import { inThisProcess, type WithExecutor } from './executing.js';
import { partsOf, type PartsRequest } from './parts.js';

export interface HalvingRequest extends PartsRequest {
  /** Architectures to begin with, random ones or the first of `search.warmStart`. Default 27. */
  readonly candidates?: number | undefined;
  /** One of so many goes on, and is trained so many times longer. Default 3. */
  readonly factor?: number | undefined;
  /** Epochs of the first rung. Default 2. */
  readonly first?: number | undefined;
  /** Where the folder of results is made. Default `runs`. */
  readonly runs?: string | undefined;
  /** The folder of results itself. */
  readonly out?: string | undefined;
  /** Threads of each training. */
  readonly threads?: number | undefined;
  /** Where the trainings are done; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
  /** Called before the first training. */
  readonly onStart?: ((folder: string, backend: BackendName, rungs: readonly Rung[]) => void) | undefined;
  /** Told what a warm start has left out. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly onRung?: ((rung: RungResult, measure: 'accuracy' | 'loss') => void) | undefined;
}

export interface HalvingOutcome {
  /** The file with all rungs. */
  readonly file: string;
  /** The last one's ranking begins with the winner. */
  readonly rungs: readonly RungResult[];
  /** Text encoding. */
  readonly winner: string;
}

/** See `runHalving` in index.ts. */
export async function runHalving(request: HalvingRequest = {}): Promise<HalvingOutcome | undefined> {
  const { candidates: count = 27, factor = 3, first = 2, out, runs = 'runs' } = request;
  const parts = await partsOf(request);
  const { config } = parts;
  const backend = await loadBackend(config.backend);
  const folder =
    out ?? join(runs, `halving-${sha256(JSON.stringify([config, backend, count, factor, first])).slice(0, 8)}`);
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
  { threads, withExecutor = inThisProcess(), onStart, onRung, onWarning = () => undefined }: HalvingRequest,
  { count, factor, first }: { readonly count: number; readonly factor: number; readonly first: number },
): Promise<HalvingOutcome | undefined> {
  const { config } = parts;
  const candidates = drawCandidates(parts, count, folder, onWarning);
  const rungs = rungsOf({ candidates: candidates.length, factor, epochs: first });
  onStart?.(folder, backend, rungs);
  // Trained networks are compared by accuracy whatever has rewarded a search.
  const measure = objectiveOf(parts.data, config.search).measure === 'loss' ? 'loss' : 'accuracy';
  const files = codeFiles({ ...config, controller: { name: 'random' } });
  const total = rungs.reduce((sum, rung) => sum + rung.candidates, 0);
  const results = await withExecutor({ total, parts, files }, (executor) => {
    const evaluate = async (architecture: string, epochs: number): Promise<number> => {
      const job = standAloneJob(parts, architecture, epochs, { backend, ...(threads !== undefined && { threads }) });
      return scored(executor, job, measure);
    };
    return successiveHalving(candidates, { factor, epochs: first }, evaluate, (rung) => onRung?.(rung, measure));
  });
  if (!results) return undefined;
  const file = join(folder, 'halving.json');
  const record = { seed: config.seed, backend, threads: threads ?? 1, factor, rungs: results };
  writeFileAtomic(file, `${JSON.stringify(record, null, 2)}\n`);
  return { file, rungs: results, winner: results.at(-1)!.ranking[0]!.architecture };
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

/** Different networks within the limits, drawn uniformly or by `search.warmStart`: `count` of them, or fewer where the space, or the pool, has hardly more. */
function drawCandidates(
  { config, space: factory, data, own }: SearchParts,
  count: number,
  folder: string,
  onWarning: (message: string) => void,
): string[] {
  const whole = factory.create(optionsOf(config.space), data.task);
  const space = limitSpace(
    whole,
    config.limits,
    config.limits.latencyMs === undefined ? undefined : latencyTableOf(folder, () => measuredNow(config)(whole)),
    config.seed,
  );
  const { seed, search } = config;
  if (search.warmStart) {
    const { watched } = data.batches(config, { carries: catalogue(space.supernet).states.size > 0 });
    const warn = (_kind: string, message: string): void => onWarning(message);
    const start = proxyStart(search.warmStart, { space, seed, own, source: watched, warn });
    const places = Array.from({ length: Math.min(count, search.warmStart.pool) }, (_, place) => start(place));
    return places
      .filter((architecture) => architecture !== undefined)
      .map((architecture) => space.encode(architecture));
  }
  return sampleDistinct(space, count, stream(seed, 'halving')).map(({ encoding }) => encoding);
}
