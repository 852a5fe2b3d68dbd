/**
 * Ends a process with its parent. A process that only its main thread notifies runs forever if that thread is in an
 * endless loop of user code, or in a long kernel; hence a separate thread that only watches the parent.
 */
import { Worker } from 'node:worker_threads';

export interface OrphanOptions {
  /** Seconds from the parent's end to ours, in which the main thread may save what there is. */
  readonly grace?: number;
}

/** How often the thread looks for the parent. */
const LOOK_SECONDS = 0.5;

// Plain JavaScript, which a thread runs without a loader. Process ids are used again, so that the id of our parent is
// asked for first: it changes where the parent ends (not on Windows, where only asking for the process itself tells).
const LOOK = `
const { workerData: { parent, grace, look } } = require('node:worker_threads');
const gone = () => {
  if (process.ppid !== parent) return true;
  try {
    process.kill(parent, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
};
const timer = setInterval(() => {
  if (!gone()) return;
  clearInterval(timer);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), grace * 1000);
}, look * 1000);
`;

/**
 * Ends this process, whatever its main thread does, a few seconds after its parent has ended, however that was ended.
 */
export function endWithParent({ grace = 5 }: OrphanOptions = {}): void {
  const thread = new Worker(LOOK, {
    eval: true,
    workerData: { parent: process.ppid, grace, look: LOOK_SECONDS },
    execArgv: [], // no loader of TypeScript
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
    stdout: true,
    stderr: true,
  });
  thread.on('error', () => {}); // without it the disconnection is still noticed between two units of work
  thread.unref();
}
