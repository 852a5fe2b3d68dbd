/**
 * SQL statements for which the engine has no function. They read and write the table `job` of pg-boss 12.27 (hence the
 * exact version in package.json) and a table of our own, in which workers report their activity. All times are the
 * database's: the clocks of workers do not matter.
 */
import { SCHEMA } from './libraries.js';

const JOB = `${SCHEMA}.job`;
const WORKER = `${SCHEMA}.worker`;

/** $1 queue, $2 id, $3 retries so far: only the holder of this very attempt renews it, and its time limit restarts. */
export const RENEW = `UPDATE ${JOB} SET heartbeat_on = now(), started_on = now() WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3 RETURNING id`;

/**
 * $3 retries so far, $4 seconds until the next attempt, $5 whether there is none: only for the holder of this very
 * attempt, whose lease restarts, so that no other takes the job before it is returned.
 */
export const SET_RETRY = `UPDATE ${JOB} SET retry_delay = $4, retry_limit = CASE WHEN $5 THEN retry_count ELSE retry_limit END, heartbeat_on = now() WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3 RETURNING id`;

/** $4 seconds, $5 why: returns an attempt as if it had not happened, because the job was not at fault. */
export const RELEASE = `UPDATE ${JOB} SET state = 'retry', started_on = NULL, heartbeat_on = NULL, start_after = now() + $4 * interval '1 second', output = $5::jsonb WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`;

/**
 * Jobs that a dead coordinator left in progress: each counts as an attempt, so that a job that crashes its coordinator
 * eventually fails. $2 why.
 */
export const RELEASE_ALL = `UPDATE ${JOB} SET heartbeat_on = NULL, output = $2::jsonb,
  state = (CASE WHEN retry_count < retry_limit THEN 'retry' ELSE 'failed' END)::${SCHEMA}.job_state,
  completed_on = CASE WHEN retry_count < retry_limit THEN NULL ELSE now() END
  WHERE name = $1 AND state = 'active'`;

/** Why jobs that wait for another attempt were returned. */
export const GIVEN_BACK = `SELECT id, retry_count + 1 AS attempts, output FROM ${JOB} WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'retry' AND output IS NOT NULL`;

export const SETTLED = `SELECT id, state, output FROM ${JOB} WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('completed', 'failed', 'cancelled')`;

/** $1 the names of queues. */
export const FAILED = `SELECT name, id, data ->> 'key' AS key, data ->> 'label' AS label, retry_count + 1 AS attempts, output FROM ${JOB} WHERE name = ANY($1::text[]) AND state = 'failed' ORDER BY created_on, id LIMIT 1000`;

/** $1 the names of queues, $2 how the key begins; what is not a job of weft has its id instead of a key. */
export const FAILED_IDS = `SELECT name, id FROM ${JOB} WHERE name = ANY($1::text[]) AND state = 'failed' AND starts_with(coalesce(data ->> 'key', id::text), $2)`;

export const PRESENT = `SELECT id FROM ${JOB} WHERE name = $1 AND id = ANY($2::uuid[])`;

/** For this and other versions of weft, each of which has its own queue. */
export const COUNTS = `SELECT name, state, count(*) AS count FROM ${JOB} WHERE name = ANY($1::text[]) GROUP BY name, state ORDER BY name`;

export const NAMES = `SELECT name FROM ${SCHEMA}.queue WHERE name = $1 OR starts_with(name, $1 || '/') ORDER BY name`;

export const CREATE_WORKERS = `CREATE TABLE IF NOT EXISTS ${WORKER} (worker text PRIMARY KEY, key text, label text, done bigint, total bigint, partial jsonb, seen timestamptz NOT NULL)`;

export const HAS_VERSIONS = `SELECT 1 FROM information_schema.columns WHERE table_schema = '${SCHEMA}' AND table_name = 'worker' AND column_name = 'version'`;
export const ADD_VERSIONS = `ALTER TABLE ${WORKER} ADD COLUMN IF NOT EXISTS version text`;

export const REPORT_WORKER = `INSERT INTO ${WORKER} (worker, key, label, done, total, partial, version, seen) VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, now())
  ON CONFLICT (worker) DO UPDATE SET key = excluded.key, label = excluded.label, done = excluded.done, total = excluded.total, partial = excluded.partial, version = excluded.version, seen = excluded.seen`;

/** Its own row, and those of workers that have been silent for an hour. */
export const FORGET_WORKER = `DELETE FROM ${WORKER} WHERE worker = $1 OR seen < now() - interval '1 hour'`;

const STANDING = `worker, key, label, done, total, partial, version, extract(epoch FROM now() - seen) AS silence`;

export const WORKERS = `SELECT ${STANDING} FROM ${WORKER} ORDER BY worker LIMIT 10000`;

export const PROGRESS = `SELECT ${STANDING} FROM ${WORKER} WHERE key = ANY($1::text[]) AND seen > now() - interval '30 seconds' ORDER BY worker`;

/** Versions of the workers heard from recently; null for those from before versioning. */
export const VERSIONS = `SELECT DISTINCT version FROM ${WORKER} WHERE seen > now() - interval '30 seconds'`;
