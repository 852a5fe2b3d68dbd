/** A real search, killed with SIGKILL at random moments and resumed, ends with the bytes of one that never was. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopwatch } from '../../src/runs/index.js';
import { stream } from '../../src/tensor/rng.js';
import { startWeft, TINY, weft } from '../../test/search/weft.js';
import { type Tally } from '../endurance.js';

/** So many kills at most before a search is let go to its end. */
const KILLS_A_SEARCH = 10;

export async function kills(count: number): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-kills-'));
  const rng = stream(1, 'kill campaign');
  try {
    const watch = stopwatch();
    const begin = (runs: string): string[] => ['search', ...TINY, '--seed', '5', '--runs', join(folder, runs)];
    const whole = await weft(begin('whole'));
    if (whole.code !== 0) throw new Error(whole.stderr);
    const length = watch.elapsed();
    const reference = contentsOf(runIn(join(folder, 'whole'))!);
    let killed = 0;
    let early = 0;
    let searches = 0;
    let different = 0;
    while (killed < count) {
      const runs = `killed${searches++}`;
      for (let kill = 0; kill < KILLS_A_SEARCH && killed < count; kill++) {
        const run = runIn(join(folder, runs));
        const next = startWeft(run === undefined ? begin(runs) : ['resume', run]);
        const timer = setTimeout(() => next.process.kill('SIGKILL'), 1000 * length * rng.uniform());
        const { signal } = await next.finished;
        clearTimeout(timer);
        if (signal !== 'SIGKILL') break; // it had come to its end
        killed++;
        if (runIn(join(folder, runs)) === undefined) early++;
      }
      const run = runIn(join(folder, runs));
      const { code, stderr } = await weft(run === undefined ? begin(runs) : ['resume', run]);
      if (code !== 0 || contentsOf(runIn(join(folder, runs))!) !== reference) {
        different++;
        console.error(`search ${searches} ended with ${code} and other bytes\n${stderr}`);
      }
      rmSync(join(folder, runs), { recursive: true });
    }
    return { passed: different === 0, counts: { kills: killed, 'of them before there was a run directory': early, searches, 'searches that ended with other bytes': different, 'seconds of one search': Math.round(length) } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The run directory that a search has finished to make. */
function runIn(runs: string): string | undefined {
  const names = existsSync(runs) ? readdirSync(runs).filter((name) => existsSync(join(runs, name, 'manifest.json'))) : [];
  return names.length > 0 ? join(runs, names.at(-1)!) : undefined;
}

function contentsOf(run: string): string {
  const { elapsedSeconds: _, peakMemoryMB: __, ...results } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as Record<string, unknown>;
  return [JSON.stringify(results), readFileSync(join(run, 'model.safetensors'), 'latin1'), readFileSync(join(run, 'events.jsonl'), 'utf8')].join('\n');
}
