/** `weft specialize`: networks for several budgets from one elastic supernet, without training. */
import { join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { whiteOf } from '../../data/index.js';
import { WeftError } from '../../errors.js';
import { exportModel } from '../../export/index.js';
import { multiplyAddCount, parameterCount } from '../../graph/index.js';
import { type SpecializedRow, specializedPage, toCsv } from '../../report/index.js';
import {
  makeFolder,
  packageVersion,
  refuseChanges,
  sayChanges,
  sealJson,
  toJson,
  writeFileAtomic,
  writeFolderAtomic,
} from '../../runs/index.js';
import { costNames } from '../../search/costs.js';
import { parsePick } from '../../search/pick.js';
import { type Budget, modelOf, specialize, type Specialized } from '../../search/specialize.js';
import { createOutput, show } from '../output.js';
import { loadRecordedParts, openRecorded, type RecordedOptions } from '../../api/recorded-run.js';
import { openSession } from './derive.js';

export interface SpecializeRunOptions extends RecordedOptions {
  readonly budgets: string;
  readonly population: number;
  readonly generations: number;
  readonly out?: string;
  readonly allowChangedEnvironment?: boolean;
  readonly json?: boolean;
}

/** Writes each network as `weft export` does, and a page of them all, to RUN/specialized; the run itself is not changed. */
export async function specializeRun(directory: string, options: SpecializeRunOptions): Promise<void> {
  const output = createOutput(options);
  const budgets = parseBudgets(options.budgets);
  const recorded = openRecorded(directory, options);
  const { run } = recorded;
  const folder = resolve(options.out ?? join(run.path, 'specialized'));
  const names = budgets.map(({ cost, limit }) => `${cost}-${limit}`);
  const taken = options.out !== undefined && existsSync(folder) && !existsSync(join(folder, 'specialized.json'));
  if (taken) throw new WeftError('export', `${folder} exists already`, 'choose a new folder with --out');
  const parts = await loadRecordedParts(recorded, options);
  const session = await openSession(recorded, parts, (changes) => {
    if (!options.allowChangedEnvironment) refuseChanges(run.path, changes);
    output.emit({ type: 'environment-changed', changes });
    output.say(`judged under other conditions than the search: ${sayChanges(changes)}`);
  });
  let networks: Specialized[] = [];
  try {
    const { population, generations } = options;
    networks = specialize(session, budgets, {
      population,
      generations,
      onJudged: (judged) => output.status([`judging network ${judged} with shared weights`]),
    });
    output.status([]);
    const rows = networks.map((network, i) => rowOf(names[i]!, network));
    for (const [i, network] of networks.entries()) {
      const row = rows[i]!;
      const { source, charset } = parts.config.data;
      const files = await exportModel(modelOf(session, parts.data.card, network), {
        largestPixel: whiteOf(source),
        record: parts.data.record,
        charset,
        onLeftOut: (file, { message }) => output.say(`no ${file}: ${message}`),
        results: {
          seed: parts.config.seed,
          parameters: row.parameters,
          test: { accuracy: row.accuracy, loss: row.loss },
        },
      });
      makeFolder(folder);
      writeFolderAtomic(join(folder, names[i]!), files);
      output.emit({ type: 'specialized', folder: join(folder, row.name), ...row });
      output.say(
        `${`${row.budget.cost} <= ${row.budget.limit}`.padEnd(26)} ${(100 * row.accuracy).toFixed(2)} %  ${row.parameters} parameters, ${row.multiplyAdds} multiply-adds  ${row.architecture}`,
      );
    }
    writeFileAtomic(
      join(folder, 'specialized.json'),
      sealJson(toJson({ formatVersion: 1, space: session.space.name, networks: rows }), 2),
    );
    writeFileAtomic(join(folder, 'specialized.csv'), toCsv([HEAD, ...rows.map(cells)]));
    writeFileAtomic(join(folder, 'index.html'), specializedPage(session.space.name, rows, packageVersion));
    output.say(`wrote ${show(folder)}: index.html, specialized.csv, and a folder for each network`);
  } finally {
    networks.forEach(({ store }) => store.dispose());
    session.dispose();
  }
}

/** Reads `parameters<=2k,multiplyAdds<=50k`; throws WeftError('config') with the one that is no upper bound on a cost. */
export function parseBudgets(text: string): Budget[] {
  return parsePick(text).map(({ name, text: part, comparison, limit }) => {
    const cost = costNames.find((one) => one === name);
    if (!cost || comparison !== '<=')
      throw new WeftError(
        'config',
        `'${part}' is not a budget`,
        `write the most that a network may cost, for example parameters<=2k; costs are ${costNames.join(', ')}`,
      );
    return { cost, limit };
  });
}

const HEAD = ['name', 'cost', 'limit', 'architecture', 'parameters', 'multiplyAdds', 'accuracy', 'loss'];

const cells = ({ name, budget, ...row }: SpecializedRow): (string | number)[] => [
  name,
  budget.cost,
  budget.limit,
  row.architecture,
  row.parameters,
  row.multiplyAdds,
  row.accuracy,
  row.loss,
];

function rowOf(name: string, { budget, architecture, child, test }: Specialized): SpecializedRow {
  return {
    name,
    budget,
    architecture,
    parameters: parameterCount(child.nodes),
    multiplyAdds: multiplyAddCount(child.nodes),
    accuracy: test.accuracy,
    loss: test.loss,
  };
}
