/**
 * Distinguishes a stuck process from a slow one. Silence alone says little, because one unit of work may take minutes;
 * a process that is silent and uses no processor time is not working, and one that computes in silence gets much more
 * time.
 */

export interface WatchdogOptions {
  /** Seconds of silence without computing after which a process is stuck. */
  readonly patience?: number;
  /** Seconds of silence, even while computing, after which a process is stuck. */
  readonly busyPatience?: number;
}

export type Condition = 'moving' | 'slow' | 'stuck';

export interface Watchdog {
  /** The process sent a message, at `now` seconds on a monotonic clock. */
  heard(now: number): void;
  /** Its state, given the processor seconds it has used so far; undefined if the system does not report them. */
  check(now: number, processorSeconds: number | undefined): Condition;
}

/** Less than this fraction of a processor does not count as computing: timers and garbage collection. */
const IDLE_SHARE = 0.02;
/** No unit ever has to be faster than this multiple of the longest so far. */
const LONGEST_FACTOR = 10;

export function createWatchdog(start: number, { patience = 60, busyPatience = 1800 }: WatchdogOptions = {}): Watchdog {
  let last = start;
  let longest = 0;
  let since: { now: number; used: number | undefined } | undefined;
  return {
    heard(now) {
      longest = Math.max(longest, now - last);
      last = now;
      since = undefined;
    },
    check(now, used) {
      const silence = now - last;
      since ??= { now, used };
      if (silence > Math.max(busyPatience, LONGEST_FACTOR * longest)) return 'stuck';
      if (silence <= patience) return 'moving';
      if (used === undefined || since.used === undefined) return 'slow';
      const observed = now - since.now;
      if (observed < patience) return 'slow';
      const idle = used - since.used < IDLE_SHARE * observed;
      since = { now, used };
      return idle ? 'stuck' : 'slow';
    },
  };
}
