/** `weft halve`: successive halving of candidates that are trained alone, without shared weights. */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { type HalvingOutcome, type HalvingRequest, runHalving } from '../../api/halve.js';
import { shellWord } from '../../printable.js';
import { WeftError } from '../../errors.js';
import { type Hyperparameters } from '../../search/hyperparameters/index.js';
import { plural } from '../../report/format.js';
import { executing, type ExecutorOptions } from '../executor.js';
import { createOutput, type Output, show } from '../output.js';
import { sayRetrained } from './parallel-runs.js';
import { type SearchOptions, writtenConfig } from './search.js';

export interface HalveOptions extends SearchOptions, ExecutorOptions {
  results: string;
  candidates: number;
  factor: number;
  first: number;
  rounds?: number;
  out?: string;
  asha?: boolean;
  longest?: number;
  parallel?: number;
  brackets?: number;
  order?: 'last' | 'curve';
  stopBelow?: number;
  pick?: string;
  latencyTable?: string;
  retrainTop?: number;
}

/**
 * Draws candidates, halves them, and names the winner; the trainings of a rung are jobs, and finished ones are not
 * repeated.
 */
export async function halve(options: HalveOptions): Promise<void> {
  const output = createOutput(options);
  const { candidates, factor, first, rounds, out, runs, threads, pick, latencyTable, retrainTop, results } = options;
  const outcome = await runHalving({
    ...{ candidates, factor, first, rounds, out, runs, threads, pick, latencyTable, retrainTop },
    asynchronous: asynchronousOf(options),
    config: writtenConfig({ ...options, ...proposing(options) }),
    followData: true,
    withExecutor: executing(options, output),
    onStart(folder, backend, rungs, account) {
      output.say(
        `${show(folder)} · backend ${backend} · ${rungs.map((rung) => `${rung.candidates} × ${rung.epochs} epochs`).join(', ')}`,
      );
      for (const line of account) output.say(`  ${line}`);
    },
    onWarning: (message) => output.say(`warning: ${message}`),
    onRung({ epochs, ranking }, measure) {
      output.emit({ type: 'rung', epochs, ranking });
      const { score, architecture, hyperparameters } = ranking[0]!;
      const best = measure === 'loss' ? `loss ${(-score).toFixed(4)}` : `${(100 * score).toFixed(2)} %`;
      output.say(
        `${plural(epochs, 'epoch')}: best of ${ranking.length} ${best} on the validation part  ${architecture}${inWords(hyperparameters)}`,
      );
    },
    onRanking: (outcome) => sayFound(outcome, options, output),
  });
  if (outcome?.retrained) sayRetrained(outcome.retrained, results, output);
}

function sayFound(outcome: HalvingOutcome, options: HalveOptions, output: Output): void {
  for (const { architecture, hyperparameters, rung, chance } of outcome.stopped ?? [])
    output.say(
      `stopped after rung ${rung + 1} with a chance of ${chance.toPrecision(2)}  ${architecture}${inWords(hyperparameters)}`,
    );
  const { file, winner, configuration, report, ranking } = outcome;
  if (options.pick !== undefined)
    output.say(`${plural(ranking.length, 'candidate')} within ${options.pick}, the best  ${winner}`);
  output.say(`wrote ${show(file)}${configuration === undefined ? '' : `, ${basename(configuration)}`}`);
  output.say(`open  ${show(report)}`);
  if (options.retrainTop !== undefined) return;
  const settings = configuration === undefined ? settingsOf(options) : ` --config ${shellWord(show(configuration))}`;
  output.say(`next  weft train ${winner}${settings}`);
}

/** The options of this command that its winner is trained with, as they were typed. */
function settingsOf({ recipe, config, space, data, set }: HalveOptions): string {
  const given = Object.entries({
    recipe,
    config: config === undefined ? undefined : show(config),
    space,
    data: data === undefined ? undefined : show(data),
  });
  return [
    ...given.map(([option, value]) => (value === undefined ? '' : ` --${option} ${shellWord(value)}`)),
    ...(set?.length ? [` --set ${set.map(shellWord).join(' ')}`] : []),
  ].join('');
}

/** A recipe's strategy is meant for shared weights, and learns too slowly from a few dozen trainings. */
const proposing = ({ controller, rounds, recipe }: HalveOptions): { controller?: string } =>
  controller === undefined && rounds !== undefined && recipe !== undefined ? { controller: 'predictor-guided' } : {};

/** Hyper-parameters, named after the setting they belong to. */
const inWords = (values: Hyperparameters = {}): string =>
  Object.entries(values)
    .map(([path, value]) => `  ${path} ${value}`)
    .join('');

/** The options for asynchronous promotion; throws WeftError('config') for such an option without `--asha`. */
function asynchronousOf({ asha, workers, ...options }: HalveOptions): HalvingRequest['asynchronous'] {
  const { longest, brackets, order, stopBelow, parallel } = options;
  if (asha)
    return {
      ...{ longest, brackets, order, stopBelow },
      parallel: parallel ?? (workers || availableParallelism()),
    };
  const stray = Object.entries({ longest, parallel, brackets, order, 'stop-below': stopBelow }).find(
    ([, value]) => value !== undefined,
  );
  if (stray)
    throw new WeftError('config', `--${stray[0]} is only for asynchronous halving`, 'add --asha, or leave it out');
  return undefined;
}
