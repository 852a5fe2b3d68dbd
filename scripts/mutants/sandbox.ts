/** A copy of the project in which a fault can be put into a file while the tests of it run. */
import { spawn } from 'node:child_process';
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
  /** Whether the tests pass on the unchanged project, and the seconds that takes. */
  baseline(tests: readonly string[]): Promise<{ passed: boolean; seconds: number }>;
  try(mutant: Mutant, tests: readonly string[], seconds: number): Promise<Outcome>;
  close(): void;
}

const COPIED = ['src', 'test', 'search-spaces', 'controllers', 'runs/recipes', 'schema', 'scripts', 'bench', 'docs'];
const FILES = ['package.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', '.mocharc.cjs'];

export function openSandbox(): Sandbox {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'weft-mutants-'));
  const project = join(root, 'project');
  for (const part of [...COPIED, ...FILES])
    if (existsSync(part)) cpSync(part, join(project, part), { recursive: true });
  symlinkSync(realpathSync('node_modules'), join(project, 'node_modules'));
  if (existsSync('../shared')) symlinkSync(resolve('../shared'), join(root, 'shared'));
  const run = async (tests: readonly string[], seconds: number): Promise<Outcome> => {
    const mocha = spawn(
      process.execPath,
      ['node_modules/mocha/bin/mocha.js', '--bail', '--reporter', 'dot', ...tests],
      {
        cwd: project,
        detached: true,
        stdio: 'ignore',
        env: { ...process.env, WEFT_THREADS: '1' },
      },
    );
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      // Mocha works in a process of its own.
      process.kill(-mocha.pid!, 'SIGKILL');
    }, 1000 * seconds);
    const code = await new Promise<number | null>((done) => mocha.once('exit', done));
    clearTimeout(timer);
    return late ? 'timeout' : code === 0 ? 'survived' : 'killed';
  };
  return {
    async baseline(tests) {
      const before = performance.now();
      const outcome = await run(tests, 600);
      return { passed: outcome === 'survived', seconds: (performance.now() - before) / 1000 };
    },
    async try(mutant, tests, seconds) {
      const path = join(project, mutant.file);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, apply(mutant, text));
      try {
        return await run(tests, seconds);
      } finally {
        writeFileSync(path, text);
      }
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}
