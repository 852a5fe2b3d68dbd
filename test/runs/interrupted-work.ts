/**
 * A small run that is worth killing: `tsx interrupted-work.ts RUN STEPS`, told to go, continues from wherever the last
 * process stopped.
 */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { listCheckpoints, loadLatestCheckpoint, saveCheckpoint } from '../../src/runs/checkpoint.js';
import { openJournal } from '../../src/runs/journal.js';
import { sha256 } from '../../src/runs/json.js';
import { lockRun, runFiles } from '../../src/runs/run-directory.js';
import { disposeNamed, type NamedTensors } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';

export const SPACE = 'space~123456';
export const EVERY = 3;

/** What a step would have learned: it depends on all that came before. */
export const learn = (before: string, step: number): string => sha256(`${before}/${step}`);

/** The weights that go with what was learned. */
export const weightsOf = (learned: string): NamedTensors => ({
  kernel: tf.tensor(Float32Array.from(Buffer.from(learned.repeat(20)))),
  bias: tf.scalar(learned.charCodeAt(0)),
});

/** Works until `steps`, with a checkpoint each EVERY of them; `pause` milliseconds lie between two steps. */
export async function work(path: string, steps: number, pause: number): Promise<void> {
  const lock = await lockRun(path);
  const checkpoint = listCheckpoints(path).length > 0 ? loadLatestCheckpoint(path, SPACE) : undefined;
  const journal = openJournal(runFiles(path).events, { position: checkpoint?.events ?? 0 });
  let learned = (checkpoint?.state as string | undefined) ?? '';
  for (let step = checkpoint?.step ?? 0; step < steps;) {
    learned = learn(learned, step);
    journal.append({ type: 'step', step, learned });
    step++;
    if (step % EVERY === 0) {
      const weights = weightsOf(learned);
      saveCheckpoint(path, SPACE, { step, tensors: { weights }, state: learned, events: journal.sync() });
      disposeNamed(weights);
    }
    if (pause > 0) await setTimeout(pause);
  }
  journal.close();
  lock.release();
}

async function main(path: string, steps: number): Promise<void> {
  await tf.setBackend('cpu');
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  await work(path, steps, 1);
}

if (pathToFileURL(process.argv[1] ?? '').href === import.meta.url) void main(process.argv[2]!, Number(process.argv[3]));
