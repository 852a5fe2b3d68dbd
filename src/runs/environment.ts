/** What a result may depend on besides config and seed: versions, machine, threads, revision. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release } from 'node:os';
import { describeBackend } from '../tensor/backend.js';
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
  /** The processor's vector instructions, where the system tells: a virtual machine may hide some of its model's. */
  readonly instructions?: string;
  /** Models of the graphics processors, and the driver, where one computes and the system tells. */
  readonly device?: string;
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

/** Variables of the environment on which the last bits of numbers depend. */
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

/** As the kernel lists them: on x86 `flags`, on ARM `Features`. */
function vectorInstructions(): string | undefined {
  const line = /^(?:flags|Features)\s*: (.*)$/m.exec(read('/proc/cpuinfo') ?? '')?.[1];
  return line
    ?.split(' ')
    .filter((name) => /^(sse4|avx|fma|f16c|amx|asimd|sve|sme|bf16|i8mm)/.test(name))
    .sort()
    .join(' ');
}

/** What the driver of NVIDIA says under /proc. */
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
    return undefined; // another system
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
