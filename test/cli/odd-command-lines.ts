/**
 * Command lines as people mistype them and as nobody would type them, made from the program's own list of commands and
 * options, and what must hold whatever they are: an exit code that blames nobody wrongly, one clear line, nothing left
 * behind.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Argument, type Command, type Option } from 'commander';
import { program } from '../../src/cli/program.js';
import { runCommandLine } from '../../src/cli/run.js';
import { ROOT } from '../built.js';
import { type Rng } from '../../src/tensor/rng.js';

/** What a command line said and did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Paths in the sandbox that are there now and were not before. */
  readonly left: readonly string[];
}

/** `setup` builds and fetches, `doctor` starts processes, `worker` serves until it is told to stop. */
const LEFT_OUT = ['setup', 'doctor', 'worker'];

/** A search of a second, so that a line without a mistake ends soon. */
const SMALL = [
  'space.name=mlp',
  'space.depth=1',
  'space.widths=[4]',
  'data.subset.train=200',
  'data.subset.test=100',
  'search.epochs=1',
  'search.rounds=1',
  'search.samplesPerRound=2',
  'search.probe=0',
  'derive.candidates=2',
  'derive.random=0',
  'retrain.epochs=1',
];

const NAMES = ['', ' ', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'é', 'a\nb', '-', '--', 'null', '🎉'];
const NUMBERS = [
  '',
  ' ',
  '0',
  '-1',
  '1',
  '2',
  '1.5',
  '1e9',
  '1e999',
  '9007199254740993',
  'NaN',
  'Infinity',
  '0x10',
  'x',
];
/** In the sandbox. */
const FILES = ['file', 'file/below', 'missing', 'missing/below', 'empty', 'circle', 'dangling', 'pipe', 'text.csv'];
/** Paths to read from. */
const PATHS = [
  '.',
  '..',
  ...FILES,
  'alias.yaml',
  'bomb.yaml',
  'proto.yaml',
  'images',
  '/dev/null',
  '/dev/full',
  '/dev/zero',
  '/proc/self/nothing',
  'x'.repeat(300),
  'a\nb',
  './broken.mjs',
  './empty.mjs',
  'run',
];
/** Paths to write to: all within the sandbox, or where nobody can write. Whoever is root can write anywhere else. */
const TARGETS = ['.', ...FILES, 'images', '/proc/self/nothing', '/dev/null/below', 'x'.repeat(300), 'a\nb', 'run'];
const VALUES = [
  ...NUMBERS,
  ...NAMES,
  '[',
  '[1, 2',
  '{',
  '{a: 1',
  '"',
  "'",
  '*x',
  '&x',
  '[[]]',
  '{}',
  '[]',
  '~',
  'true',
  '!!binary x',
  '"\\0"',
  '[100000]',
  '1000000000',
  '-0',
  '.',
  '1e-9',
];
const FIELDS = [
  'seed', 'space', 'space.name', 'space.widths', 'space.depth', 'space.layers', 'controller', 'controller.name', 'controller.preset',
  'data', 'data.source', 'data.size', 'data.label', 'data.subset.train', 'data.subset.test.perClass', 'data.validation', 'data.test', 'data.imageShape',
  'data.channels', 'data.bptt', 'data.path', 'data.augment.crop', 'data.augment.zoom', 'search', 'search.epochs', 'search.batchSize', 'search.rounds',
  'search.samplesPerRound', 'search.rewardBatchSize', 'search.optimizer', 'search.optimizer.name', 'search.optimizer.base.name', 'search.regularizer.name',
  'search.regularizer.preset', 'search.optimizer.schedule.name', 'derive.candidates', 'derive.batches', 'retrain.epochs', 'retrain.batchSize', 'limits.parameters',
  'limits.latencyMs', 'checkpoint.keep', 'budget', 'backend', 'logEvery', 'recipe', '__proto__', '__proto__.x', 'constructor', 'constructor.prototype.x', 'a..b', '.a',
  'a.', 'search.optimizer[0]', 'space.widths.0', '', ' ', 'nosuch', 'nosuch.field', 'search.epochs.x',
]; // prettier-ignore
const WORDS: Readonly<Record<string, readonly string[]>> = {
  space: ['mlp', 'macro-cnn', 'nas-bench-201', './broken.mjs', './empty.mjs', 'images', ...NAMES],
  controller: ['random', 'enas', 'darts', './broken.mjs', ...NAMES],
  preset: ['paper', 'official-code', ...NAMES],
  recipe: ['digits', '../digits', ...NAMES],
  data: ['digits', 'mnist', 'tiny-shakespeare', 'images', 'text.csv', ...PATHS, ...NAMES],
  seeds: ['1,2', '8-1', '1-1000000000', '1,,2', '-1', 'a', '', '1.5'],
  budget: ['1s', '0', '-1', '', '1e9', 'a', '5x'],
  queue: ['', 'file', 'postgres://[', 'http://x', 'mysql://a'], // a folder would become a database, in seven seconds, and a server is waited for
};

/**
 * A folder with things that are not what they should be, and a finished run where one is given; `remove` takes it away,
 * and the folder around it.
 */
export function makeSandbox(run?: string): { readonly path: string; remove(): void } {
  const around = mkdtempSync(join(tmpdir(), 'weft-lines-'));
  const path = join(around, 'here');
  mkdirSync(path);
  const files: Record<string, string> = {
    file: 'not a folder\n',
    'text.csv': 'a,b,label\n1,2,x\n3,4\n',
    'alias.yaml': 'seed: *x\n',
    'bomb.yaml': `space: {name: mlp, a: &a [${'x,'.repeat(9)}], b: &b [${'*a,'.repeat(9)}], c: &c [${'*b,'.repeat(9)}], d: [${'*c,'.repeat(9)}]}\n`,
    'proto.yaml': '__proto__: { seed: 2 }\nseed: 1\n',
    'broken.mjs': 'export default {{{\n',
    'empty.mjs': 'export const nothing = 1;\n',
    'images/cat/a.png': 'not an image',
    'images/dog/b.png': '',
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(resolve(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  mkdirSync(join(path, 'empty'));
  if (run !== undefined) cpSync(run, join(path, 'run'), { recursive: true });
  symlinkSync('circle', join(path, 'circle'));
  symlinkSync('nowhere', join(path, 'dangling'));
  symlinkSync('.', join(path, 'images', 'cat', 'again'));
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules')); // for processes that run the TypeScript source
  execFileSync('mkfifo', [join(path, 'pipe')]);
  return { path, remove: () => rmSync(around, { recursive: true, force: true }) };
}

/** A search without a mistake, which takes a second. */
export const soundLine = ['search', '--set', ...SMALL, '--backend', 'cpu'];

/** Commands that can be run, with those below them. */
const runnable = (above: Command): Command[] =>
  above.commands.flatMap((command) => (command.commands.length > 0 ? runnable(command) : [command]));

const pathOf = (command: Command): string[] =>
  command.parent?.parent ? [...pathOf(command.parent), command.name()] : [command.name()];

/** A line for any of the commands, with some of its options. */
export function oddLine(rng: Rng): string[] {
  const commands = runnable(program()).filter((one) => !LEFT_OUT.includes(one.name()));
  const command = rng.uniform() < 0.4 ? commands.find((one) => one.name() === 'search')! : rng.pick(commands);
  const line = pathOf(command);
  for (const argument of command.registeredArguments)
    if (argument.required || rng.uniform() < 0.5) line.push(wordFor(argument, rng));
  const options = command.options.filter(({ long }) => long !== '--backend' && long !== '--executor');
  for (let i = rng.int(4); i >= 0 && options.length > 0; i--) {
    const set = rng.uniform() < 0.4 ? options.find(({ long }) => long === '--set') : undefined;
    line.push(...optionWords(set ?? rng.pick(options), rng));
  }
  const has = (long: string): boolean => command.options.some((option) => option.long === long);
  // What is not the mistake is small and quick. Of several --set, later ones win.
  if (has('--set') && command.name() !== 'study' && command.name() !== 'two-model')
    line.splice(pathOf(command).length + command.registeredArguments.length, 0, '--set', ...SMALL);
  if (['study', 'two-model'].includes(command.name())) line.push('--set', 'nosuch=1'); // without a mistake it takes minutes
  if (command.name() === 'halve') line.splice(1, 0, '--candidates', '2', '--first', '1', '--workers', '1');
  if (has('--backend')) line.push('--backend', 'cpu');
  return line;
}

function wordFor(argument: Argument, rng: Rng): string {
  if (argument.name() === 'folder') return rng.pick(TARGETS);
  if (/run/.test(argument.name()) && rng.uniform() < 0.5) return 'run';
  if (/run/.test(argument.name())) return rng.pick(PATHS);
  return rng.pick([...NAMES, ...PATHS, ...NUMBERS]);
}

function optionWords(option: Option, rng: Rng): string[] {
  const flag = option.long!;
  if (!option.required && !option.optional) return [flag];
  const value = valueFor(option, rng);
  return rng.uniform() < 0.1 ? [`${flag}=${value}`] : rng.uniform() < 0.03 ? [flag] : [flag, value];
}

function valueFor(option: Option, rng: Rng): string {
  const name = option.long!.slice(2);
  if (name === 'set') return `${rng.pick(FIELDS)}${rng.uniform() < 0.95 ? '=' : ''}${rng.pick(VALUES)}`;
  if (['out', 'runs', 'results'].includes(name)) return rng.pick(TARGETS);
  if (Object.hasOwn(WORDS, name)) return rng.pick(WORDS[name]!);
  if (/<(n|k|distance|accuracy)>/.test(option.flags)) return rng.pick(NUMBERS);
  return rng.pick([...PATHS, ...NAMES]);
}

/** Runs a line in this process, in the folder. */
export async function tryLine(line: readonly string[], folder: string): Promise<Outcome> {
  const before = new Set(listing(folder));
  const { stdout, stderr } = process;
  const write = [stdout.write.bind(stdout), stderr.write.bind(stderr)] as const;
  const said = ['', ''];
  const keep = (stream: 0 | 1) =>
    ((text: string | Uint8Array) => {
      said[stream] += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    }) as typeof stdout.write;
  const home = process.cwd();
  process.chdir(folder);
  [stdout.write, stderr.write] = [keep(0), keep(1)];
  try {
    const code = await runCommandLine(line);
    return { code, stdout: said[0]!, stderr: said[1]!, left: listing(folder).filter((path) => !before.has(path)) };
  } finally {
    [stdout.write, stderr.write] = write;
    process.chdir(home);
    process.exitCode = undefined;
  }
}

/** What lies in a folder, links not followed. */
const listing = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return [path, ...(entry.isDirectory() ? listing(path) : [])];
  });

/** What is wrong with an outcome, in words; undefined where nothing is. */
export function faultOf({ code, stdout, stderr, left }: Outcome): string | undefined {
  if (code !== 0 && code !== 1) return `exit code ${code}`;
  if (/\n\s+at .*:\d+:\d+/.test(stderr)) return 'a stack trace';
  if (code === 0) return undefined;
  const lines = stderr.split('\n').filter((line) => /^(weft|error): \S/.test(line));
  if (lines.length !== 1) return `${lines.length} lines that name a mistake`;
  // What has begun keeps what it has; the folder of results is made before the queue is asked.
  const stray = left.filter((path) => !/\/runs(\/jobs)?$/.test(path));
  if (stray.length > 0 && !/weft resume|results in/.test(stdout)) return `left behind: ${stray.join(', ')}`;
  return undefined;
}
