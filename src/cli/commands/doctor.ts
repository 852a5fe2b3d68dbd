/** `weft doctor`: checks which features work on this machine. */
import { diagnose } from '../../doctor/index.js';
import { createOutput } from '../output.js';

const MARKS = { ok: 'ok  ', warn: 'warn', missing: 'none' } as const;

/** Prints a line for every check, with the remedy for anything missing. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const output = createOutput(options);
  for (const row of await diagnose()) {
    output.emit({ type: 'doctor', ...row });
    output.say(`${MARKS[row.status]}  ${row.topic.padEnd(20)} ${row.detail}`);
    if (row.remedy !== undefined) output.say(`      ${''.padEnd(20)} ${row.remedy}`);
  }
  output.say('next  weft search --recipe digits');
}
