/** `weft worker` and `weft queue`: serving a queue, and inspecting it. */
import { queueState, retryJobs, runWorker } from '../../api/queue.js';
import { catchSignals } from '../../runs/index.js';
import { createJobView } from '../executor.js';
import { createOutput, show } from '../output.js';

export interface WorkerCommandOptions {
  queue?: string;
  slots?: number;
  results: string;
  file?: string[];
  untilEmpty?: boolean;
  json?: boolean;
}

/** Runs jobs of a queue until it is stopped. */
export async function worker({ file, json = false, ...options }: WorkerCommandOptions): Promise<void> {
  const output = createOutput({ json });
  const view = createJobView(undefined, output);
  const stopping = new AbortController();
  const signals = catchSignals((signal) => {
    output.say(`${signal} received: saving the work and returning it to the queue (press again to stop immediately)`);
    stopping.abort();
  });
  try {
    await runWorker({
      ...options,
      files: file,
      signal: stopping.signal,
      onJob: view.event,
      onTrouble: (message) => output.say(message),
      onStart: (queue, slots, results) =>
        output.say(`serving ${queue}, ${slots} ${slots === 1 ? 'job' : 'jobs'} at a time; results in ${show(results)}`),
    });
    if (signals.requested) process.exitCode = signals.exitCode;
  } finally {
    view.close();
    signals.dispose();
  }
}

/** The state of a queue: jobs, workers, failures. */
export async function queueStatus({ queue, json = false }: { queue?: string; json?: boolean }): Promise<void> {
  const output = createOutput({ json });
  const { past, ...standing } = await queueState({ queue, onTrouble: (message) => output.say(message) });
  output.emit({ type: 'queue-status', ...standing });
  const { waiting, running, completed, failed, cancelled, workers, failures, others = [] } = standing;
  output.say(
    `${standing.queue}: ${waiting} waiting, ${running} running, ${completed} done, ${failed} failed, ${cancelled} cancelled${past ? ' (as last written by its coordinator)' : ''}`,
  );
  for (const { version, ...other } of others)
    output.say(
      `  for workers of version ${version}: ${other.waiting} waiting, ${other.running} running, ${other.failed} failed`,
    );
  for (const { worker: name, label, done = 0, total = 0, silence } of workers) {
    const share = total > 0 ? `${String(Math.round((100 * done) / total)).padStart(3)} %  ` : '';
    output.say(
      `  ${name.padEnd(28)} ${label === null ? 'idle' : `${share}${label}`}${silence > SILENT_SECONDS ? `  (silent for ${Math.round(silence)} s)` : ''}`,
    );
  }
  for (const { key, label, attempts, message } of failures)
    output.say(
      `  failed ${key.slice(0, 12)}  ${label}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}: ${message}`,
    );
  if (failures.length > 0)
    output.say('next  weft queue retry --queue …    (all of them, or one, given by the beginning of its key)');
}

/** Returns failed jobs to the queue. */
export async function queueRetry(
  key: string | undefined,
  { queue, json = false }: { queue?: string; json?: boolean },
): Promise<void> {
  const output = createOutput({ json });
  const count = await retryJobs({ queue, key, onTrouble: (message) => output.say(message) });
  output.emit({ type: 'queue-retried', count });
  output.say(`${count} ${count === 1 ? 'job is' : 'jobs are'} back in the queue`);
}

const SILENT_SECONDS = 15;
