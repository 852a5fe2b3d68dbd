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

const CONFIG: SearchConfigInput = {
  backend: 'cpu',
  space: { depth: 1, widths: [2, 3] },
  search: { epochs: 2, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  derive: { candidates: 2, random: 0, batchSize: 8 },
  retrain: { epochs: 2, batchSize: 16 },
  checkpoint: { everySeconds: 1e-6 },
};

/** The run's directory, in `folder/runs`. */
export async function tinyRun(
  folder: string,
  { seed = 3, data = tinyTable(join(folder, 'data.csv')), units = Infinity, sampling, onBadFile }: TinyRunOptions = {},
): Promise<string> {
  let done = 0;
  const { run } = await runSearch({
    space: mlp,
    controller: random,
    config: { ...CONFIG, seed, data: { source: data, ...(sampling && { sampling }), ...(onBadFile && { onBadFile }) } },
    runs: join(folder, 'runs'),
    shouldStop: () => ++done >= units,
  });
  return run;
}
