/**
 * `npm run mutants -- [--folder NAME]... [--sample N] [--seed S] [--minutes M] [--again]`: puts small faults into the
 * sources, one at a time, and counts how many the tests notice. A sample is drawn with the seed; what has been tried is
 * kept in runs/mutants/FOLDER.jsonl, so that the same command continues where it was stopped. `--again` tries survivors
 * again after tests were added. Ends with 1 where fewer than 85 % of a folder's sample are noticed.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { stream } from '../src/tensor/rng.js';
import { type Mutant, mutantsOf } from './mutants/mutate.js';
import { equivalence, idOf, keepResult, readResults, type Result } from './mutants/results.js';
import { openSandbox, type Sandbox } from './mutants/sandbox.js';
import { filesUnder, testsFor } from './mutants/test-map.js';

const FOLDERS = [
  'curvature',
  'chain',
  'preconditioners',
  'optimizers',
  'forgetting',
  'statistics',
  'runs',
  'search',
  'proxies',
];
const GOAL = 0.85;

const { values } = parseArgs({
  options: {
    folder: { type: 'string', multiple: true },
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    again: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log('npm run mutants -- [--folder NAME]... [--sample N] [--seed S] [--minutes M] [--again]');
  console.log(`folders of src: ${FOLDERS.join(', ')}`);
  process.exit(0);
}
const folders = values.folder ?? FOLDERS;
const unknown = folders.find((folder) => !FOLDERS.includes(folder));
if (unknown !== undefined) throw new Error(`there are no mutants of '${unknown}': ${FOLDERS.join(', ')}`);
const until = performance.now() + 60_000 * Number(values.minutes ?? Infinity);

const sandbox = openSandbox();
process.once('exit', () => sandbox.close());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
for (const folder of folders) if (!(await tryFolder(folder, sandbox))) process.exitCode = 1;
process.exit();

async function tryFolder(folder: string, { try: attempt }: Sandbox): Promise<boolean> {
  const texts = new Map(filesUnder(`src/${folder}`, '.ts').map((file) => [file, readFileSync(file, 'utf8')]));
  const all = [...texts].flatMap(([file, text]) => mutantsOf(file, text));
  const sample = stream(Number(values.seed), 'mutants', folder).shuffle(all).slice(0, Number(values.sample));
  const kept = `runs/mutants/${folder}.jsonl`;
  const before = readResults(kept);
  const testsOf = testsFor(folder);
  const outcomes: (readonly [Mutant, Result['outcome'] | 'equivalent' | 'untried'])[] = [];
  for (const mutant of sample) {
    const text = texts.get(mutant.file)!;
    const id = idOf(mutant, text);
    if (equivalence(mutant, text) !== undefined) {
      outcomes.push([mutant, 'equivalent']);
      continue;
    }
    const known = before.get(id);
    if (known && !(values.again && known !== 'killed' && known !== 'timeout')) {
      outcomes.push([mutant, known]);
      continue;
    }
    if (performance.now() > until) {
      outcomes.push([mutant, 'untried']);
      continue;
    }
    const tests = testsOf(mutant.file);
    const outcome = tests.length === 0 ? 'no-test' : await attempt(mutant, tests);
    keepResult(kept, { id, outcome });
    outcomes.push([mutant, outcome]);
    if (outcome === 'survived' || outcome === 'no-test') console.log(told(mutant, outcome));
  }
  return summarize(folder, all.length, outcomes);
}

function summarize(
  folder: string,
  total: number,
  outcomes: readonly (readonly [Mutant, Result['outcome'] | 'equivalent' | 'untried'])[],
): boolean {
  const count = (...which: string[]): number => outcomes.filter(([, outcome]) => which.includes(outcome)).length;
  const [noticed, survived] = [count('killed', 'timeout'), count('survived', 'no-test')];
  const share = noticed / (noticed + survived);
  console.log(
    `${folder}: ${noticed} of ${noticed + survived} noticed (${(100 * share).toFixed(0)} %), ${count('timeout')} of them by time; ${count('equivalent')} equivalent, ${count('untried')} not tried yet, ${total} mutants in all`,
  );
  for (const [mutant, outcome] of outcomes)
    if (outcome === 'survived' || outcome === 'no-test') console.log(`  ${told(mutant, outcome)}`);
  return count('untried') > 0 || share >= GOAL;
}

function told({ file, line, kind, before, after }: Mutant, outcome: string): string {
  const short = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 60);
  return `${outcome}: ${file}:${line} ${kind}: ${short(before)} -> ${short(after)}`;
}
