/**
 * `weft rank`: how well shared weights reproduce the ranking of networks trained alone, or of a table of training
 * results.
 */
import { rankRun, type RankOutcome } from '../../api/rank.js';
import { type ProxyChoice } from '../../api/rank-proxies.js';
import { rankRunByTable } from '../../api/rank-truth.js';
import { type TrustOptions } from '../../api/trust.js';
import { WeftError } from '../../errors.js';
import { type Measure } from '../../ranking/index.js';
import { sayChanges } from '../../runs/index.js';
import { executing, type ExecutorOptions } from '../executor.js';
import { createOutput, type Output, show } from '../output.js';
import { parseSeeds } from './parallel-runs.js';
import { sayRankers } from './rankers.js';

export interface RankCommandOptions extends ExecutorOptions, TrustOptions {
  readonly data?: string;
  readonly architectures: number;
  readonly seeds?: string;
  readonly epochs?: number;
  readonly batches?: number;
  /** Files of a table with the scores of networks, used instead of training them. */
  readonly truth?: readonly string[];
  /** The column of the table used as ground truth. */
  readonly column?: string;
  /** Proxies compared with the shared weights: all, none, or names and files separated by commas. */
  readonly proxies?: string;
  readonly json?: boolean;
}

/** Trains and compares, or compares with a table; writes RUN/rank/ and updates the run's report. */
export async function rank(directory: string, options: RankCommandOptions): Promise<void> {
  const { architectures, epochs, batches, threads, trust, file, data, truth, column, seeds, proxies } = options;
  if (truth === undefined && column !== undefined)
    throw new WeftError(
      'config',
      '--column names a column of a table, but no table is given',
      'name the table: --truth FILE',
    );
  const output = createOutput(options);
  const common = {
    ...{ architectures, batches, trust, file, data },
    proxies: parseProxies(proxies),
    onScored(scored: number, total: number) {
      output.status([`scoring architecture ${scored}/${total} without training`]);
      if (scored === total) output.status([]);
    },
    onChanges: (changes: Parameters<typeof sayChanges>[0]) =>
      output.say(`evaluated under different conditions from the search: ${sayChanges(changes)}`),
    onProgress(evaluated: number, total: number) {
      output.status([`evaluating architecture ${evaluated}/${total} with shared weights`]);
      if (evaluated === total) output.status([]);
    },
  };
  if (truth !== undefined) {
    const outcome = await rankRunByTable(directory, { ...common, truth, column });
    sayRankers(outcome.rankers, outcome.column, output);
    output.say(`wrote ${show(outcome.file)} and ${show(outcome.report)}`);
    return;
  }
  const outcome = await rankRun(directory, {
    ...common,
    epochs,
    threads,
    seeds: seeds === undefined ? undefined : parseSeeds(seeds),
    withExecutor: executing(options, output),
    onEvaluated(count) {
      if (count < architectures) output.say(`the space gave only ${count} different networks`);
    },
  });
  if (!outcome) return;
  const { rankers, file: record, report } = outcome;
  sayRanking(outcome, output);
  sayRankers(rankers, 'training each separately', output);
  output.say(`wrote ${show(record)}, its tables as CSV, and ${show(report)}`);
}

/** All, none, or names and files separated by commas. */
function parseProxies(text: string | undefined): ProxyChoice | undefined {
  return text === 'all' || text === 'none' ? text : text?.split(',').map((name) => name.trim());
}

function sayRanking({ record, analysis }: RankOutcome, output: Output): void {
  const { byMeasure, byLoss, reliability, verdict } = analysis;
  output.emit({
    type: 'ranking',
    verdict,
    architectures: byMeasure.count,
    tau: byMeasure.tau,
    tauByLoss: byLoss.tau,
    spearman: byMeasure.spearman,
    choices: byMeasure.choices,
    reliability,
  });
  output.say(verdict);
  const line = (name: string, { value, interval }: Partial<Measure> & Pick<Measure, 'value'>): void =>
    output.say(
      `  ${name.padEnd(34)} ${value.toFixed(3)}${interval ? `  (${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})` : ''}`,
    );
  line('Kendall tau-b', byMeasure.tau);
  if (record.measure === 'accuracy') line('Kendall tau-b, by shared loss', byLoss.tau);
  line('Spearman rho', byMeasure.spearman);
  for (const { share, precisionTop, precisionBottom, intervals } of byMeasure.choices) {
    line(`P@top ${share}`, { value: precisionTop, interval: intervals.precisionTop });
    line(`P@bottom ${share}`, { value: precisionBottom, interval: intervals.precisionBottom });
  }
  if (reliability !== undefined)
    output.say(`  separate training agrees with itself between seeds: tau ${reliability.toFixed(3)}`);
}
