/**
 * The child processes of one machine: as many as requested, reused for the next job, and replaced before they grow old.
 */
import { type JsonObject } from '../runs/index.js';
import { type Assignment, type ChildHandle, type ChildOptions, startChild } from './child-handle.js';

export interface ProcessPoolOptions extends Omit<ChildOptions, 'threads'> {
  /** Number of jobs after which a process is replaced: native libraries leak a little. */
  readonly recycleAfter?: number;
}

/** Memory in MB above which a process is replaced. */
const RECYCLE_ABOVE_MB = 4096;

export interface ProcessPool {
  /** Runs the job in an idle or a new process; `signal` asks it to save and stop. */
  perform(assignment: Assignment, signal?: AbortSignal): Promise<JsonObject>;
  /** Ids of the existing processes. */
  pids(): number[];
  close(): Promise<void>;
}

/** The number of threads that a job requests; part of its name, so it must have exactly that many. */
const threadsOf = ({ payload }: Assignment['job']): number =>
  typeof payload['threads'] === 'number' ? payload['threads'] : 1;

export function createProcessPool({ recycleAfter = 50, ...options }: ProcessPoolOptions): ProcessPool {
  const idle = new Set<ChildHandle>();
  const all = new Set<ChildHandle>();

  const take = (threads: number): ChildHandle => {
    for (const child of idle) {
      idle.delete(child);
      if (child.alive && child.threads === threads) return child;
      retire(child);
    }
    const child = startChild({ ...options, threads });
    all.add(child);
    return child;
  };
  const retire = (child: ChildHandle): void => {
    void child.stop().then(() => all.delete(child));
  };

  return {
    async perform(assignment, signal) {
      signal?.throwIfAborted();
      const child = take(threadsOf(assignment.job));
      const stop = (): void => retire(child);
      signal?.addEventListener('abort', stop, { once: true });
      try {
        return await child.perform(assignment);
      } finally {
        signal?.removeEventListener('abort', stop);
        if (!child.alive || signal?.aborted || child.done >= recycleAfter || child.memoryMB > RECYCLE_ABOVE_MB)
          retire(child);
        else idle.add(child);
      }
    },
    pids: () => [...all].filter(({ alive }) => alive).map(({ pid }) => pid),
    async close() {
      idle.clear();
      await Promise.all([...all].map((child) => child.stop()));
    },
  };
}
