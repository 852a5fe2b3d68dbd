/** Latency on other devices, as functions; each loads what it needs when it is called. */
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
 * What such a script has measured, held against the space: the time of each operation, and how far their sums are from
 * whole networks on the same device. Throws WeftError('config') for the file of another space, and for operations
 * without a time.
 */
export async function readLatencyTable(file: string, request: PartsRequest = {}): Promise<LatencyTableOutcome> {
  return (await import('./latency.js')).readLatencyTable(file, request);
}
