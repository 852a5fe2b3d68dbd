/** Jobs that take no time, see runners.ts for what does them. */
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createQueueExecutor, defineJob, type Executor, type Job, openResults } from '../../src/jobs/index.js';

export const square = (number: number): Job =>
  defineJob({ kind: 'square', payload: { number }, label: `square ${number}` });
export const waiting = (name: string, steps: number): Job =>
  defineJob({ kind: 'wait', payload: { name, steps }, label: `wait ${name}` });

/** Waits until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(50);
}

/** An executor that only submits to the queue, and the troubles that it tells of; the caller closes it. */
export async function startSubmitter(
  queue: string,
  results: string,
): Promise<{ executor: Executor; heard: readonly string[] }> {
  const heard: string[] = [];
  const executor = await createQueueExecutor({
    program: fileURLToPath(new URL('./child.ts', import.meta.url)),
    queue,
    results: openResults(results),
    workers: 0,
    onTrouble: (message) => heard.push(message),
  });
  return { executor, heard };
}
