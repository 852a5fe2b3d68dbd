/** `weft worker` and `weft queue`: serving a queue, and looking into it. */
import { availableParallelism } from 'node:os';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../../errors.js';
import {
  type JobQueue,
  openQueue,
  parseLocation,
  type QueueStanding,
  serveQueue,
  createCrew,
} from '../../jobs/index.js';
import { catchSignals } from '../../runs/index.js';
import {
  createJobView,
  DATABASE_PATIENCE_SECONDS,
  jobProgram,
  openedResults,
  queueAddress,
  requireWhole,
} from '../executor.js';
import { createOutput, type Output, show } from '../output.js';

export interface WorkerOptions {
  queue?: string;
  slots?: number;
  results: string;
  file?: string[];
  untilEmpty?: boolean;
  json?: boolean;
}

/** Does jobs of a queue until it is told to stop. */
export async function worker({
  queue: option,
  slots = availableParallelism(),
  results: folder,
  file = [],
  untilEmpty = false,
  json = false,
}: WorkerOptions): Promise<void> {
  const output = createOutput({ json });
  requireWhole('--slots', slots, 1);
  const missing = file.find((path) => !existsSync(path));
  if (missing !== undefined)
    throw new WeftError(
      'config',
      `there is no file ${missing}`,
      '--file names spaces and controllers of your own that jobs of the queue may load',
    );
  const queue = await openAddressed(option, output, slots + 2, DATABASE_PATIENCE_SECONDS);
  const crew = createCrew({ program: jobProgram });
  const results = openedResults(folder, output);
  const view = createJobView(undefined, output);
  output.say(
    `serving ${queue.location.shown}, ${slots} ${slots === 1 ? 'job' : 'jobs'} at a time; results in ${show(results.path)}`,
  );
  const service = serveQueue({
    queue,
    crew,
    results,
    slots,
    files: file,
    untilEmpty,
    onEvent: view.event,
    onTrouble: (message) => output.say(message),
  });
  const signals = catchSignals((signal) => {
    output.say(`${signal} received: saving what there is and giving it back (again to stop at once)`);
    void service.stop();
  });
  try {
    await service.ended;
    if (signals.requested) process.exitCode = signals.exitCode;
  } finally {
    view.close();
    await crew.close();
    await queue.close();
    signals.dispose();
  }
}

/** How a queue stands: jobs, workers, failures. */
export async function queueStatus({ queue: option, json = false }: { queue?: string; json?: boolean }): Promise<void> {
  const output = createOutput({ json });
  const { standing, past } = await standingOf(option, output);
  output.emit({ type: 'queue-status', ...standing });
  const { waiting, running, completed, failed, cancelled, workers, failures, others = [] } = standing;
  output.say(
    `${standing.queue}: ${waiting} waiting, ${running} running, ${completed} done, ${failed} failed, ${cancelled} cancelled${past ? ' (as its coordinator last wrote it)' : ''}`,
  );
  for (const { version, ...other } of others)
    output.say(
      `  for workers of ${version}: ${other.waiting} waiting, ${other.running} running, ${other.failed} failed`,
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
    output.say('next  weft queue retry --queue …    (all of them, or one by the beginning of its key)');
}

/** Sends failed jobs back into the queue. */
export async function queueRetry(
  prefix: string | undefined,
  { queue: option, json = false }: { queue?: string; json?: boolean },
): Promise<void> {
  const output = createOutput({ json });
  requireQueue(parseLocation(addressOf(option)));
  const queue = await openAddressed(option, output);
  try {
    const count = await queue.retry(prefix);
    if (count === 0 && prefix !== undefined)
      throw new WeftError('job', `no failed job's key begins with '${prefix}'`, '`weft queue status` lists them');
    output.emit({ type: 'queue-retried', count });
    output.say(`${count} ${count === 1 ? 'job is' : 'jobs are'} back in the queue`);
  } finally {
    await queue.close();
  }
}

const SILENT_SECONDS = 15;

function addressOf(option: string | undefined): string {
  const address = queueAddress(option);
  if (address === undefined)
    throw new WeftError(
      'config',
      'no queue was named',
      'name one with --queue, or in WEFT_QUEUE: a folder such as ./queue, or postgres://user@host/database',
    );
  return address;
}

const openAddressed = (option: string | undefined, output: Output, connections = 2, patience = 0): Promise<JobQueue> =>
  openQueue(addressOf(option), { connections, patience, onTrouble: (message) => output.say(message) });

/** Refuses a folder that holds no queue: whoever looks into one should not make it. */
function requireQueue(location: ReturnType<typeof parseLocation>): void {
  if (location.kind === 'folder' && !existsSync(join(location.path, 'database')))
    throw new WeftError(
      'job',
      `there is no queue in ${location.shown}`,
      'jobs make one: weft search --seeds 1,2,3 --queue FOLDER',
    );
}

/** From the queue itself, or for an embedded one that is in use from what its coordinator writes down. */
async function standingOf(
  option: string | undefined,
  output: Output,
): Promise<{ standing: QueueStanding; past: boolean }> {
  const location = parseLocation(addressOf(option));
  const written = location.kind === 'folder' ? join(location.path, 'standing.json') : undefined;
  requireQueue(location);
  try {
    const queue = await openAddressed(option, output);
    try {
      return { standing: await queue.standing(), past: false };
    } finally {
      await queue.close();
    }
  } catch (error) {
    if (!(error instanceof WeftError) || written === undefined || !existsSync(written)) throw error;
    return { standing: JSON.parse(readFileSync(written, 'utf8')) as QueueStanding, past: true };
  }
}
