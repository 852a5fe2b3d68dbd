/** `weft halve`: successive halving of candidates that are trained alone, without shared weights. */
import { join } from 'node:path';
import { type SearchConfig } from '../../config/index.js';
import { WeftError } from '../../errors.js';
import { evaluationOf, standAloneJob } from '../../jobs/index.js';
import { sampleDistinct } from '../../ranking/index.js';
import { makeFolder, sha256, writeFileAtomic } from '../../runs/index.js';
import { rungsOf, successiveHalving } from '../../search/halving.js';
import { latencyTableOf } from '../../search/latency.js';
import { limitSpace } from '../../search/limits.js';
import { measuredNow, optionsOf, type SearchParts } from '../../search/session.js';
import { loadBackend } from '../../tensor/backend.js';
import { stream } from '../../tensor/rng.js';
import { type ExecutorOptions, ownFiles, withExecutor } from '../executor.js';
import { createOutput, type Output, show } from '../output.js';
import { loadParts } from '../../api/registry.js';
import { resolveConfig, type SearchOptions } from './search.js';

export interface HalveOptions extends SearchOptions, ExecutorOptions {
  results: string;
  candidates: number;
  factor: number;
  first: number;
  out?: string;
}

/** Draws candidates, halves them, and names the winner; the trainings of a rung are jobs, and what is trained is not trained again. */
export async function halve({ candidates: count, factor, first, out, ...options }: HalveOptions): Promise<void> {
  const output = createOutput(options);
  const config = resolveConfig(options);
  const backend = await loadBackend(config.backend);
  const parts = await loadParts(config);
  const folder =
    out ?? join(options.runs, `halving-${sha256(JSON.stringify([config, backend, count, factor, first])).slice(0, 8)}`);
  const made = makeFolder(folder);
  try {
    await halveIn(folder, parts, backend, options, output, { count, factor, first });
  } catch (error) {
    made.undo();
    throw error;
  }
}

async function halveIn(
  folder: string,
  parts: SearchParts,
  backend: SearchConfig['backend'] & string,
  options: Omit<HalveOptions, 'candidates' | 'factor' | 'first' | 'out'>,
  output: Output,
  { count, factor, first }: { readonly count: number; readonly factor: number; readonly first: number },
): Promise<void> {
  const { config } = parts;
  const candidates = drawCandidates(parts, count, folder);
  const rungs = rungsOf({ candidates: candidates.length, factor, epochs: first });
  output.say(
    `${show(folder)} · backend ${backend} · ${rungs.map((rung) => `${rung.candidates} × ${rung.epochs} epochs`).join(', ')}`,
  );

  const byLoss = parts.data.task.kind === 'language';
  const trainings = rungs.reduce((sum, rung) => sum + rung.candidates, 0);
  const results = await withExecutor(
    trainings,
    options,
    ownFiles({ ...config, controller: { name: 'random' } }),
    output,
    (executor) => {
      const evaluate = async (architecture: string, epochs: number): Promise<number> => {
        const job = standAloneJob(parts, architecture, epochs, {
          backend,
          ...(options.threads !== undefined && { threads: options.threads }),
        });
        try {
          const { accuracy, loss } = evaluationOf((await executor.submit(job)).value);
          return byLoss ? -loss : accuracy;
        } catch (error) {
          if (error instanceof WeftError && error.code === 'numeric') return -Infinity; // it diverged, which makes it the worst
          throw error;
        }
      };
      return successiveHalving(candidates, { factor, epochs: first }, evaluate, ({ epochs, ranking }) => {
        output.emit({ type: 'rung', epochs, ranking });
        output.say(
          `${epochs} epochs: best of ${ranking.length} ${byLoss ? `loss ${(-ranking[0]!.score).toFixed(4)}` : `${(100 * ranking[0]!.score).toFixed(2)} %`} on the validation part  ${ranking[0]!.architecture}`,
        );
      });
    },
  );
  if (!results) return;
  writeFileAtomic(
    join(folder, 'halving.json'),
    `${JSON.stringify({ seed: config.seed, backend, threads: options.threads ?? 1, factor, rungs: results }, null, 2)}\n`,
  );
  output.say(`wrote ${show(join(folder, 'halving.json'))}`);
  output.say(
    `next  weft train ${results.at(-1)!.ranking[0]!.architecture}${options.recipe === undefined ? '' : ` --recipe ${options.recipe}`}`,
  );
}

/** Different networks within the limits, drawn uniformly: `count` of them, or fewer where the space has hardly more. */
function drawCandidates(
  { config, space: factory, data: { task } }: SearchParts,
  count: number,
  folder: string,
): string[] {
  const whole = factory.create(optionsOf(config.space), task);
  const space = limitSpace(
    whole,
    config.limits,
    config.limits.latencyMs === undefined ? undefined : latencyTableOf(folder, () => measuredNow(config)(whole)),
    config.seed,
  );
  return sampleDistinct(space, count, stream(config.seed, 'halving')).map(({ encoding }) => encoding);
}
