/** `weft halve`: successive halving of candidates that are trained alone, without shared weights. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { breathe, sha256, writeFileAtomic } from '../../runs/index.js';
import { rungsOf, successiveHalving } from '../../search/halving.js';
import { limitSpace } from '../../search/limits.js';
import { measuredNow, optionsOf } from '../../search/session.js';
import { trainAlone } from '../../search/stand-alone.js';
import { catalogue } from '../../supernet/catalogue.js';
import { loadBackend } from '../../tensor/backend.js';
import { stream } from '../../tensor/rng.js';
import { latencyTableOf } from '../../search/latency.js';
import { createOutput, show } from '../output.js';
import { loadParts, resolveConfig, type SearchOptions } from './search.js';

export interface HalveOptions extends SearchOptions {
  candidates: number;
  factor: number;
  first: number;
  out?: string;
}

/** Draws candidates, halves them, and names the winner; a training that is done is kept, so that the command can be repeated after an interruption. */
export async function halve({ candidates: count, factor, first, out, ...options }: HalveOptions): Promise<void> {
  const output = createOutput({ ...options, live: true });
  const config = resolveConfig(options);
  const backend = await loadBackend(config.backend);
  const parts = await loadParts(config);
  const whole = parts.space.create(optionsOf(config.space), parts.data.task);
  const folder = out ?? join(options.runs, `halving-${sha256(JSON.stringify([config, backend, count, factor, first])).slice(0, 8)}`);
  mkdirSync(folder, { recursive: true });
  const space = limitSpace(whole, config.limits, config.limits.latencyMs === undefined ? undefined : latencyTableOf(folder, () => measuredNow(config)(whole)), config.seed);
  const data = parts.data.batches(config, { carries: catalogue(whole.supernet).states.size > 0 });
  const rng = stream(config.seed, 'halving');
  const candidates = new Map<string, string>();
  for (let draw = 0; candidates.size < count && draw < 100 * count; draw++) {
    const architecture = space.sample(rng);
    const hash = space.canonicalHash(architecture);
    if (!candidates.has(hash)) candidates.set(hash, space.encode(architecture));
  }
  const rungs = rungsOf({ candidates: candidates.size, factor, epochs: first });
  output.say(`${show(folder)} · backend ${backend} · ${rungs.map((rung) => `${rung.candidates} × ${rung.epochs} epochs`).join(', ')}`);

  const kept = join(folder, 'trainings.json');
  const known = (existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {}) as Record<string, number>;
  const byLoss = parts.data.task.kind === 'language';
  // One after the other here: the promise of the one before is waited for.
  let last: Promise<unknown> = Promise.resolve();
  const evaluate = (architecture: string, epochs: number): Promise<number> => {
    const key = `${epochs} ${architecture}`;
    const score = last.then(async () => {
      if (known[key] === undefined) {
        output.status([`training ${architecture} for ${epochs} epochs`]);
        const { accuracy, loss } = trainAlone(space, space.decode(architecture), config, data, { epochs });
        known[key] = byLoss ? -loss : accuracy;
        writeFileAtomic(kept, `${JSON.stringify(known, null, 2)}\n`);
        await breathe();
      }
      output.emit({ type: 'trained', architecture, epochs, score: known[key] });
      return known[key];
    });
    last = score;
    return score;
  };
  const results = await successiveHalving([...candidates.values()], { factor, epochs: first }, evaluate, ({ epochs, ranking }) => {
    output.status([]);
    output.emit({ type: 'rung', epochs, ranking });
    output.say(`${epochs} epochs: best of ${ranking.length} ${byLoss ? `loss ${(-ranking[0]!.score).toFixed(4)}` : `${(100 * ranking[0]!.score).toFixed(2)} %`} on the validation part  ${ranking[0]!.architecture}`);
  });
  writeFileAtomic(join(folder, 'halving.json'), `${JSON.stringify({ seed: config.seed, backend, factor, rungs: results }, null, 2)}\n`);
  output.say(`wrote ${show(join(folder, 'halving.json'))}`);
  output.say(`next  weft train ${results.at(-1)!.ranking[0]!.architecture}${options.recipe === undefined ? '' : ` --recipe ${options.recipe}`}`);
}
