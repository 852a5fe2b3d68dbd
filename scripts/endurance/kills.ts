/**
 * A real search that is killed with SIGKILL at random moments and resumed ends with the same bytes as an uninterrupted
 * one.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopwatch } from '../../src/runs/index.js';
import { type Rng, stream } from '../../src/tensor/rng.js';
import { startWeft, TINY, weft } from '../../test/search/weft.js';
import { type Tally } from '../endurance.js';

/** Maximum number of kills before a search is allowed to finish. */
const KILLS_A_SEARCH = 10;
/** Concurrent campaigns, each with one thread. */
const LANES = 2;
/** Seconds after which no further kill is started. */
const AT_MOST_SECONDS = 3600;

interface Count {
  kills: number;
  /** Kills before a run directory existed. */
  early: number;
  searches: number;
  different: number;
}

export async function kills(count: number): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-kills-'));
  try {
    const watch = stopwatch();
    const whole = await weft(begin(join(folder, 'whole')), ONE_THREAD);
    if (whole.code !== 0) throw new Error(whole.stderr);
    const length = watch.elapsed();
    const reference = contentsOf(runIn(join(folder, 'whole'))!);
    const lanes = await Promise.all(
      Array.from({ length: LANES }, (_, lane) =>
        campaign(join(folder, `lane${lane}`), Math.ceil((count - lane) / LANES), {
          reference,
          length,
          rng: stream(1, 'kill campaign', lane),
          late: () => watch.elapsed() > AT_MOST_SECONDS,
        }),
      ),
    );
    const sum = (of: keyof Count): number => lanes.reduce((total, lane) => total + lane[of], 0);
    return {
      passed: sum('different') === 0 && sum('kills') >= count,
      counts: {
        kills: sum('kills'),
        'of them before there was a run directory': sum('early'),
        searches: sum('searches'),
        'searches that ended with other bytes': sum('different'),
        'seconds of one search': +length.toFixed(1),
        'seconds of all': Math.round(watch.elapsed()),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ONE_THREAD = { env: { WEFT_THREADS: '1' } };
const begin = (runs: string): string[] => ['search', ...TINY, '--seed', '5', '--runs', runs];

interface Campaign {
  readonly reference: string;
  /** Duration of a search in seconds: kills fall anywhere within it. */
  readonly length: number;
  readonly rng: Rng;
  late(): boolean;
}

/** Searches until so many kills have met one that was running. */
async function campaign(folder: string, count: number, { reference, length, rng, late }: Campaign): Promise<Count> {
  const done: Count = { kills: 0, early: 0, searches: 0, different: 0 };
  while (done.kills < count && !late()) {
    const runs = join(folder, String(done.searches++));
    for (let kill = 0; kill < KILLS_A_SEARCH && done.kills < count && !late(); kill++) {
      const run = runIn(runs);
      const next = startWeft(run === undefined ? begin(runs) : ['resume', run], ONE_THREAD);
      const timer = setTimeout(() => next.process.kill('SIGKILL'), 1000 * length * rng.uniform());
      const { signal } = await next.finished;
      clearTimeout(timer);
      if (signal !== 'SIGKILL') break; // it had already finished
      done.kills++;
      if (runIn(runs) === undefined) done.early++;
    }
    const run = runIn(runs);
    const { code, stderr } = await weft(run === undefined ? begin(runs) : ['resume', run], ONE_THREAD);
    if (code !== 0 || contentsOf(runIn(runs)!) !== reference) {
      done.different++;
      console.error(`${runs} ended with ${code} and other bytes\n${stderr}`);
    }
    rmSync(runs, { recursive: true });
  }
  return done;
}

/** The run directory that a search has finished to make. */
function runIn(runs: string): string | undefined {
  const names = existsSync(runs)
    ? readdirSync(runs).filter((name) => existsSync(join(runs, name, 'manifest.json')))
    : [];
  return names.length > 0 ? join(runs, names.at(-1)!) : undefined;
}

function contentsOf(run: string): string {
  const {
    elapsedSeconds: _,
    peakMemoryMB: __,
    ...results
  } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as Record<string, unknown>;
  return [
    JSON.stringify(results),
    readFileSync(join(run, 'model.safetensors'), 'latin1'),
    readFileSync(join(run, 'events.jsonl'), 'utf8'),
  ].join('\n');
}
