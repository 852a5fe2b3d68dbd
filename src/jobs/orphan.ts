/**
 * Ends a process with its parent. A process that only its main thread could stop would run forever if that thread were
 * in an endless loop of user code, or in a long kernel; hence a separate thread that only watches the parent.
 */
import { Worker } from 'node:worker_threads';

/** Seconds between the parent's end and ours, in which the main thread may save its state. */
const GRACE_SECONDS = 5;

/** Interval at which the thread checks for the parent. */
const LOOK_SECONDS = 0.5;

// Plain JavaScript, which a thread runs without a loader. Process ids are reused, so the id of our parent is checked
// first: it changes when the parent ends (except on Windows, where only probing the process itself tells).
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

/** Ends this process, whatever its main thread is doing, a few seconds after its parent has ended for any reason. */
export function endWithParent(): void {
  const thread = new Worker(LOOK, {
    eval: true,
    workerData: { parent: process.ppid, grace: GRACE_SECONDS, look: LOOK_SECONDS },
    execArgv: [], // no TypeScript loader
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
    stdout: true,
    stderr: true,
  });
  thread.on('error', () => {}); // without it the disconnection is still noticed between two units of work
  thread.unref();
}
