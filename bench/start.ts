/** Start-up time of the built package: `import 'weft-nas'`, and the command's help, each in a separate process. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const RUNS = 15;
const built = (path: string): string => fileURLToPath(new URL(`../dist/src/${path}`, import.meta.url));

export interface Start {
  readonly name: string;
  /** Median and fastest of the runs, in milliseconds. */
  readonly median: number;
  readonly fastest: number;
}

/** Whether there is a built package to measure. */
export const isBuilt = (): boolean => existsSync(built('index.js'));

/** Measures both alternately. Throws if the package has not been built. */
export function measureStart(): Start[] {
  const timed = `const t = performance.now(); await import(${JSON.stringify(pathToFileURL(built('index.js')).href)}); console.log(performance.now() - t);`;
  const imports: number[] = [];
  const helps: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    imports.push(Number(node(['--input-type=module', '-e', timed])));
    helps.push(clock(() => node([built('cli/main.js'), '--help'])));
  }
  return [summaryOf("import 'weft-nas'", imports), summaryOf('weft --help, with the start of Node', helps)];
}

function summaryOf(name: string, times: number[]): Start {
  const sorted = [...times].sort((a, b) => a - b);
  return { name, median: sorted[Math.floor(sorted.length / 2)]!, fastest: sorted[0]! };
}

function node(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function clock(work: () => unknown): number {
  const before = performance.now();
  work();
  return performance.now() - before;
}
