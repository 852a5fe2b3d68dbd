/** The machine: Node, processors, memory, disk, graphics processors. */
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { type WeftError } from '../errors.js';
import { tensorflowThreads, threadsFromEnvironment } from '../tensor/environment.js';
import { type DoctorRow } from './row.js';
import { outputOf } from './tools.js';

const GIB = 2 ** 30;
const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

/** The Node releases that package.json declares: ^20.19 || ^22.12 || ^24. */
const OLDEST_MINOR: Record<number, number> = { 20: 19, 22: 12, 24: 0 };

export function examineNode(version = process.versions.node): DoctorRow {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  const oldest = OLDEST_MINOR[major];
  const detail = `${version}, ${process.platform}-${process.arch}`;
  if (oldest !== undefined && minor >= oldest) return { topic: 'node', status: 'ok', detail };
  return {
    topic: 'node',
    status: 'warn',
    detail: `${detail}: this version is not tested`,
    remedy: 'use Node 24, Node 22 from 22.12 on, or Node 20 from 20.19 on',
  };
}

export function examineProcessors(): DoctorRow {
  const processors = `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown'}`;
  try {
    const threads = threadsFromEnvironment() ?? tensorflowThreads();
    return {
      topic: 'processors',
      status: 'ok',
      detail: `${processors}; the native backend uses ${threads} (WEFT_THREADS)`,
    };
  } catch (error) {
    const { message, hint } = error as WeftError;
    return { topic: 'processors', status: 'warn', detail: `${processors}; ${message}`, remedy: `set it to ${hint}` };
  }
}

export function examineMemory(
  available = process.availableMemory(),
  total = Math.min(totalmem(), process.constrainedMemory() || Infinity),
): DoctorRow {
  const detail = `${gib(available)} of ${gib(total)} available`;
  if (available >= 2 * GIB) return { topic: 'memory', status: 'ok', detail };
  return {
    topic: 'memory',
    status: 'warn',
    detail,
    remedy: 'close other programs, or search with a smaller batch (--set search.batchSize=32)',
  };
}

export async function examineDisk(folder = process.cwd()): Promise<DoctorRow> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${gib(free)} free in ${folder}`;
  if (free >= GIB) return { topic: 'disk', status: 'ok', detail };
  return { topic: 'disk', status: 'warn', detail, remedy: 'free some space, or write runs elsewhere (--runs)' };
}

export async function examineGpu(): Promise<DoctorRow> {
  const listed = await outputOf('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader']);
  if (!listed) return { topic: 'gpu', status: 'ok', detail: 'no NVIDIA device; none is needed' };
  return {
    topic: 'gpu',
    status: 'ok',
    detail: listed.split('\n').join('; '),
    remedy: '`weft setup --gpu` installs the CUDA build of TensorFlow, on Linux with the libraries of CUDA (3 GB)',
  };
}
