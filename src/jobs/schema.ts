/**
 * The schema of jobs. Others write to a queue, so every field is checked when a job is created, when a worker takes it,
 * and when the process that runs it reads it; nothing is used before.
 */
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import { type JsonObject } from '../runs/json.js';
import { type Job, type JobContext, type JobRunner } from './contract.js';
import { isPrintable, printable } from './text.js';
import { keyOf } from './version.js';

const LONGEST_LABEL = 5000;
const DEEPEST = 32;

/** A name in hexadecimal digits; a key is the name of files and folders, and must not be able to point outside. */
export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');

/** The name of a built-in: a kind of job, a study, a unit. */
export const nameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be a name of small letters, digits and hyphens');

/** A single-line text. */
export const textSchema = (longest: number): z.ZodType<string> =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine(
      (text) => isPrintable(text) && !/[\n\t]/.test(text),
      'must be one line without control characters and halves of surrogate pairs',
    );

export const threadsSchema = z.int().min(1).max(1024);

/** Plain data that a queue can hold as it is. */
export const plainSchema = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value, DEEPEST),
  'must be plain data whose texts hold no control characters',
);

const jobSchema = z.strictObject({
  kind: nameSchema,
  key: hashSchema,
  payload: plainSchema,
  label: textSchema(LONGEST_LABEL),
  version: textSchema(100),
});

export const jobResultSchema = z.strictObject({
  key: hashSchema,
  kind: nameSchema,
  value: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null),
});

/** The job with all fields validated; throws WeftError('job') naming the first invalid one. */
export function checkJob(job: unknown): Job {
  return check(jobSchema, job, 'the job');
}

/** The value validated by the schema; the error names the field, and quotes nothing written by others. */
export function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const { path, message } = error.issues[0]!;
  const field = path.length === 0 ? what : `${path.map(String).join('.')} of ${what}`;
  throw new WeftError(
    'job',
    printable(`${field} is not valid: ${message}`, 300),
    'a job is made by `weft search --seeds`, `derive --retrain-top`, `rank`, `halve` or `study`; check who else writes to the queue',
  );
}

export interface CheckedKind<Payload> {
  /** Every field of a payload. */
  readonly schema: z.ZodType<Payload>;
  /** Everything that the result depends on, from which the job's name is derived. */
  identity(payload: Payload): JsonObject;
}

/** A runner that rejects a payload that is invalid or does not match the job's name. */
export function checkedRunner<Payload>(
  kind: string,
  { schema, identity }: CheckedKind<Payload>,
  run: (payload: Payload, context: JobContext) => Promise<JsonObject>,
): JobRunner {
  return async (payload, context) => {
    const checked = check(schema, payload, `the payload of a job of the kind '${kind}'`);
    if (context.key !== undefined && context.key !== keyOf(kind, identity(checked)))
      throw new WeftError(
        'job',
        `the job ${context.key.slice(0, 12)} does not match its key: its payload has another one`,
        'submit it again with this version of weft',
      );
    return run(checked, context);
  };
}

function isPlain(value: unknown, depth: number): value is Json {
  if (typeof value === 'string') return isPrintable(value);
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  return Object.entries(value).every(([name, item]) => isPrintable(name) && isPlain(item, depth - 1));
}
