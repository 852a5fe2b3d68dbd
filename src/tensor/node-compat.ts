import util from 'node:util';

/**
 * Restores the functions of `util` that Node 23 removed and @tensorflow/tfjs-node 4.22 still calls (tensorflow/tfjs
 * issue 8609).
 */
export function restoreNodeUtilities(): void {
  const removed = util as unknown as Record<string, unknown>;
  removed['isNullOrUndefined'] ??= (value: unknown): boolean => value === null || value === undefined;
  removed['isArray'] ??= Array.isArray;
}
