/** `weft halve`: successive halving of candidates that are trained alone, without shared weights. */
import { basename } from 'node:path';
import { runHalving } from '../../api/halve.js';
import { type Hyperparameters } from '../../search/hyperparameters/index.js';
import { executing, type ExecutorOptions } from '../executor.js';
import { createOutput, show } from '../output.js';
import { type SearchOptions, writtenConfig } from './search.js';

export interface HalveOptions extends SearchOptions, ExecutorOptions {
  results: string;
  candidates: number;
  factor: number;
  first: number;
  rounds?: number;
  out?: string;
}

/** Draws candidates, halves them, and names the winner; the trainings of a rung are jobs, and what is trained is not trained again. */
export async function halve(options: HalveOptions): Promise<void> {
  const output = createOutput(options);
  const { candidates, factor, first, rounds, out, runs, threads, recipe } = options;
  const outcome = await runHalving({
    ...{ candidates, factor, first, rounds, out, runs, threads },
    config: writtenConfig(options),
    withExecutor: executing(options, output),
    onStart: (folder, backend, rungs) =>
      output.say(
        `${show(folder)} · backend ${backend} · ${rungs.map((rung) => `${rung.candidates} × ${rung.epochs} epochs`).join(', ')}`,
      ),
    onWarning: (message) => output.say(`warning: ${message}`),
    onRung({ epochs, ranking }, measure) {
      output.emit({ type: 'rung', epochs, ranking });
      const { score, architecture, hyperparameters } = ranking[0]!;
      const best = measure === 'loss' ? `loss ${(-score).toFixed(4)}` : `${(100 * score).toFixed(2)} %`;
      output.say(
        `${epochs} epochs: best of ${ranking.length} ${best} on the validation part  ${architecture}${inWords(hyperparameters)}`,
      );
    },
  });
  if (!outcome) return;
  const { file, winner, configuration } = outcome;
  output.say(`wrote ${show(file)}${configuration === undefined ? '' : `, ${basename(configuration)}`}`);
  const settings =
    configuration !== undefined
      ? ` --config ${show(configuration)}`
      : recipe === undefined
        ? ''
        : ` --recipe ${recipe}`;
  output.say(`next  weft train ${winner}${settings}`);
}

/** Hyper-parameters after what they belong to. */
const inWords = (values: Hyperparameters = {}): string =>
  Object.entries(values)
    .map(([path, value]) => `  ${path} ${value}`)
    .join('');
