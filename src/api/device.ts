/** Latency on other devices, as functions that load their dependencies on first call. */
import { type LatencyFilesOutcome, type LatencyFilesRequest, type LatencyTableOutcome } from './latency.js';
import { type PartsRequest } from './parts.js';

export type { LatencyFilesOutcome, LatencyFilesRequest, LatencyTableOutcome };
export type { AdditiveError } from '../search/device-latency.js';

/**
 * Writes a folder that measures the operations of a space on another device: a script for Node, a page for browsers,
 * and TensorFlow.js.
 */
export async function writeLatencyFiles(request: LatencyFilesRequest): Promise<LatencyFilesOutcome> {
  return (await import('./latency.js')).writeLatencyFiles(request);
}

/**
 * The measurements of such a script, matched with the space: the time of each operation, and the error of their sums
 * relative to whole networks on the same device. Throws WeftError('config') for the file of another space, and for
 * operations without a time.
 */
export async function readLatencyTable(file: string, request: PartsRequest = {}): Promise<LatencyTableOutcome> {
  return (await import('./latency.js')).readLatencyTable(file, request);
}
