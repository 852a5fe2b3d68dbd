/**
 * Which code a result comes from: jobs of another version have other names, and are done by workers of that version
 * alone.
 */
import { type JsonObject, packageVersion, sha256, sortKeys, stringifyStrict } from '../runs/index.js';

/** Goes up when a job's payload, its name or its result changes while the version of weft stays the same. */
const FORMAT = 2;

/** The version of weft and of the format of its jobs: part of every key, and of the queue in which a job waits. */
export const JOB_VERSION = `${packageVersion}/${FORMAT}`;

/** The name of what a kind of job does with an identity in this version of weft. */
export const keyOf = (kind: string, identity: JsonObject): string =>
  sha256(stringifyStrict(sortKeys({ kind, identity, weft: JOB_VERSION })));

/** How people are told of a version, in a queue of several. */
export const describeVersion = (version: string): string => {
  const [weft, format] = version.split('/');
  return `weft ${weft}${format === undefined ? '' : ` (jobs of format ${format})`}`;
};
