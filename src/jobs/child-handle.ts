/** One child process, seen from the process that started it. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { WeftError } from '../errors.js';
import { type JsonObject, stopwatch } from '../runs/index.js';
import { type Answer, type Order } from './child.js';
import { type Job, type JobProgress } from './contract.js';
import { createWatchdog, type WatchdogOptions } from './watchdog.js';

/** The process died or hung; the job may well succeed in another. */
export class LostProcess extends Error {
  override readonly name = 'LostProcess';
}

export interface ChildOptions {
  /** The module that calls `serveJobs`. */
  readonly program: string;
  /** Number of threads of each child. */
  readonly threads: number;
  readonly watchdog?: WatchdogOptions;
}

export interface Assignment {
  readonly job: Job;
  readonly folder: string;
  readonly files: readonly string[];
  progress(report: JobProgress): void;
}

export interface ChildHandle {
  readonly pid: number;
  readonly threads: number;
  /** Number of jobs done so far, and the memory of the process after the last. */
  readonly done: number;
  readonly memoryMB: number;
  readonly alive: boolean;
  /** Runs a job; rejects with LostProcess, or with the WeftError of the job. */
  perform(assignment: Assignment): Promise<JsonObject>;
  /** Asks the process to save and exit, and kills it after `grace` seconds. */
  stop(grace?: number): Promise<void>;
  kill(): void;
}

const CHECK_SECONDS = 1;
const KEPT_STDERR = 4000;
/** Environment variables that a training does not need to know. */
const SECRETS = ['WEFT_QUEUE', 'PGPASSWORD', 'PGPASSFILE', 'DATABASE_URL'];

export function startChild({ program, threads, watchdog }: ChildOptions): ChildHandle {
  const env: NodeJS.ProcessEnv = { ...process.env, WEFT_THREADS: String(threads), OMP_NUM_THREADS: String(threads) };
  for (const name of SECRETS) delete env[name];
  const child: ChildProcess = fork(program, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-KEPT_STDERR)));
  let done = 0;
  let memoryMB = 0;
  let gone: string | undefined;
  let hear: ((answer: Answer) => void) | undefined;
  let lose: ((reason: string) => void) | undefined;
  const vanish = (reason: string): void => {
    gone ??= reason;
    lose?.(reason);
  };
  child.on('message', (answer: Answer) => hear?.(answer));
  child.on('error', (error) => vanish(error.message));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      const lines = said
        .trim()
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.startsWith('Node.js v'));
      const last = lines.findLast((line) => /^\S*(Error|error)\b/.test(line)) ?? lines.at(-1);
      vanish(
        signal
          ? `its process was ended by ${signal}`
          : `its process ended with ${code}${last && code !== 0 ? `: ${last}` : ''}`,
      );
      resolve();
    });
  });
  const send = (order: Order): void => void (child.connected && child.send(order, () => {}));
  return {
    get pid() {
      return child.pid ?? 0;
    },
    threads,
    get done() {
      return done;
    },
    get memoryMB() {
      return memoryMB;
    },
    get alive() {
      return gone === undefined;
    },
    async perform({ job, folder, files, progress }) {
      if (gone !== undefined) throw new LostProcess(gone);
      const watch = stopwatch();
      const dog = createWatchdog(0, watchdog);
      const timer = setInterval(() => {
        if (dog.check(watch.elapsed(), processorSeconds(child.pid!)) !== 'stuck') return;
        vanish('its process made no progress');
        child.kill('SIGKILL');
      }, CHECK_SECONDS * 1000);
      try {
        return await new Promise<JsonObject>((resolve, reject) => {
          lose = (reason) => reject(new LostProcess(reason));
          hear = (answer) => {
            dog.heard(watch.elapsed());
            if (answer.type === 'progress') progress(answer.report);
            if (answer.type === 'failed') reject(errorOf(job, answer));
            if (answer.type !== 'done') return;
            done++;
            memoryMB = answer.memoryMB;
            resolve(answer.value);
          };
          send({ type: 'do', job, folder, files });
        });
      } finally {
        clearInterval(timer);
        hear = undefined;
        lose = undefined;
      }
    },
    async stop(grace = 20) {
      if (gone !== undefined) return exited;
      send({ type: 'stop' });
      const timer = setTimeout(() => child.kill('SIGKILL'), grace * 1000);
      await exited;
      clearTimeout(timer);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function errorOf({ label }: Job, { code, message, hint }: Extract<Answer, { type: 'failed' }>): WeftError {
  return code === null
    ? new WeftError('job', `${label} failed: ${message}`, 'this is a bug in weft, please report it')
    : new WeftError(code, message, hint ?? undefined);
}

const CLOCK_TICKS = 100; // of Linux, on every platform that Node supports

/** Processor seconds, user and system, used by a process; undefined without /proc. */
function processorSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
  } catch {
    return undefined;
  }
}
