/**
 * Independent units of work, and their execution. A job is plain data, named by the hash of everything that its result
 * depends on; running one twice is therefore harmless, and a finished one is never repeated. Every executor gives the
 * same bytes.
 */
import { type Json } from '../operations/operation.js';
import { type JsonObject } from '../runs/json.js';

export interface Job {
  /** The kind of runner: `train`, `search`, … */
  readonly kind: string;
  /** sha256 of everything that the result depends on, from `defineJob`. */
  readonly key: string;
  /** The input of the runner. It contains no code: user files appear by their hash, see `files.ts`. */
  readonly payload: JsonObject;
  /** A short description for people. */
  readonly label: string;
  /** The version of weft that named the job, see `version.ts`. */
  readonly version: string;
}

export interface JobResult {
  readonly key: string;
  readonly kind: string;
  /** The result: deterministic facts without times, so that every executor gives the same. */
  readonly value: JsonObject;
}

/** The context of a runner besides the job. */
export interface JobContext {
  /** The name of the job, if it comes from elsewhere: a runner refuses a name that does not match the payload. */
  readonly key?: string;
  /** A folder of the job, kept between attempts, for checkpoints and result files. */
  readonly folder: string;
  /** User files that jobs may load. */
  readonly files: readonly string[];
  /** To be called once per unit of work; a runner that is silent for long is considered stuck. */
  progress(report: JobProgress): void;
  /** Polled between units of work; true means: save the current state and throw `interrupted()`. */
  shouldStop(): boolean;
}

export interface JobProgress {
  /** Number of units of work done so far, and the total. */
  readonly done: number;
  readonly total: number;
  /** Intermediate values, such as the loss. */
  readonly partial?: Readonly<Record<string, number>>;
}

/** Runs jobs of one kind; the same payload gives the same value, to the bit. */
export type JobRunner = (payload: JsonObject, context: JobContext) => Promise<JsonObject>;

export type JobRunners = Readonly<Record<string, JobRunner>>;

export type JobEvent =
  | { readonly type: 'job-queued'; readonly key: string; readonly kind: string; readonly label: string }
  /** `attempt` counts from 1. */
  | {
      readonly type: 'job-started';
      readonly key: string;
      readonly label: string;
      readonly worker: string;
      readonly attempt: number;
    }
  | ({
      readonly type: 'job-progress';
      readonly key: string;
      readonly label: string;
      readonly worker: string;
    } & JobProgress)
  /** `seconds` is 0 if the result was already known. */
  | {
      readonly type: 'job-finished';
      readonly key: string;
      readonly label: string;
      readonly known: boolean;
      readonly seconds: number;
      readonly value: Json;
    }
  /** An attempt was lost: its process was killed or hung. */
  | {
      readonly type: 'job-retried';
      readonly key: string;
      readonly label: string;
      readonly attempt: number;
      readonly reason: string;
    }
  | { readonly type: 'job-failed'; readonly key: string; readonly label: string; readonly message: string }
  | { readonly type: 'job-cancelled'; readonly key: string; readonly label: string };

/**
 * One way to run jobs: in this process, in processes on this machine, or through a queue served by workers on many
 * machines.
 */
export interface Executor {
  /**
   * The job's result, immediately if known. Rejects with WeftError('job') once it has failed permanently or was
   * cancelled. A key that is already in progress is not queued again.
   */
  submit(job: Job): Promise<JobResult>;
  /** Subscribes to events from now on; the returned function unsubscribes. */
  events(listen: (event: JobEvent) => void): () => void;
  /** Cancels one job, or all unfinished ones. */
  cancel(key?: string): Promise<void>;
  /** Ends the executor's processes and connections; jobs in a queue stay there. */
  close(): Promise<void>;
}
