/**
 * The code version behind a result: jobs of another version have other names, and are run only by workers of that
 * version.
 */
import { type JsonObject, packageVersion, sha256, sortKeys, stringifyStrict } from '../runs/index.js';

/** Incremented when a job's payload, its name or its result changes while the version of weft stays the same. */
const FORMAT = 2;

/** The version of weft and of the format of its jobs: part of every key, and of the queue in which a job waits. */
export const JOB_VERSION = `${packageVersion}/${FORMAT}`;

/** The name of a kind of job with an identity in this version of weft. */
export const keyOf = (kind: string, identity: JsonObject): string =>
  sha256(stringifyStrict(sortKeys({ kind, identity, weft: JOB_VERSION })));

/** The text about a version, in a queue with several. */
export const describeVersion = (version: string): string => {
  const [weft, format] = version.split('/');
  return `weft ${weft}${format === undefined ? '' : ` (jobs of format ${format})`}`;
};
