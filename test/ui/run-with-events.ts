/** Runs on disk with made-up events. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRun } from '../../src/runs/index.js';

/** The directory of a run in `root` with these events. */
export function runWith(
  root: string,
  events: readonly object[],
  { name = 'macro-cnn digits', seed = 1 }: { name?: string; seed?: number } = {},
): string {
  const { path } = createRun(root, { name, seed, config: { seed, controller: { name: 'enas' } } });
  addEvents(path, events);
  return path;
}

/** Writes more events behind those that are there. */
export function addEvents(run: string, events: readonly object[]): void {
  appendFileSync(join(run, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}
