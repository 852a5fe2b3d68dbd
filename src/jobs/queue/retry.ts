/** Waiting for a database that does not respond: it may be restarting, or be started after its clients. */
import { setTimeout as sleep } from 'node:timers/promises';
import { stopwatch } from '../../runs/index.js';
import { isPassing, type Location, queueError } from './location.js';

export interface WaitOptions {
  /** Seconds to wait for a database that does not respond; 0 by default. */
  readonly patience?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

const WAIT_SECONDS = { first: 0.25, most: 10 };

/**
 * Retries with increasing delays until there is a response, and reports it; rejects with a permanent error, and with
 * the last transient one when patience ends.
 */
export async function retryUntilResponse<T>(
  ask: () => Promise<T>,
  location: Location,
  { patience = 0, signal, onTrouble = () => {} }: WaitOptions & { readonly onTrouble?: (message: string) => void } = {},
): Promise<T> {
  const watch = stopwatch();
  for (let wait = WAIT_SECONDS.first; ; wait = Math.min(WAIT_SECONDS.most, 2 * wait)) {
    try {
      return await ask();
    } catch (error) {
      const left = patience - watch.elapsed();
      if (!isPassing(error) || left <= 0 || signal?.aborted) throw queueError(error, location);
      const limit = Number.isFinite(left) ? `, for ${Math.ceil(left)} s more` : '';
      onTrouble(`${queueError(error, location).message}; trying again in ${wait} s${limit}`);
      await sleep(1000 * Math.min(wait, left), undefined, signal && { signal }).catch(() => {});
    }
  }
}
