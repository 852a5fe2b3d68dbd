/** The one place that asks the machine for the time and for memory. */

/** The time of day, for names and for readers; never for measuring, because clocks are set. */
export const now = (): Date => new Date();

export interface Stopwatch {
  /** Seconds since the start, plus those that earlier processes have spent on the same run. */
  elapsed(): number;
  /**
   * Seconds of processor time that this process has taken since the start, all threads together: what else the machine
   * does is not in it.
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

/** The most memory this process has had resident so far, in MB (2^20 bytes). */
export const peakMemoryMB = (): number => process.resourceUsage().maxRSS / 1024;
