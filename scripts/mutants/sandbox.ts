/** A copy of the project in which a fault can be inserted into a file while its tests run. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { apply, type Mutant } from './mutate.js';

export type Outcome = 'killed' | 'timeout' | 'survived';

export interface Sandbox {
  /** Runs the test files, the nearest first, with the fault in place, until one of them notices it. */
  try(mutant: Mutant, tests: readonly string[]): Promise<Outcome>;
  close(): void;
}

/** Time limit of a test file in seconds, even on a busy machine: faults that cause an endless loop cost this much. */
const LIMIT = 90;

const COPIED = [
  'src',
  'test',
  'search-spaces',
  'controllers',
  'studies',
  'runs/recipes',
  'schema',
  'scripts',
  'bench',
  'docs',
];
const FILES = ['package.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', '.mocharc.cjs'];

export function openSandbox(): Sandbox {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'weft-mutants-'));
  const project = join(root, 'project');
  for (const part of [...COPIED, ...FILES])
    if (existsSync(part)) cpSync(part, join(project, part), { recursive: true });
  symlinkSync(realpathSync('node_modules'), join(project, 'node_modules'));
  if (existsSync('../shared')) symlinkSync(resolve('../shared'), join(root, 'shared'));
  let running: ChildProcess | undefined;
  // Mocha works in a separate process, which a fault may keep busy forever.
  const end = (): void => {
    if (running?.pid !== undefined && running.exitCode === null && running.signalCode === null)
      process.kill(-running.pid, 'SIGKILL');
  };
  const run = async (test: string): Promise<Outcome> => {
    const mocha = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', '--bail', '--reporter', 'dot', test], {
      cwd: project,
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, WEFT_THREADS: '1' },
    });
    running = mocha;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      end();
    }, 1000 * LIMIT);
    const code = await new Promise<number | null>((done) => mocha.once('exit', done));
    clearTimeout(timer);
    return late ? 'timeout' : code === 0 ? 'survived' : 'killed';
  };
  const sound = new Set<string>();
  /** A test that fails without any fault detects none. */
  const requireSound = async (test: string): Promise<void> => {
    if (sound.has(test)) return;
    if ((await run(test)) !== 'survived') throw new Error(`${test} fails without any fault`);
    sound.add(test);
  };
  return {
    async try(mutant, tests) {
      const path = join(project, mutant.file);
      const text = readFileSync(path, 'utf8');
      // A process for each file: most faults are noticed by the first, which then is all that was loaded.
      for (const test of tests) {
        writeFileSync(path, apply(mutant, text));
        const outcome = await run(test).finally(() => writeFileSync(path, text));
        if (outcome === 'survived') continue;
        await requireSound(test);
        return outcome;
      }
      return 'survived';
    },
    close() {
      end();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
