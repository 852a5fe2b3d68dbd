/** Shared by every process that runs jobs; loads no library. */
import { WeftError } from '../errors.js';
import { type JobRunner, type JobRunners } from './contract.js';

/** The runner of a kind; throws WeftError('job') for an unknown one. */
export function runnerOf(runners: JobRunners, kind: string): JobRunner {
  if (Object.hasOwn(runners, kind)) return runners[kind]!;
  throw new WeftError(
    'job',
    `jobs of the kind '${kind}' cannot be done here`,
    `known are ${Object.keys(runners).join(', ')}; workers and submitters must have the same version of weft`,
  );
}

/** The error that a runner throws when asked to stop. */
export const interrupted = (): WeftError =>
  new WeftError('job', 'the job was interrupted', 'submit it again: it continues from its last checkpoint');
