/** Running the command line as a user does: in a separate process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBuilt, ROOT } from '../built.js';

export { ROOT };

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, built where the build is up to date, else from source. */
export const WEFT_COMMAND = isBuilt()
  ? [join(ROOT, 'dist/src/cli/main.js')]
  : ['--import', 'tsx', '--conditions=@weft-nas/source', join(ROOT, 'src/cli/main.ts')];

/** Starts `weft ARGS`. */
export function startWeft(
  args: readonly string[],
  { cwd = ROOT, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): { process: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [...WEFT_COMMAND, ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const finished = new Promise<Finished>((done) =>
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr })),
  );
  return { process: child, finished };
}

/** Runs `weft ARGS` to its end. */
export function weft(args: readonly string[], options?: Parameters<typeof startWeft>[1]): Promise<Finished> {
  return startWeft(args, options).finished;
}

/** A temporary folder that is removed after `use`. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The only run directory under a folder. */
export function onlyRun(folder: string): string {
  const [name, ...others] = readdirSync(folder);
  if (name === undefined || others.length > 0)
    throw new Error(`expected one run in ${folder}, found ${[name, ...others].join(', ')}`);
  return join(folder, name);
}

/** A search that takes about two seconds. */
export const TINY = [
  '--space',
  'macro-cnn',
  '--data',
  'digits',
  '--set',
  'space.layers=2',
  'space.filters=4',
  'space.reductions=1',
  'data.subset.train=400',
  'search.epochs=3',
  'search.rounds=3',
  'search.samplesPerRound=4',
  'search.probe=3',
  'search.rewardBatchSize=32',
  'derive.candidates=5',
  'derive.random=5',
  'derive.batchSize=32',
  'retrain.epochs=3',
  'sharpness.every=4',
  'sharpness.searchEvery=4',
  'sharpness.architectures=2',
  'checkpoint.everySeconds=0.2',
];
