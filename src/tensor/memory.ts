/** How much memory there is. */
import { totalmem } from 'node:os';

/** Bytes of memory that this process may have: those of the machine, or of the container that it runs in. */
export function availableBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(totalmem(), limit) : totalmem();
}
