/** Units of studies as jobs. */
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { type Computing, computingFields, computingHere, loadComputing } from '../jobs/computing-environment.js';
import { defineJob, type Executor, interrupted, type Job, type JobRunners, submitAll } from '../jobs/index.js';
import { type FileReference, referenceSchema, resolveReference } from '../jobs/files.js';
import { check, type CheckedKind, checkedRunner, nameSchema, plainSchema } from '../jobs/schema.js';
import { type JsonObject } from '../runs/index.js';
import { type Parts, type PerformUnits, type Study, type UnitRequest } from './contract.js';
import { StudyStopped, unitOf } from './run-study.js';

/** A shipped study by its name, or one of the user's own by its file. */
type StudyReference = string | FileReference;

interface UnitPayload extends Computing {
  readonly study: StudyReference;
  readonly unit: string;
  readonly payload: JsonObject;
  readonly local: JsonObject;
}

const UNIT_KIND: CheckedKind<UnitPayload> = {
  schema: z
    .strictObject({
      study: referenceSchema,
      unit: nameSchema,
      payload: plainSchema,
      local: plainSchema,
      ...computingFields,
    })
    .refine(({ payload, local }) => Object.keys(local).every((name) => !Object.hasOwn(payload, name)), {
      path: ['local'],
      message: 'must not replace what the result depends on',
    }),
  identity: ({ local: _local, ...named }) => ({ ...named }),
};

/**
 * Named by the study, the unit, what it is told, the backend that is loaded now, and the threads. `reference` says
 * where another process finds the study; its name by default.
 */
export function unitJob(
  { name }: Pick<Study, 'name'>,
  { unit, payload, local = {}, label }: UnitRequest,
  threads = 1,
  reference: StudyReference = name,
): Job {
  const told: UnitPayload = { study: reference, unit, payload, local, ...computingHere(threads) };
  return defineJob({
    kind: 'study',
    label: `${name}: ${label}`,
    payload: { ...check(UNIT_KIND.schema, told, 'the job') },
    identity: UNIT_KIND.identity(told),
  });
}

/** Has the units of a study done by an executor; `reference` as in `unitJob`. */
export function performOn(
  executor: Executor,
  study: Study,
  threads?: number,
  reference?: StudyReference,
): PerformUnits {
  if (!study.units)
    throw new WeftError(
      'config',
      `the study '${study.name}' has no parts that other processes could do`,
      'leave out --executor and --queue',
    );
  return async (requests) =>
    (
      await submitAll(
        executor,
        requests.map((request) => unitJob(study, request, threads, reference)),
      )
    ).map(({ value }) => value);
}

/** The runner of units; `loadStudy` loads a shipped study by its name, and one of the user's own by its path. */
export function studyRunners(parts: Parts, loadStudy: (nameOrFile: string) => Promise<Study>): JobRunners {
  return {
    study: checkedRunner('study', UNIT_KIND, async (job, { folder, progress, shouldStop, files }) => {
      const { study, unit, payload, local, ...computing } = job;
      await loadComputing(computing);
      try {
        return await unitOf(await loadStudy(resolveReference(study, files)), unit)(
          { ...payload, ...local },
          { parts, folder, shouldStop, progress: (done, total) => progress({ done, total }) },
        );
      } catch (error) {
        if (error instanceof StudyStopped) throw interrupted();
        throw error;
      }
    }),
  };
}
