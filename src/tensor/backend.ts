/**
 * Chooses and loads a TensorFlow.js backend: the GPU build, the native CPU build, WebAssembly,
 * plain JavaScript, in this order of preference.
 */
import { createRequire } from 'node:module';
import { unknownNameHint, WeftError } from '../errors.js';
import {
  computeExactlyOnGpu,
  limitThreads,
  runSessionsInOrder,
  seesGpu,
  tensorflowThreads,
  threadsFromEnvironment,
  useOneDnn,
  whyNotInstalled,
} from './environment.js';
import { installNativeKernels } from './kernels/index.js';
import { restoreNodeUtilities } from './node-compat.js';
import { tf } from './tf.js';

export type BackendName = 'gpu' | 'native' | 'wasm' | 'cpu';
export const BACKENDS: readonly BackendName[] = ['gpu', 'native', 'wasm', 'cpu'];

export interface LoadBackendOptions {
  /** Threads of the native backends; WEFT_THREADS by default, else one per processor. Fixed by the first load. */
  threads?: number;
}

export interface BackendDescription {
  name: BackendName;
  /** The library that does the computation, with its version. */
  library: string;
  threads: number;
}

const require = createRequire(import.meta.url);

/**
 * Loads the requested backend (the argument, else WEFT_BACKEND), or the best one that loads; resolves to its name. A
 * process can switch from one backend to another; existing tensors stay on theirs.
 */
export async function loadBackend(
  wanted?: BackendName,
  { threads = threadsFromEnvironment() }: LoadBackendOptions = {},
): Promise<BackendName> {
  const asked = checked(wanted ?? process.env['WEFT_BACKEND']);
  if (threads && !nativePackage) limitThreads(threads);
  let cause = new Error('none was tried');
  for (const name of asked ? [asked] : BACKENDS) {
    try {
      await load(name);
      return name;
    } catch (error) {
      cause = error as Error;
    }
  }
  throw new WeftError(
    'backend',
    `the backend '${asked}' cannot be loaded: ${cause.message.split('\n')[0]}`,
    remedy(asked),
    { cause },
  );
}

/** The backend in use. */
export function describeBackend(): BackendDescription {
  const name = tf.getBackend();
  if (name === 'tensorflow') {
    const { TF_Version } = (tf.backend() as unknown as { binding: { TF_Version: string } }).binding;
    return {
      name: nativePackage === GPU_PACKAGE ? 'gpu' : 'native',
      library: `TensorFlow ${TF_Version}`,
      threads: tensorflowThreads(),
    };
  }
  const simd = name === 'wasm' && tf.env().getBool('WASM_HAS_SIMD_SUPPORT') ? ', SIMD' : '';
  return {
    name: name as BackendName,
    library: `TensorFlow.js ${tf.version['tfjs-core']} (${name}${simd})`,
    threads: 1,
  };
}

const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';
const CPU_PACKAGE = '@tensorflow/tfjs-node';

/** The package that holds this process's native backend: there can be only one. */
let nativePackage: string | undefined;
const failures = new Map<string, Error>();

async function load(name: BackendName): Promise<void> {
  if (name === 'gpu' || name === 'native') loadNative(name === 'gpu' ? GPU_PACKAGE : CPU_PACKAGE);
  if (name === 'wasm') require('@tensorflow/tfjs-backend-wasm');
  const registered = name === 'gpu' || name === 'native' ? 'tensorflow' : name;
  if (!(await tf.setBackend(registered))) throw new Error('it cannot be initialized');
  // The plain JavaScript backend prints a recommendation of the native one when it is first used.
  if (name === 'cpu') (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
}

function loadNative(packageName: string): void {
  if (nativePackage === packageName) return;
  if (nativePackage) throw new Error(`this process has already loaded ${nativePackage}`);
  const earlier = failures.get(packageName);
  if (earlier) throw earlier;
  try {
    requireNative(packageName);
    installNativeKernels();
    nativePackage = packageName;
  } catch (error) {
    failures.set(packageName, error as Error);
    throw error;
  }
}

function requireNative(packageName: string): void {
  const reason = whyNotInstalled(packageName);
  if (reason) throw new Error(reason);
  if (packageName === GPU_PACKAGE) {
    if (!seesGpu()) throw new Error('TensorFlow sees no CUDA device');
    computeExactlyOnGpu();
  }
  runSessionsInOrder();
  useOneDnn();
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  restoreNodeUtilities();
  require(packageName);
}

function checked(name: string | undefined): BackendName | undefined {
  if (!name) return undefined;
  if ((BACKENDS as readonly string[]).includes(name)) return name as BackendName;
  throw new WeftError('backend', `there is no backend '${name}'`, unknownNameHint(name, BACKENDS));
}

function remedy(name: BackendName | undefined): string {
  if (name === 'gpu') return '`weft setup --gpu` installs it; on Linux it needs the driver of NVIDIA alone';
  return name === 'native'
    ? '`weft setup` installs it and says what is in the way'
    : '`weft doctor` says what loads here';
}
