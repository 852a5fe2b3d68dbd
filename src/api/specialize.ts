/** Networks for several budgets from one elastic supernet, without training. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { whiteOf } from '../data/index.js';
import { WeftError } from '../errors.js';
import { exportModel } from '../export/index.js';
import { multiplyAddCount, parameterCount, weightBytes } from '../graph/index.js';
import { type SpecializedRow, specializedPage, toCsv } from '../report/index.js';
import {
  makeFolder,
  packageVersion,
  sealJson,
  stopwatch,
  toJson,
  writeFileAtomic,
  writeFolderAtomic,
} from '../runs/index.js';
import { costNames } from '../config/costs.js';
import { parsePick } from '../search/pick.js';
import { type Budget, modelOf, specialize, type Specialized } from '../search/specialize.js';
import { type SearchSession } from '../search/session.js';
import { median, pairedShareDifference, wilsonInterval } from '../statistics/index.js';
import { tf, tidy } from '../tensor/tf.js';
import { withBatch } from '../training/batch.js';
import { FINAL_EVALUATION, requireAccuracy } from '../training/evaluate.js';
import { loadRecordedParts, openRecorded } from './recorded-run.js';
import { openSession, type SessionOptions } from './session.js';

export interface SpecializeRunOptions extends SessionOptions {
  /** One network each, as values or as text such as `parameters<=2k,multiplyAdds<=50k`. */
  readonly budgets: readonly Budget[] | string;
  /** Population size of the evolution. Default 24. */
  readonly population?: number | undefined;
  /** Number of generations after the first. Default 8. */
  readonly generations?: number | undefined;
  /** Predictor that chooses which networks to evaluate, for example `ridge`. Default none. */
  readonly predictor?: string | undefined;
  /** Epochs of further training for each network alone, with the run's `retrain` settings. Default 0. */
  readonly fineTune?: number | undefined;
  /** The folder; `RUN/specialized` by default. */
  readonly out?: string | undefined;
  /** Called with a file format that cannot hold a network, and the reason. */
  readonly onLeftOut?: ((file: string, reason: WeftError) => void) | undefined;
  /** Called for each network evaluated with the shared weights. */
  readonly onEvaluated?: ((done: number) => void) | undefined;
}

export interface SpecializedOutcome {
  /** Contains a page, a table, and a folder for each network in the format of `exportRun`. */
  readonly folder: string;
  /** In the order of the budgets. */
  readonly networks: readonly SpecializedRow[];
}

/** See `specializeRun` in index.ts. */
export async function specializeRun(directory: string, options: SpecializeRunOptions): Promise<SpecializedOutcome> {
  const asked = typeof options.budgets === 'string' ? parseBudgets(options.budgets) : options.budgets;
  const recorded = openRecorded(directory, options);
  const folder = resolve(options.out ?? join(recorded.run.path, 'specialized'));
  // A budget that is given twice counts once.
  const byName = new Map(asked.map((budget) => [`${budget.cost}-${budget.limit}`, budget]));
  const [names, budgets] = [[...byName.keys()], [...byName.values()]];
  const taken = options.out !== undefined && existsSync(folder) && !existsSync(join(folder, 'specialized.json'));
  if (taken) throw new WeftError('export', `${folder} exists already`, 'choose a new folder with --out');
  const made = makeFolder(folder);
  let opened: SearchSession | undefined;
  let networks: Specialized[] = [];
  try {
    const parts = await loadRecordedParts(recorded, options);
    const session = (opened = await openSession(recorded, parts, options));
    const { population, generations, predictor, fineTune, onEvaluated, onLeftOut } = options;
    networks = specialize(session, budgets, {
      ...(population !== undefined && { population }),
      ...(generations !== undefined && { generations }),
      predictor,
      ...(fineTune !== undefined && { fineTune }),
      ...(onEvaluated && { onEvaluated }),
    });
    const milliseconds = millisecondsOf(networks, session);
    const rows = withGains(
      networks.map((network, i) => rowOf(names[i]!, network, milliseconds.get(network.architecture)!)),
      networks,
    );
    for (const [i, network] of networks.entries()) {
      const { name, parameters, accuracy, loss } = rows[i]!;
      const { source, charset } = parts.config.data;
      const model = modelOf(session, parts.data.card, network);
      const files = await exportModel(model, {
        largestPixel: whiteOf(source, model.normalization),
        record: parts.data.record,
        charset,
        ...(onLeftOut && { onLeftOut }),
        results: { seed: parts.config.seed, parameters, test: { accuracy, loss } },
      });
      writeFolderAtomic(join(folder, name), files);
    }
    writeFileAtomic(
      join(folder, 'specialized.json'),
      sealJson(toJson({ formatVersion: 1, space: session.space.name, fineTune: fineTune ?? 0, networks: rows }), 2),
    );
    writeFileAtomic(join(folder, 'specialized.csv'), toCsv([HEAD, ...rows.map(cells)]));
    writeFileAtomic(
      join(folder, 'index.html'),
      specializedPage(session.space.name, rows, { version: packageVersion, fineTune: fineTune ?? 0 }),
    );
    return { folder, networks: rows };
  } catch (error) {
    made.undo();
    throw error;
  } finally {
    networks.forEach(({ store }) => store.dispose());
    opened?.dispose();
  }
}

/**
 * Parses `parameters<=2k,multiplyAdds<=50k`; throws WeftError('config') naming a term that is not an upper bound on a
 * cost.
 */
export function parseBudgets(text: string): Budget[] {
  return parsePick(text).map(({ name, text: part, comparison, limit }) => {
    const cost = costNames.find((one) => one === name);
    if (!cost || comparison !== '<=')
      throw new WeftError(
        'config',
        `'${part}' is not a budget`,
        `write the largest cost of a network, for example parameters<=2k; costs are ${costNames.join(', ')}`,
      );
    return { cost, limit };
  });
}

const HEAD = [
  'name',
  'cost',
  'limit',
  'architecture',
  'parameters',
  'multiplyAdds',
  'bytes',
  'milliseconds',
  'accuracy',
  'loss',
  'low',
  'high',
  'difference',
  'differenceLow',
  'differenceHigh',
];

const cells = ({ name, budget, ...row }: SpecializedRow): (string | number)[] => [
  name,
  budget.cost,
  budget.limit,
  row.architecture,
  row.parameters,
  row.multiplyAdds,
  row.bytes,
  row.milliseconds,
  row.accuracy,
  row.loss,
  ...(row.interval ?? ['', '']),
  ...(row.gain ? [row.gain.difference, ...row.gain.interval] : ['', '', '']),
];

function rowOf(
  name: string,
  { budget, architecture, child, test, right }: Specialized,
  milliseconds: number,
): SpecializedRow {
  const accuracy = requireAccuracy(test);
  return {
    name,
    budget,
    architecture,
    parameters: parameterCount(child.nodes),
    multiplyAdds: multiplyAddCount(child.nodes),
    bytes: weightBytes(child.nodes),
    milliseconds,
    accuracy,
    loss: test.loss,
    ...(right && { count: right.length, interval: wilsonInterval(accuracy, right.length) }),
  };
}

/**
 * Adds to each its gain over the largest network with fewer parameters, from the examples that exactly one of them
 * classifies correctly.
 */
function withGains(rows: readonly SpecializedRow[], networks: readonly Specialized[]): SpecializedRow[] {
  return rows.map((row, i) => {
    const smaller = rows
      .map((other, j) => ({ other, right: networks[j]!.right }))
      .filter(({ other }) => other.parameters < row.parameters)
      .sort((a, b) => b.other.parameters - a.other.parameters)[0];
    const { right } = networks[i]!;
    if (!smaller?.right || !right) return row;
    const onlyThis = right.filter((isRight, k) => isRight && !smaller.right![k]).length;
    const onlyOther = right.filter((isRight, k) => !isRight && smaller.right![k]).length;
    return { ...row, gain: { over: smaller.other.name, ...pairedShareDifference(onlyThis, onlyOther, right.length) } };
  });
}

/** Number of timed runs, after as many warm-up runs. */
const TIMED = 15;

/**
 * Median time in milliseconds of one example, until its logits are available to the program, of each different network
 * by its architecture. They take turns, so that what else the machine does slows all of them.
 */
function millisecondsOf(networks: readonly Specialized[], { data }: SearchSession): ReadonlyMap<string, number> {
  const different = [...new Map(networks.map((network) => [network.architecture, network])).values()];
  const times = different.map((): number[] => []);
  withBatch(data.test, 0, 0, ({ inputs }) =>
    tidy(() => {
      const one = tf.slice(
        inputs,
        inputs.shape.map(() => 0),
        [1, ...inputs.shape.slice(1)],
      );
      for (let turn = 0; turn < 2 * TIMED; turn++)
        different.forEach(({ child, store }, i) => {
          const watch = stopwatch(0);
          tidy(() => child.forward(store.parameters, store.statistics, one, FINAL_EVALUATION).dataSync());
          times[i]!.push(1000 * watch.elapsed());
        });
    }),
  );
  return new Map(different.map(({ architecture }, i) => [architecture, median(times[i]!.slice(TIMED))]));
}
