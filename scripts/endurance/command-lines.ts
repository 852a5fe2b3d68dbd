/**
 * Command lines drawn at random: none calls a mistake of the user a defect of weft, prints a stack or leaves something
 * behind.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stream } from '../../src/tensor/rng.js';
import { faultOf, makeSandbox, oddLine, soundLine, tryLine } from '../../test/cli/odd-command-lines.js';
import { type Tally } from '../endurance.js';

/** Beyond the lines that `npm test` tries. */
const FIRST_SEED = 10_000;

export async function commandLines(count: number): Promise<Tally> {
  const runs = mkdtempSync(join(tmpdir(), 'weft-lines-run-'));
  const counts = { refused: 0, done: 0, faults: 0 };
  try {
    await tryLine([...soundLine, '--runs', runs], runs);
    const run = join(runs, readdirSync(runs)[0]!);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
      const sandbox = makeSandbox(run);
      try {
        const line = oddLine(stream(seed, 'command lines'));
        const outcome = await tryLine(line, sandbox.path);
        const fault = faultOf(outcome);
        counts[fault !== undefined ? 'faults' : outcome.code === 0 ? 'done' : 'refused']++;
        if (fault !== undefined) console.error(`${seed}: ${fault}: ${JSON.stringify(line)}\n${outcome.stderr}`);
      } finally {
        sandbox.remove();
      }
    }
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
  return { passed: counts.faults === 0, counts };
}
