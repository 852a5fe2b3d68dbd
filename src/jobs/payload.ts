/**
 * The payload of training jobs: a configuration, the hashes of everything outside it, and the computing environment
 * with its threads.
 */
import { z } from 'zod';
import { isFileOfWeights } from '../config/index.js';
import { type SearchConfig, configSchema } from '../config/schema.js';
import { readSource } from '../data/source.js';
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Json } from '../operations/operation.js';
import { type JsonObject, sha256, stringifyStrict } from '../runs/index.js';
import { spaceIdentity } from '../search/conduct.js';
import { optionsOf, type SearchParts } from '../search/session.js';
import { latencyTableHash } from '../search/device-latency.js';
import { type StartHashes, startHashes } from '../search/warm-start.js';
import { type BackendName } from '../tensor/backend.js';
import { type Computing, computingFields, computingHere, loadComputing } from './computing-environment.js';
import { type Job, type JobContext } from './contract.js';
import {
  codeSchema,
  type FileReference,
  referenceSchema,
  referTo,
  referToParts,
  resolveParts,
  resolveReference,
} from './files.js';
import { defineJob } from './job.js';
import { check, type CheckedKind, hashSchema, plainSchema, textSchema } from './schema.js';

export interface RunJobOptions {
  /** Seed of every random draw; the configuration's by default. */
  readonly seed?: number;
  /** Number of threads: part of the job's name, because sums of floats depend on their order. */
  readonly threads?: number;
  /** The backend; the current one by default. */
  readonly backend?: BackendName;
}

export type JobParts = Pick<SearchParts, 'config' | 'space' | 'data'>;
export type LoadParts = (config: SearchConfig) => Promise<SearchParts>;

/** Everything in the configuration that the result depends on, and hashes of everything outside it. */
export interface RunPayload extends Computing {
  readonly config: SearchConfig;
  readonly space: string | FileReference;
  readonly controller: string | FileReference;
  /** Files with optimizers, data and other parts, which the configuration names by their content. */
  readonly code?: readonly FileReference[] | undefined;
  readonly architecture: string | null;
  /** Hashes of the files of initial weights. */
  readonly weights?: StartHashes | undefined;
  /** Number of epochs after which a training alone stops, out of those in its schedule. */
  readonly until?: number | undefined;
  /** Hash of the file of `limits.latencyTable`. */
  readonly latencies?: string | undefined;
  /** Hash of the file of `limits.energyTable`. */
  readonly energies?: string | undefined;
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
  readonly until?: number | undefined;
  readonly label: string;
}

/** Maximum number of characters of a text encoding. */
const LONGEST_ENCODING = 4000;

/** Maximum number of characters of a space's name, tree, options and task. */
const LONGEST_IDENTITY = 100_000;

const configurationSchema = z.custom<SearchConfig>().superRefine((value, context) => {
  const issues = plainSchema.safeParse(value).error?.issues ?? configSchema.safeParse(value).error?.issues ?? [];
  for (const { path, message } of issues.slice(0, 1)) context.addIssue({ code: 'custom', path: [...path], message });
});

/** Every field of such a payload, and its name, which is independent of where files are stored on this machine. */
export const RUN_KIND: CheckedKind<RunPayload> = {
  schema: z.strictObject({
    config: configurationSchema,
    space: referenceSchema,
    controller: referenceSchema,
    code: codeSchema,
    architecture: textSchema(LONGEST_ENCODING).nullable(),
    until: z.int().min(1).optional(),
    ...computingFields,
    weights: z.strictObject({ search: hashSchema.optional(), retrain: hashSchema.optional() }).optional(),
    latencies: hashSchema.optional(),
    energies: hashSchema.optional(),
    data: hashSchema,
    identity: textSchema(LONGEST_IDENTITY),
  }),
  identity({ config, ...payload }) {
    const { source: _source, path: _path, ...data } = config.data;
    const space = optionsOf(config.space);
    const { search, retrain, limits } = config;
    return plain({
      ...payload,
      config: {
        ...config,
        data,
        space,
        controller: optionsOf(config.controller),
        limits: { ...limits, latencyTable: undefined, energyTable: undefined },
        search: { ...search, start: undefined },
        retrain: { ...retrain, ...(isFileOfWeights(retrain.start) && { start: undefined }) },
      },
    });
  },
};

/** A job of such a payload. */
export function runJob(
  { kind, config, parts, architecture, until, label }: RunJobDefinition,
  { threads, backend }: RunJobOptions,
): Job {
  const weights = startHashes(config, architecture !== null);
  const payload = check(
    RUN_KIND.schema,
    plain({
      ...referToParts(config),
      architecture,
      ...(Object.keys(weights).length > 0 && { weights }),
      until,
      latencies: latencyHash(config),
      energies: energyHash(config),
      ...computingHere(threads, backend),
      space: referTo(config.space.name),
      controller: referTo(config.controller.name),
      data: dataHash(parts.data),
      identity: spaceIdentity({ space: spaceOf(config, parts) }),
    }),
    'the job',
  );
  return defineJob({ kind, label, payload: plain(payload), identity: RUN_KIND.identity(payload) });
}

/**
 * The parts that a payload names, as available on this machine, with the backend loaded; rejects data and spaces that
 * differ from the submitter's.
 */
export async function openPayload(
  {
    config: asked,
    space,
    controller,
    code,
    weights,
    latencies,
    energies,
    data,
    identity,
    architecture,
    ...computing
  }: RunPayload,
  { files }: Pick<JobContext, 'files'>,
  loadParts: LoadParts,
): Promise<SearchParts> {
  await loadComputing(computing);
  const named = resolveParts(asked, code, files);
  const config = configSchema.parse({
    ...named,
    space: { ...asked.space, name: resolveReference(space, files) },
    controller: { ...asked.controller, name: resolveReference(controller, files) },
  });
  const parts = await loadParts(config);
  checkSame('data', data, dataHash(parts.data));
  const starts = startHashes(config, architecture !== null);
  for (const phase of ['search', 'retrain'] as const)
    checkSame(`file of ${phase}.start`, weights?.[phase], starts[phase]);
  checkSame('file of limits.latencyTable', latencies, latencyHash(config));
  checkSame('file of limits.energyTable', energies, energyHash(config));
  checkSame('search space', identity, spaceIdentity({ space: spaceOf(config, parts) }));
  return weights ? { ...parts, starts } : parts;
}

/** The space that a configuration selects, without limits. */
export const spaceOf = (config: SearchConfig, { space, data: { task } }: JobParts): SearchSpace =>
  space.create(optionsOf(config.space), task);

/** The value as JSON represents it: without undefined fields. */
export const plain = (value: object): JsonObject => JSON.parse(stringifyStrict(value as Json)) as JsonObject;

function checkSame(what: string, wanted: string | undefined, found: string | undefined): void {
  if (wanted !== found)
    throw new WeftError(
      'job',
      `the ${what} of this worker differs from that of the job`,
      `give the worker the same ${what}: a job must give the same result everywhere`,
    );
}

const latencyHash = ({ limits: { latencyTable } }: SearchConfig): string | undefined =>
  latencyTable === undefined ? undefined : latencyTableHash(latencyTable);

const energyHash = ({ limits: { energyTable } }: SearchConfig): string | undefined =>
  energyTable === undefined ? undefined : readSource(energyTable).source.sha256;

const dataHash = ({ record }: JobParts['data']): string =>
  sha256(record.sources.map((source) => source.sha256).join('\n'));
