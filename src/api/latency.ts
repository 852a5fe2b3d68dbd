/** Latency on other devices: writes the files that measure it there, and reads the results. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { WeftError } from '../errors.js';
import { latencyFiles } from '../export/latency/index.js';
import { sampleDistinct } from '../ranking/index.js';
import { withFolder, writeFolderAtomic } from '../runs/index.js';
import { limitSpace } from '../search/limits.js';
import {
  type AdditiveError,
  additiveError,
  type DeviceLatency,
  deviceTable,
  readDeviceLatency,
} from '../search/device-latency.js';
import { optionsOf, type SearchParts } from '../search/session.js';
import { type SearchSpace } from '../graph/define-space.js';
import { stream } from '../tensor/rng.js';
import { partsOf, type PartsRequest } from './parts.js';

export interface LatencyFilesRequest extends PartsRequest {
  /** The folder to create. */
  readonly out: string;
  /** Number of whole networks measured alongside the operations, to determine the error of the sums. Default 20. */
  readonly networks?: number | undefined;
}

export interface LatencyFilesOutcome {
  readonly folder: string;
  /** Number of operations measured. */
  readonly operations: number;
  readonly networks: number;
}

export interface LatencyTableOutcome extends Pick<DeviceLatency, 'device' | 'batchSize' | 'failures'> {
  /** Milliseconds of each operation, and of a network without any. */
  readonly milliseconds: Readonly<Record<string, number>>;
  readonly base: number;
  /** The error of the sums; undefined if no network was measured. */
  readonly error: AdditiveError | undefined;
}

/** See `writeLatencyFiles` in index.ts. */
export async function writeLatencyFiles({
  out,
  networks = 20,
  ...request
}: LatencyFilesRequest): Promise<LatencyFilesOutcome> {
  const folder = resolve(out);
  if (existsSync(folder) && !readdirSync(folder).every((name) => WRITTEN.has(name)))
    throw new WeftError('config', `${folder} has other files in it`, 'choose a new folder with --out');
  const parts = await partsOf(request);
  const { limits, seed } = parts.config;
  const space = spaceOf(parts);
  const limited = limitSpace(space, { ...limits, latencyMs: undefined, energyMj: undefined }, {}, seed);
  const drawn = networks === 0 ? [] : sampleDistinct(limited, networks, stream(seed, 'latency'));
  const files = await withFolder(dirname(folder), async () => {
    const made = await latencyFiles(space, {
      batchSize: limits.latencyBatchSize,
      networks: drawn.map(({ encoding }) => encoding),
    });
    writeFolderAtomic(folder, made);
    return made;
  });
  const { operations } = JSON.parse(files['operators.json'] as string) as { operations: unknown[] };
  return { folder, operations: operations.length, networks: drawn.length };
}

/** The files that `latencyFiles` writes, and the default location of the script's result. */
const WRITTEN = new Set([
  'operators.json',
  'measure.mjs',
  'measure-node.mjs',
  'index.html',
  'tf.min.js',
  'latency.json',
]);

/** See `readLatencyTable` in index.ts. */
export async function readLatencyTable(file: string, request: PartsRequest = {}): Promise<LatencyTableOutcome> {
  const found = readDeviceLatency(file);
  const space = spaceOf(await partsOf(request)).forRetraining();
  const { milliseconds, base = 0 } = deviceTable(space, found, found.batchSize);
  const { device, batchSize, failures } = found;
  return { device, batchSize, failures, milliseconds, base, error: additiveError(space, found) };
}

const spaceOf = ({ config, space, data }: SearchParts): SearchSpace => space.create(optionsOf(config.space), data.task);
