/** How much memory is available. */
import { totalmem } from 'node:os';

/** Bytes of memory that this process may use: those of the machine, or of the container that it runs in. */
export function availableBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(totalmem(), limit) : totalmem();
}
