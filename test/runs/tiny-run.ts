/** A run that takes a fraction of a second, on a table of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { runSearch, type SearchConfigInput } from '../../src/index.js';

export interface TinyRunOptions {
  readonly seed?: number;
  /** Where the data lies; by default a table is written to `data.csv`. */
  readonly data?: string;
  /** How its training batches are drawn. */
  readonly sampling?: 'plain' | 'balanced';
  /** What becomes of files of the data that cannot be read. */
  readonly onBadFile?: 'error' | 'skip';
  /** Units of work after which it is stopped; it goes to its end by default. */
  readonly units?: number;
}

/** Sixty rows of two numbers, each class around a place of its own; `more` rows follow. */
export function tinyTable(path: string, more = 0, classes: readonly [string, string] = ['even', 'odd']): string {
  const rows = Array.from({ length: 60 + more }, (_, i) => {
    const noise = ((37 * i) % 101) / 101;
    return `${(noise + (i % 2)).toFixed(3)},${(noise * noise - (i % 2)).toFixed(3)},${classes[i % 2]}`;
  });
  writeFileSync(path, `x,y,class\n${rows.join('\n')}\n`);
  return path;
}

/** The configuration of a tiny run, apart from its data. */
export const TINY_CONFIG: SearchConfigInput = {
  backend: 'cpu',
  space: { depth: 1, widths: [2, 3] },
  search: { epochs: 2, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  derive: { candidates: 2, random: 0, batchSize: 8 },
  retrain: { epochs: 2, batchSize: 16 },
  checkpoint: { everySeconds: 1e-6 },
};

/** A search of one epoch on digits. */
export const ONE_EPOCH: SearchConfigInput = {
  backend: 'cpu',
  data: { source: 'digits', subset: { train: 100 } },
  space: { depth: 1, widths: [4] },
  search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0 },
  derive: { candidates: 2, random: 2 },
  retrain: { epochs: 1 },
};

/** Runs a search in `mlp` that samples at random, for so many units of work; its directory in `runs`. */
export async function runFor(units: number, runs: string, config: SearchConfigInput): Promise<string> {
  let done = 0;
  const { run } = await runSearch({
    space: mlp,
    controller: random,
    config: { backend: 'cpu', ...config },
    runs,
    shouldStop: () => ++done >= units,
  });
  return run;
}

/** The network that a few epochs train on a table or on images in the folder; its run. */
export const trainedOn = (
  folder: string,
  data: NonNullable<SearchConfigInput['data']>,
  retrainEpochs: number,
  width = 8,
): Promise<string> =>
  runFor(Infinity, join(folder, 'runs'), {
    seed: 1,
    data,
    space: { depth: 1, widths: [width] },
    search: { epochs: 1, rounds: 0, probe: 0, batchSize: 16 },
    derive: { candidates: 1, random: 0, batchSize: width },
    retrain: { epochs: retrainEpochs, batchSize: 8 },
  });

/** The run's directory, in `folder/runs`. */
export async function tinyRun(
  folder: string,
  { seed = 3, data = tinyTable(join(folder, 'data.csv')), units = Infinity, sampling, onBadFile }: TinyRunOptions = {},
): Promise<string> {
  return runFor(units, join(folder, 'runs'), {
    ...TINY_CONFIG,
    seed,
    data: { source: data, ...(sampling && { sampling }), ...(onBadFile && { onBadFile }) },
  });
}
