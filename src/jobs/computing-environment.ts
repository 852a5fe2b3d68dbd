/**
 * The computing environment of a job: the bits of its result depend on it, so it is part of the job's name and is
 * checked before anything runs.
 */
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { type BackendName, BACKENDS, describeBackend, loadBackend } from '../tensor/backend.js';
import { textSchema, threadsSchema } from './schema.js';

export interface Computing {
  readonly backend: BackendName;
  /** The library behind the backend, with its version; null if the submitter had not loaded it. */
  readonly library: string | null;
  /** The major version of Node, whose JavaScript Math functions differ in their last bits between versions. */
  readonly node: number;
  readonly threads: number;
}

export const computingFields = {
  backend: z.enum(BACKENDS as [BackendName, ...BackendName[]]),
  library: textSchema(200).nullable(),
  node: z.int().min(1).max(1000),
  threads: threadsSchema,
};

const NODE = Number.parseInt(process.versions.node);

/** The computing environment here, with the library that is loaded for the backend. */
export function computingHere(threads = 1, backend = describeBackend().name): Computing {
  const { name, library } = describeBackend();
  return { backend, library: name === backend ? library : null, node: NODE, threads };
}

/**
 * Loads the computing environment of a job; throws WeftError('version') if this worker has another, whose result would
 * have other bits.
 */
export async function loadComputing({ backend, library, node, threads }: Computing): Promise<void> {
  if (node !== NODE) throw otherVersion(`Node ${node}`, `Node ${NODE}`);
  await loadBackend(backend, { threads });
  const { library: found } = describeBackend();
  if (library !== null && library !== found) throw otherVersion(library, found);
}

const otherVersion = (wanted: string, found: string): WeftError =>
  new WeftError(
    'version',
    `the job was submitted with ${wanted}, and this worker has ${found}: its result would differ in its last bits`,
    'the job waits for a worker with the same versions of weft, Node and TensorFlow as its submitter',
  );
