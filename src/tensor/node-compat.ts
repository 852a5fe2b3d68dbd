/**
 * Node 23 removed functions of `util` that @tensorflow/tfjs-node 4.22 still calls
 * (tensorflow/tfjs issue 8609). They are put back before the library loads.
 */
import util from 'node:util';

const removed = util as unknown as Record<string, unknown>;
removed['isNullOrUndefined'] ??= (value: unknown): boolean => value === null || value === undefined;
removed['isArray'] ??= Array.isArray;
