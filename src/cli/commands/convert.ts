/** `weft convert`: the record of a run for other programs. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Conversion, convertRun } from '../../api/convert.js';
import { createOutput, show } from '../output.js';
import { type TrustOptions } from '../recorded-run.js';
import { shellWord } from '../next-steps.js';
import { spaceOfRun } from './report.js';

/** Writes the files and says how they are opened. */
export async function convert(
  directory: string,
  options: TrustOptions & { to: Conversion; out?: string; json?: boolean },
): Promise<void> {
  const output = createOutput(options);
  const { to, out } = options;
  const files = convertRun(directory, await spaceOfRun(directory, options), { to, out });
  output.emit({ type: 'converted', run: directory, to, files });
  for (const file of files) output.say(`wrote ${show(file)} (${Math.ceil(statSync(file).size / 1000)} kB)`);
  const next = NEXT[to](show(files[0]!));
  if (next) output.say(`next  ${next}`);
}

const NEXT: Readonly<Record<Conversion, (file: string) => string | undefined>> = {
  tensorboard: (file) => `tensorboard --logdir ${shellWord(dirname(file))}`,
  optuna: (file) => `optuna-dashboard ${shellWord(file)}`,
  csv: () => undefined,
};
