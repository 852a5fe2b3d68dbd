/** `weft derive`: repeats the final choice from the last checkpoint of a run, with different settings. */
import { ownValue } from '../../errors.js';
import { deriveRun, type DeriveOutcome } from '../../api/derive.js';
import { runArguments } from '../../api/hints.js';
import { shown } from '../../api/pick-networks.js';
import { type TrustOptions } from '../../api/trust.js';
import { sayChanges } from '../../runs/index.js';
import { type Cost, COSTS } from '../../config/costs.js';
import { executing, type ExecutorOptions } from '../executor.js';
import { createOutput, type Output } from '../output.js';
import { sayRetrained } from './parallel-runs.js';

export interface DeriveCommandOptions extends ExecutorOptions, TrustOptions {
  data?: string;
  candidates?: number;
  batches?: number;
  top: number;
  retrainTop?: number;
  pick?: string;
  latencyTable?: string;
  energyTable?: string;
  energyColumn?: string;
  allowChangedEnvironment?: boolean;
  json?: boolean;
}

/** Evaluates fresh candidates with the run's shared weights and prints the best; the run itself is not changed. */
export async function derive(
  directory: string,
  { top, json, executor, queue, workers, results, ...options }: DeriveCommandOptions,
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { retrainTop, threads } = options;
  const jobs = { ...(executor && { executor }), ...(queue !== undefined && { queue }), results };
  const { retrained } = await deriveRun(directory, {
    ...options,
    withExecutor: executing(
      { ...jobs, ...(workers !== undefined && { workers }), ...(threads !== undefined && { threads }) },
      output,
    ),
    onChanges(changes) {
      output.emit({ type: 'environment-changed', changes });
      output.say(`evaluated under different conditions from the search: ${sayChanges(changes)}`);
    },
    onProgress: (done, total) => output.status([`evaluating candidate ${done}/${total}`]),
    onRanking(outcome) {
      output.status([]);
      sayRanking(outcome, Math.max(top, retrainTop ?? 0), output);
      if (retrainTop === undefined) output.say(`next  weft train ARCHITECTURE --run ${runArguments(outcome.run)}`);
    },
  });
  if (retrained) sayRetrained(retrained, results, output);
}

function sayRanking({ measure, ranking }: DeriveOutcome, top: number, output: Output): void {
  ranking.slice(0, top).forEach(({ costs, ...one }, i) => {
    output.emit({ type: 'candidate', place: i + 1, ...one, ...(costs && { costs }) });
    const quality =
      measure === 'loss' ? `loss ${one.loss.toFixed(4)}` : `${(100 * (one[measure] ?? NaN)).toFixed(2)} %`;
    output.say(`${String(i + 1).padStart(2)}. ${quality}  ${one.architecture}${saidCosts(costs)}`);
  });
}

function saidCosts(costs: Readonly<Record<string, number>> | undefined): string {
  if (!costs) return '';
  const words = Object.entries(costs).map(([name, value]) => {
    const unit = ownValue<Cost>(COSTS, name)?.unit;
    return `${name} ${shown(value)}${unit ? ` ${unit}` : ''}`;
  });
  return `  (${words.join(', ')})`;
}
