/**
 * `npm run endurance`: what takes too long for `npm test`. Names of parts and `--count N` choose; each part prints its
 * counts and leaves them in runs/endurance/NAME.json. Exits with 1 where something was lost, doubled or crashed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cluster } from './endurance/cluster.js';
import { commandLines } from './endurance/command-lines.js';
import { fuzz } from './endurance/fuzz.js';
import { kills } from './endurance/kills.js';
import { memory } from './endurance/memory.js';
import { speedup, throughput } from './endurance/speed.js';

export interface Tally {
  readonly passed: boolean;
  readonly counts: Readonly<Record<string, number | string | boolean>>;
}

const PARTS: Readonly<Record<string, { readonly count: number; run(count: number): Promise<Tally | undefined> }>> = {
  kills: { count: 100, run: kills },
  fuzz: { count: 1000, run: fuzz },
  'command-lines': { count: 2000, run: commandLines },
  memory: { count: 10_000, run: memory },
  cluster: { count: 40, run: cluster },
  throughput: { count: 5000, run: throughput },
  speedup: { count: 16, run: speedup },
};

const args = process.argv.slice(2);
const place = args.indexOf('--count');
const asked = place < 0 ? undefined : Number(args.splice(place, 2)[1]);
const names = args.length > 0 ? args : Object.keys(PARTS);
const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) throw new Error(`there is no part '${unknown}': ${Object.keys(PARTS).join(', ')}`);

mkdirSync('runs/endurance', { recursive: true });
for (const name of names) {
  const { count, run } = PARTS[name]!;
  const tally = await run(asked ?? count);
  if (!tally) {
    console.log(`${name}: skipped, because no PostgreSQL is installed`);
    continue;
  }
  console.log(`${name}: ${tally.passed ? 'passed' : 'FAILED'}`);
  for (const [what, value] of Object.entries(tally.counts)) console.log(`  ${what}: ${value}`);
  writeFileSync(`runs/endurance/${name}.json`, `${JSON.stringify(tally, null, 2)}\n`);
  if (!tally.passed) process.exitCode = 1;
}
process.exit();
