import { WeftError } from '../errors.js';

/** Default limit on the bytes of a matrix and its inverse together. */
export const DEFAULT_MEMORY = 2 ** 30;

/** Throws if a matrix of this size, with its inverse, would exceed the limit, before it is allocated. */
export function refuseBeyond(limit: number, size: number, what: string): void {
  const bytes = 2 * size * size * 4;
  if (bytes <= limit) return;
  throw new WeftError(
    'unsupported',
    `${what} is a ${size}x${size} matrix: ${megabytes(bytes)} with its inverse, but the limit is ${megabytes(limit)}`,
    'choose a Kronecker-factored, unit-wise or diagonal representation, or increase `memory`',
  );
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 1 : 0)} MB`;
