/**
 * `npm run reproduce -- NAME…`: runs studies with their default options, prints their results next to the targets, and
 * writes runs/reproduce/NAME.json, an array of {id, quantity, measured, gate, met}. Without a name: all of them; one
 * that fails leaves the others to be measured.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { study } from '../src/cli/commands/study.js';
import { reportError } from '../src/cli/output.js';
import { writeFileAtomic } from '../src/runs/index.js';
import { studyNames } from '../src/api/registry.js';

const named = process.argv.slice(2);
mkdirSync('runs/reproduce', { recursive: true });
for (const name of named.length > 0 ? named : studyNames) {
  const out = `runs/reproduce/${name}`;
  try {
    await study(name, { seed: 1, out, runs: 'runs' });
  } catch (error) {
    // The others can be measured all the same.
    process.exitCode = reportError(error, process.stderr);
    continue;
  }
  // Stopped by a signal.
  if (!existsSync(`${out}/rows.json`) || Number(process.exitCode ?? 0) > 128) break;
  writeFileAtomic(`runs/reproduce/${name}.json`, readFileSync(`${out}/rows.json`));
}
