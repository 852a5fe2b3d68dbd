/** The environment that a result may depend on besides config and seed: versions, machine, threads, revision. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release } from 'node:os';
import { describeBackend } from '../tensor/backend.js';
import { vectorInstructions } from '../tensor/processor.js';
import { tf } from '../tensor/tf.js';

export interface Environment {
  readonly weft: string;
  readonly node: string;
  readonly tfjs: string;
  /** TensorFlow.js's name for the backend in use. */
  readonly backend: string;
  /** Version of the TensorFlow library behind a native backend. */
  readonly library?: string;
  readonly platform: string;
  readonly cpu: string;
  /**
   * The processor's vector instructions, if the system reports them: a virtual machine may hide some of its model's.
   */
  readonly instructions?: string;
  /** Models of the graphics processors, and the driver, if one is used and the system reports it. */
  readonly device?: string;
  /** Number of threads available on the machine. */
  readonly threads: number;
  /** The variables that affect the last bits of numbers, if they are set. */
  readonly variables: Readonly<Record<string, string>>;
  /** The git revision of the working directory, with `-dirty` if there are uncommitted changes. */
  readonly revision?: string;
}

/** The environment of this process; to be called after the backend is loaded. */
export function describeEnvironment(): Environment {
  const library = (tf.backend() as { binding?: { TF_Version?: string } }).binding?.TF_Version;
  const revision = gitRevision();
  const instructions = vectorInstructions();
  const device = describeBackend().name === 'gpu' ? graphicsProcessors() : undefined;
  return {
    weft: packageVersion,
    node: process.version,
    tfjs: tf.version_core,
    backend: tf.getBackend(),
    ...(library !== undefined && { library }),
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    ...(instructions !== undefined && { instructions }),
    ...(device !== undefined && { device }),
    threads: availableParallelism(),
    variables: Object.fromEntries(
      NUMERIC_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    ...(revision !== undefined && { revision }),
  };
}

export const packageVersion = (createRequire(import.meta.url)('weft-nas/package.json') as { version: string }).version;

/** Environment variables that affect the last bits of numbers. */
export const NUMERIC_VARIABLES = [
  'OMP_NUM_THREADS',
  'TF_NUM_INTRAOP_THREADS',
  'TF_NUM_INTEROP_THREADS',
  'TF_ENABLE_ONEDNN_OPTS',
  'ONEDNN_MAX_CPU_ISA',
  'DNNL_MAX_CPU_ISA',
  'ONEDNN_DEFAULT_FPMATH_MODE',
  'NVIDIA_TF32_OVERRIDE',
  'TF_DETERMINISTIC_OPS',
];

/** The NVIDIA driver's information under /proc. */
function graphicsProcessors(): string | undefined {
  const folder = '/proc/driver/nvidia';
  try {
    const models = readdirSync(`${folder}/gpus`).flatMap(
      (name) => /^Model:\s*(.*)$/m.exec(read(`${folder}/gpus/${name}/information`) ?? '')?.[1] ?? [],
    );
    const driver = /Kernel Module.*?\s(\d+\.[\d.]+)\s/.exec(read(`${folder}/version`) ?? '')?.[1];
    return `${models.join(', ')}, driver ${driver ?? 'unknown'}`;
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // a different system
  }
}

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
