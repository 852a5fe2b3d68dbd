/**
 * Examines snippets, in a separate process: reads tasks as JSON from the standard input, imports modules, checks
 * configurations and commands, and prints one JSON line for each.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { loadController, loadSpace } from '../../src/api/registry.js';
import { loadConfig } from '../../src/config/index.js';
import { optionsOf } from '../../src/search/session.js';
import { checkNpm, checkWeft, isFile } from './command-line.js';
import { weftArguments } from './markdown.js';

export type Task =
  | { readonly kind: 'module'; readonly path: string }
  | { readonly kind: 'configuration'; readonly path: string }
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'command'; readonly words: readonly string[] };

export interface Finding {
  /** What a module has printed. */
  readonly printed: string;
  /** Why it is wrong; absent when it is right. */
  readonly error?: string;
}

async function examine(task: Task): Promise<void> {
  if (task.kind === 'module') await import(pathToFileURL(task.path).href);
  if (task.kind === 'configuration') await checkConfiguration(task.path);
  if (task.kind === 'json') JSON.parse(task.text);
  if (task.kind === 'command') await checkCommand(task.words);
}

/** Fields, and the options of what is named; a file of one's own has its options checked where it is run. */
async function checkConfiguration(path: string): Promise<void> {
  const { space, controller } = loadConfig(path);
  if (!isFile(space.name)) (await loadSpace(space.name)).options.parse(optionsOf(space));
  if (!isFile(controller.name)) (await loadController(controller.name)).options.parse(optionsOf(controller));
}

async function checkCommand(words: readonly string[]): Promise<void> {
  const args = weftArguments(words);
  if (args) await checkWeft(args);
  if (words[0] === 'npm') checkNpm(words.slice(1));
}

for (const task of JSON.parse(readFileSync(0, 'utf8')) as Task[]) {
  let printed = '';
  console.log = (...values: unknown[]) => (printed += `${format(...values)}\n`);
  const error = await examine(task).then(
    () => undefined,
    (cause: Error) => cause.stack ?? String(cause),
  );
  process.stdout.write(
    `${JSON.stringify({ printed, error } satisfies { printed: string; error: string | undefined })}\n`,
  );
}
process.exit(0);
