/** The only module that queries the machine for time and memory. */

/** The time of day, for names and for readers; never for measuring, because clocks get adjusted. */
export const now = (): Date => new Date();

export interface Stopwatch {
  /** Seconds since the start, plus those spent by earlier processes on the same run. */
  elapsed(): number;
  /**
   * Seconds of processor time used by this process since the start, over all threads; unaffected by other load on the
   * machine.
   */
  processor(): number;
}

/** Starts a monotonic stopwatch at `already` seconds. */
export function stopwatch(already = 0): Stopwatch {
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  return {
    elapsed: () => already + Number(process.hrtime.bigint() - start) / 1e9,
    processor() {
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    },
  };
}

/** Peak resident memory of this process so far, in MB (2^20 bytes). */
export const peakMemoryMB = (): number => process.resourceUsage().maxRSS / 1024;
