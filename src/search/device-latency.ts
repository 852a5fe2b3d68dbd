/**
 * Reads latencies that the script of `weft latency write` measured on another device, matches them with a space, and
 * compares their sums with whole networks.
 */
import { z } from 'zod';
import { readBytes } from '../data/index.js';
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { sha256 } from '../runs/index.js';
import { mean, median, spearman } from '../statistics/index.js';
import { latencyOf, type LatencyTable, timedOperations } from './latency.js';

/** What the script writes; null where it found no number. */
const deviceSchema = z.object({
  format: z.literal('weft-latency'),
  version: z.literal(1),
  space: z.string(),
  /** Shape of one example. */
  inputShape: z.array(z.int().min(1)),
  batchSize: z.int().min(1),
  /** In words: the backend, its version, and where it ran. */
  device: z.string(),
  /** Milliseconds of a network without operations. */
  base: z.number().nullable(),
  /** Additional milliseconds of each operation. */
  milliseconds: z.record(z.string(), z.number().nullable()),
  /** Why an operation or a network could not be run on the device. */
  failures: z.record(z.string(), z.string()).default({}),
  networks: z.array(z.object({ architecture: z.string(), milliseconds: z.number().nullable() })).default([]),
});

export type DeviceLatency = z.output<typeof deviceSchema>;

/** Error of a table's sums relative to whole networks measured on the same device. */
export interface AdditiveError {
  readonly networks: readonly { readonly architecture: string; readonly measured: number; readonly added: number }[];
  /** Mean of |added - measured| / measured. */
  readonly relative: number;
  /** Median of added / measured: above 1 if operations take longer in isolation. */
  readonly ratio: number;
  /** Rank correlation; NaN for fewer than two networks. */
  readonly spearman: number;
}

const AGAIN = 'write the script again with `weft latency write`, and run it on the device';

/** SHA-256 of the file; throws WeftError('config') if it does not exist. */
export const latencyTableHash = (path: string): string => sha256(contentOf(path));

/** A table has a few kB. */
const MOST_BYTES = 2 ** 26;

function contentOf(path: string): string {
  try {
    return readBytes(path, { most: MOST_BYTES }).toString('utf8');
  } catch (cause) {
    throw new WeftError(
      'config',
      `the table of latencies ${path} cannot be read: ${(cause as Error).message}`,
      'name the file that the script of `weft latency write` has written',
      { cause },
    );
  }
}

/** Reads what the script has written; throws WeftError('config') for any other file. */
export function readDeviceLatency(path: string): DeviceLatency {
  const text = contentOf(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new WeftError('config', `${path} is not a latency table: ${(cause as Error).message}`, AGAIN, {
      cause,
    });
  }
  const { success, data, error } = deviceSchema.safeParse(value);
  if (success) return data;
  const { path: field, message } = error.issues[0]!;
  const where = field.length === 0 ? '' : ` at ${field.map((one) => `'${String(one)}'`).join(', ')}`;
  throw new WeftError('config', `${path} is not a latency table${where}: ${message}`, AGAIN);
}

/**
 * The measured operations as a latency table for this space. Throws WeftError('config') naming the first operation that
 * was not measured, or whose time is not a number, and for batches of a size other than `batchSize`.
 */
export function deviceTable(space: SearchSpace, found: DeviceLatency, batchSize: number): LatencyTable {
  const { device, base, milliseconds, failures } = found;
  if (found.batchSize !== batchSize)
    throw new WeftError(
      'config',
      `the latencies were measured with batches of ${found.batchSize}, and limits.latencyBatchSize is ${batchSize}`,
      `set limits.latencyBatchSize: ${found.batchSize}, or measure with other batches (weft latency write --set limits.latencyBatchSize=${batchSize})`,
    );
  const keys = timedOperations(space).map(({ key }) => key);
  const missing = keys.filter((key) => !Object.hasOwn(milliseconds, key) && !Object.hasOwn(failures, key));
  if (missing.length > 0)
    throw new WeftError(
      'config',
      `the latencies are of ${describe(found)}, and ${missing.length === keys.length ? 'no operation' : `${missing.length} of ${keys.length} operations`} of '${space.name}' on ${space.task.inputShape.join('x')} ${missing.length === keys.length ? 'is' : 'are not'} among them: first '${missing[0]!}'`,
      AGAIN,
    );
  const odd = keys.find((key) => !isTime(milliseconds[key]));
  if (odd !== undefined)
    throw new WeftError(
      'config',
      `'${odd}' was not measured on ${device}: ${failures[odd] ?? `its time is ${milliseconds[odd] ?? 'missing'}`}`,
      'measure again; or leave the operation out with limits.options, and write the script with that limit',
    );
  if (!isTime(base))
    throw new WeftError('config', `the time of an empty network on ${device} is ${base ?? 'missing'}`, 'measure again');
  return { batchSize, base, device, milliseconds: Object.fromEntries(keys.map((key) => [key, milliseconds[key]!])) };
}

const describe = ({ space, inputShape }: DeviceLatency): string => `'${space}' on ${inputShape.join('x')}`;

const isTime = (value: number | null | undefined): value is number => typeof value === 'number' && value >= 0;

/** The table with the error of its sums, as a run keeps it. Throws as `deviceTable` does. */
export function assessedTable(space: SearchSpace, found: DeviceLatency, batchSize: number): LatencyTable {
  const table = deviceTable(space, found, batchSize);
  const error = additiveError(space, found);
  if (!error) return table;
  const { networks, relative, spearman: order } = error;
  return {
    ...table,
    error: { networks: networks.length, relative, ...(Number.isFinite(order) && { spearman: order }) },
  };
}

/**
 * The table's error on the whole networks that were measured with it; undefined if there are none. Throws as
 * `deviceTable` does.
 */
export function additiveError(space: SearchSpace, found: DeviceLatency): AdditiveError | undefined {
  const table = deviceTable(space, found, found.batchSize);
  const networks = found.networks.flatMap(({ architecture, milliseconds }) =>
    milliseconds !== null && milliseconds > 0
      ? [{ architecture, measured: milliseconds, added: latencyOf(space.activate(space.decode(architecture)), table) }]
      : [],
  );
  if (networks.length === 0) return undefined;
  return {
    networks,
    relative: mean(networks.map(({ measured, added }) => Math.abs(added - measured) / measured)),
    ratio: median(networks.map(({ measured, added }) => added / measured)),
    spearman: spearman(
      networks.map(({ added }) => added),
      networks.map(({ measured }) => measured),
    ),
  };
}
