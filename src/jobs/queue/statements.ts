/**
 * The statements that the engine has no function for. They read and write the table `job` of pg-boss 12.27 (hence the exact version in
 * package.json) and a table of our own, in which workers say what they do. All times are the database's: clocks of workers do not matter.
 */
import { SCHEMA } from './libraries.js';

const JOB = `${SCHEMA}.job`;
const WORKER = `${SCHEMA}.worker`;

/** $1 queue, $2 id, $3 retries so far: only whoever holds this very attempt renews it, and its time limit begins anew. */
export const RENEW = `UPDATE ${JOB} SET heartbeat_on = now(), started_on = now() WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3 RETURNING id`;

/** $3 seconds until the next attempt, $4 whether there is none. */
export const SET_RETRY = `UPDATE ${JOB} SET retry_delay = $3, retry_limit = CASE WHEN $4 THEN retry_count ELSE retry_limit END WHERE name = $1 AND id = $2 AND state = 'active'`;

/** Jobs that a coordinator which is gone has left in work. */
export const RELEASE_ALL = `UPDATE ${JOB} SET state = 'retry', heartbeat_on = NULL WHERE name = $1 AND state = 'active'`;

export const SETTLED = `SELECT id, state, output FROM ${JOB} WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('completed', 'failed', 'cancelled')`;

export const FAILED = `SELECT id, data ->> 'key' AS key, data ->> 'label' AS label, retry_count + 1 AS attempts, output FROM ${JOB} WHERE name = $1 AND state = 'failed' ORDER BY created_on, id LIMIT 1000`;

export const COUNTS = `SELECT state, count(*) AS count FROM ${JOB} WHERE name = $1 GROUP BY state`;

export const CREATE_WORKERS = `CREATE TABLE IF NOT EXISTS ${WORKER} (worker text PRIMARY KEY, key text, label text, done bigint, total bigint, partial jsonb, seen timestamptz NOT NULL)`;

export const REPORT_WORKER = `INSERT INTO ${WORKER} (worker, key, label, done, total, partial, seen) VALUES ($1, $2, $3, $4, $5, $6::jsonb, now())
  ON CONFLICT (worker) DO UPDATE SET key = excluded.key, label = excluded.label, done = excluded.done, total = excluded.total, partial = excluded.partial, seen = excluded.seen`;

/** Its own row, and those of workers that have been silent for an hour. */
export const FORGET_WORKER = `DELETE FROM ${WORKER} WHERE worker = $1 OR seen < now() - interval '1 hour'`;

const STANDING = `worker, key, label, done, total, partial, extract(epoch FROM now() - seen) AS silence`;

export const WORKERS = `SELECT ${STANDING} FROM ${WORKER} ORDER BY worker LIMIT 10000`;

export const PROGRESS = `SELECT ${STANDING} FROM ${WORKER} WHERE key = ANY($1::text[]) AND seen > now() - interval '30 seconds' ORDER BY worker`;
