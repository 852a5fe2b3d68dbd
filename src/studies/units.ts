/** Units of studies as jobs. */
import { WeftError } from '../errors.js';
import { defineJob, type Executor, interrupted, type Job, type JobRunners, submitAll } from '../jobs/index.js';
import { type JsonObject } from '../runs/index.js';
import { type BackendName, describeBackend, loadBackend } from '../tensor/backend.js';
import { loadStudy } from './catalogue.js';
import { type Parts, type PerformUnits, type Study, type UnitRequest } from './contract.js';
import { StudyStopped, unitOf } from './run-study.js';

interface UnitPayload {
  readonly study: string;
  readonly unit: string;
  readonly payload: JsonObject;
  readonly local: JsonObject;
  readonly backend: BackendName;
  readonly threads: number;
}

/** Named by the study, the unit, what it is told, the backend that is loaded now, and the threads. */
export function unitJob(
  { name: study }: Pick<Study, 'name'>,
  { unit, payload, local = {}, label }: UnitRequest,
  threads = 1,
): Job {
  const named = { study, unit, payload, backend: describeBackend().name, threads };
  return defineJob({ kind: 'study', label: `${study}: ${label}`, payload: { ...named, local }, identity: named });
}

/** Has the units of a study done by an executor. */
export function performOn(executor: Executor, study: Study, threads?: number): PerformUnits {
  if (!study.units)
    throw new WeftError(
      'config',
      `the study '${study.name}' has no parts that could be done by other processes`,
      'leave out --executor and --queue',
    );
  return async (requests) =>
    (
      await submitAll(
        executor,
        requests.map((request) => unitJob(study, request, threads)),
      )
    ).map(({ value }) => value);
}

/** The runner of units. */
export function studyRunners(parts: Parts): JobRunners {
  return {
    async study(job, { progress, shouldStop }) {
      const { study, unit, payload, local, backend, threads } = job as unknown as UnitPayload;
      await loadBackend(backend, { threads });
      try {
        return await unitOf(await loadStudy(study), unit)(
          { ...payload, ...local },
          { parts, shouldStop, progress: (done, total) => progress({ done, total }) },
        );
      } catch (error) {
        if (error instanceof StudyStopped) throw interrupted();
        throw error;
      }
    },
  };
}
