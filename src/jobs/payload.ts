/** What jobs say that train: a configuration, what lies outside of it by its hash, and who computes with how many threads. */
import { type SearchConfig, configSchema } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Json } from '../operations/operation.js';
import { type JsonObject, sha256, stringifyStrict } from '../runs/index.js';
import { spaceIdentity } from '../search/conduct.js';
import { optionsOf, type SearchParts } from '../search/session.js';
import { type BackendName, describeBackend, loadBackend } from '../tensor/backend.js';
import { type Job, type JobContext } from './contract.js';
import { type FileReference, referTo, resolveReference } from './files.js';
import { defineJob } from './job.js';

export interface RunJobOptions {
  /** Seed of every random draw; the configuration's by default. */
  readonly seed?: number;
  /** Threads that compute: part of the job's name, because sums of floats depend on their order. */
  readonly threads?: number;
  /** The backend that computes; the present one by default. */
  readonly backend?: BackendName;
}

export type JobParts = Pick<SearchParts, 'config' | 'space' | 'data'>;
export type LoadParts = (config: SearchConfig) => Promise<SearchParts>;

/** Everything of the configuration that the result depends on, and hashes of what lies outside. */
export interface RunPayload {
  readonly config: SearchConfig;
  readonly space: string | FileReference;
  readonly controller: string | FileReference;
  readonly architecture: string | null;
  readonly backend: BackendName;
  readonly threads: number;
  /** Hashes of the data and of the space's tree, options and task. */
  readonly data: string;
  readonly identity: string;
}

export interface RunJobDefinition {
  readonly kind: string;
  readonly config: SearchConfig;
  readonly parts: JobParts;
  /** Text encoding; null for jobs that find one. */
  readonly architecture: string | null;
  readonly label: string;
}

/** A job of such a payload; its name does not say where files lie on this machine. */
export function runJob(
  { kind, config, parts, architecture, label }: RunJobDefinition,
  { threads = 1, backend = describeBackend().name }: RunJobOptions,
): Job {
  const payload: RunPayload = {
    config,
    architecture,
    backend,
    threads,
    space: referTo(config.space.name),
    controller: referTo(config.controller.name),
    data: dataHash(parts.data),
    identity: spaceIdentity({ space: spaceOf(config, parts) }),
  };
  const { source: _source, path: _path, ...chosen } = config.data;
  const named = { ...config, data: chosen, space: optionsOf(config.space), controller: optionsOf(config.controller) };
  return defineJob({ kind, label, payload: plain(payload), identity: plain({ ...payload, config: named }) });
}

/** The parts that a payload names, as they are on this machine, with the backend loaded; refuses other data and another space than the submitter's. */
export async function openPayload(
  { config: asked, space, controller, backend, threads, data, identity }: RunPayload,
  { files }: Pick<JobContext, 'files'>,
  loadParts: LoadParts,
): Promise<SearchParts> {
  await loadBackend(backend, { threads });
  const config = configSchema.parse({
    ...asked,
    space: { ...asked.space, name: resolveReference(space, files) },
    controller: { ...asked.controller, name: resolveReference(controller, files) },
  });
  const parts = await loadParts(config);
  checkSame('data', data, dataHash(parts.data));
  checkSame('search space', identity, spaceIdentity({ space: spaceOf(config, parts) }));
  return parts;
}

/** The space that a configuration asks for, without limits. */
export const spaceOf = (config: SearchConfig, { space, data: { task } }: JobParts): SearchSpace =>
  space.create(optionsOf(config.space), task);

/** The value as JSON holds it: without fields that are undefined. */
export const plain = (value: object): JsonObject => JSON.parse(stringifyStrict(value as Json)) as JsonObject;

function checkSame(what: string, wanted: string, found: string): void {
  if (wanted !== found)
    throw new WeftError(
      'job',
      `the ${what} of this worker is not that of the job`,
      `give the worker the same ${what}: a job is the same wherever it is done`,
    );
}

const dataHash = ({ record }: JobParts['data']): string =>
  sha256(record.sources.map((source) => source.sha256).join('\n'));
