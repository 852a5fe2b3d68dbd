/** Creates jobs, their names, and the text of their results. */
import { createHash } from 'node:crypto';
import { type JsonObject, sealJson, sortKeys, unseal } from '../runs/index.js';
import { type Executor, type Job, type JobResult } from './contract.js';
import { checkJob, jobResultSchema } from './schema.js';
import { printable } from './text.js';
import { JOB_VERSION, keyOf } from './version.js';

export interface JobDefinition {
  readonly kind: string;
  readonly payload: JsonObject;
  readonly label: string;
  /**
   * Everything that the result depends on, if that is not the payload itself: a payload may contain the location of a
   * file, whereas the name contains its content hash.
   */
  readonly identity?: JsonObject;
}

/**
 * A job named by the sha256 of its kind, its identity and the version of weft; rejects data that no queue could hold.
 */
export function defineJob({ kind, payload, label, identity = payload }: JobDefinition): Job {
  return checkJob({
    kind,
    payload,
    label: printable(label, LABEL_KEPT).replace(/\s+/g, ' '),
    key: keyOf(kind, identity),
    version: JOB_VERSION,
  });
}

/** Maximum number of characters of a label: it may hold the encoding of an architecture. */
const LABEL_KEPT = 1000;

/**
 * The results of all jobs in order, run with as much concurrency as the executor allows; one failure cancels the rest.
 */
export async function submitAll(executor: Executor, jobs: readonly Job[]): Promise<JobResult[]> {
  try {
    return await Promise.all(jobs.map((job) => executor.submit(job)));
  } catch (error) {
    await Promise.all(jobs.map((job) => executor.cancel(job.key)));
    throw error;
  }
}

/** The first 128 bits of a key as a UUID of version 8, the name of a job in a queue. */
export function uuidOf(key: string): string {
  const bytes = createHash('sha256').update(key).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Text of a result, including its own hash: the same bytes wherever it was computed. */
export const resultText = ({ key, kind, value }: JobResult): string =>
  sealJson(sortKeys({ key, kind, value }) as JsonObject, 2);

/** A result from its text; undefined if it is not a result, was modified, or belongs to another key. */
export function parseResult(text: string, key: string): JobResult | undefined {
  try {
    const result = jobResultSchema.parse(unseal(JSON.parse(text)));
    return result.key === key ? result : undefined;
  } catch {
    return undefined;
  }
}
