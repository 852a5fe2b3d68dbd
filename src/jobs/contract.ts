/**
 * Independent pieces of work, and who does them. A job is plain data, named by the hash of all that its result depends
 * on; so doing one twice is harmless, and one that is finished is never done again. Every executor gives the same
 * bytes.
 */
import { type Json } from '../operations/operation.js';
import { type JsonObject } from '../runs/json.js';

export interface Job {
  /** Which runner does it: `train`, `search`, … */
  readonly kind: string;
  /** sha256 of all that the result depends on, from `defineJob`. */
  readonly key: string;
  /** The input of the runner. It contains no code: the user's own files appear by their hash, see `files.ts`. */
  readonly payload: JsonObject;
  /** A few words for people. */
  readonly label: string;
  /** The version of weft that named it, see `version.ts`. */
  readonly version: string;
}

export interface JobResult {
  readonly key: string;
  readonly kind: string;
  /** What came of it: facts alone, without times, so that every executor gives the same. */
  readonly value: JsonObject;
}

/** What a runner is given besides the job. */
export interface JobContext {
  /**
   * The name of the job, where it comes from elsewhere: a runner does nothing under a name that its payload does not
   * have.
   */
  readonly key?: string;
  /** A folder of the job's own, kept between attempts, for checkpoints and files of the result. */
  readonly folder: string;
  /** Files of the user's own that jobs may load. */
  readonly files: readonly string[];
  /** To be called once a unit of work; a runner that says nothing for long is taken to be stuck. */
  progress(report: JobProgress): void;
  /** Asked between units of work; true means: save what there is and throw `interrupted()`. */
  shouldStop(): boolean;
}

export interface JobProgress {
  /** Units of work done so far, of how many. */
  readonly done: number;
  readonly total: number;
  /** What is known so far, such as the loss. */
  readonly partial?: Readonly<Record<string, number>>;
}

/** Does jobs of one kind; the same payload gives the same value, to the bit. */
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
  /** `seconds` is 0 where the result was known before. */
  | {
      readonly type: 'job-finished';
      readonly key: string;
      readonly label: string;
      readonly known: boolean;
      readonly seconds: number;
      readonly value: Json;
    }
  /** An attempt was lost: a process was killed, or did not move any more. */
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
 * One way to get jobs done: in this process, in processes of this machine, or through a queue that workers of many
 * machines serve.
 */
export interface Executor {
  /**
   * The job's result, at once where it is known. Rejects with WeftError('job') once it has failed for good or was
   * cancelled. A key that is already being worked on is not queued again.
   */
  submit(job: Job): Promise<JobResult>;
  /** Tells what happens from now on; the returned function ends it. */
  events(listen: (event: JobEvent) => void): () => void;
  /** Gives up one job, or all that are not finished. */
  cancel(key?: string): Promise<void>;
  /** Ends the executor's processes and connections; jobs in a queue stay there. */
  close(): Promise<void>;
}
