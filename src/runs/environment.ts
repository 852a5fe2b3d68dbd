/** What a result may depend on besides config and seed: versions, machine, threads, revision. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform, release } from 'node:os';
import { tf } from '../tensor/tf.js';

export interface Environment {
  readonly weft: string;
  readonly node: string;
  readonly tfjs: string;
  /** TensorFlow.js's name of the backend in use. */
  readonly backend: string;
  /** Version of the TensorFlow library below a native backend. */
  readonly library?: string;
  readonly platform: string;
  readonly cpu: string;
  /** Threads that the machine offers. */
  readonly threads: number;
  /** The variables that set thread counts, where they are set. */
  readonly variables: Readonly<Record<string, string>>;
  /** The git revision of the working directory, with `-dirty` if something is changed. */
  readonly revision?: string;
}

/** The environment of this process; to be asked after the backend is loaded. */
export function describeEnvironment(): Environment {
  const library = (tf.backend() as { binding?: { TF_Version?: string } }).binding?.TF_Version;
  const revision = gitRevision();
  return {
    weft: packageVersion,
    node: process.version,
    tfjs: tf.version_core,
    backend: tf.getBackend(),
    ...(library !== undefined && { library }),
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    variables: Object.fromEntries(
      NUMERIC_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    ...(revision !== undefined && { revision }),
  };
}

export const packageVersion = (createRequire(import.meta.url)('weft-nas/package.json') as { version: string }).version;

/** Variables of the environment on which the last bits of numbers depend. */
const NUMERIC_VARIABLES = [
  'OMP_NUM_THREADS',
  'TF_NUM_INTRAOP_THREADS',
  'TF_NUM_INTEROP_THREADS',
  'TF_ENABLE_ONEDNN_OPTS',
  'UV_THREADPOOL_SIZE',
  'NVIDIA_TF32_OVERRIDE',
  'TF_DETERMINISTIC_OPS',
];

function gitRevision(): string | undefined {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    }).trim();
  } catch {
    return undefined; // no git, or no repository
  }
}
