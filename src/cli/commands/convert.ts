/** `weft convert`: the record of a run for other programs. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Conversion, convertRun } from '../../api/convert.js';
import { createOutput, show } from '../output.js';
import { type TrustOptions } from '../../api/trust.js';
import { shellWord } from '../../printable.js';

/** Writes the files and says how to open them. */
export async function convert(
  directory: string,
  { to, out, json, ...trust }: TrustOptions & { to: Conversion; out?: string; json?: boolean },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const files = await convertRun(directory, { to, out, ...trust });
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
