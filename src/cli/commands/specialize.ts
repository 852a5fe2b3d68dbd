/** `weft specialize`: networks for several budgets from one elastic supernet, without training. */
import { join } from 'node:path';
import { specializeRun, type SpecializeRunOptions } from '../../api/specialize.js';
import { sayChanges } from '../../runs/index.js';
import { createOutput, show } from '../output.js';

/**
 * Writes each network in the format of `weft export`, and a page about all of them, to RUN/specialized; the run itself
 * is not changed.
 */
export async function specialize(
  directory: string,
  { json, ...options }: SpecializeRunOptions & { readonly json?: boolean },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { folder, networks } = await specializeRun(directory, {
    ...options,
    onEvaluated: (evaluated) => output.status([`evaluating network ${evaluated} with shared weights`]),
    onLeftOut: (name, { message }) => output.say(`no ${name}: ${message}`),
    onChanges(changes) {
      output.emit({ type: 'environment-changed', changes });
      output.say(`evaluated under different conditions from the search: ${sayChanges(changes)}`);
    },
  });
  output.status([]);
  for (const row of networks) {
    output.emit({ type: 'specialized', folder: join(folder, row.name), ...row });
    output.say(
      `${`${row.budget.cost} <= ${row.budget.limit}`.padEnd(26)} ${(100 * row.accuracy).toFixed(2)} %  ${row.parameters} parameters, ${row.multiplyAdds} multiply-adds  ${row.architecture}`,
    );
  }
  output.say(`wrote ${show(folder)}: index.html, specialized.csv, and a folder for each network`);
}
