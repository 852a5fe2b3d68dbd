/** What every process that does jobs needs; loads no library. */
import { WeftError } from '../errors.js';
import { type JobRunner, type JobRunners } from './contract.js';

/** The runner of a kind; throws WeftError('job') for one that is not known. */
export function runnerOf(runners: JobRunners, kind: string): JobRunner {
  if (Object.hasOwn(runners, kind)) return runners[kind]!;
  throw new WeftError(
    'job',
    `jobs of the kind '${kind}' cannot be done here`,
    `known are ${Object.keys(runners).join(', ')}; workers and submitters must have the same version of weft`,
  );
}

/** What a runner throws that was asked to stop. */
export const interrupted = (): WeftError =>
  new WeftError('job', 'the job was interrupted', 'submit it again: it continues from its last checkpoint');
