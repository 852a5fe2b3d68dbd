/**
 * Graceful shutdown. The first signal asks the work to stop at its next step, with a checkpoint; the second stops it
 * immediately. Kernels block the thread, so signals arrive only between them.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Shutdown {
  /** The signal received, if any: to be polled between steps. */
  readonly requested: NodeJS.Signals | undefined;
  /** The exit code that a shell expects of a process stopped by this signal: 128 plus its number, 130 for Ctrl-C. */
  readonly exitCode: number;
  /** Removes the handlers. */
  dispose(): void;
}

/** Catches the signals that ask a process to stop; `onRequest` is called at the first. */
export function catchSignals(onRequest?: (signal: NodeJS.Signals) => void): Shutdown {
  let requested: NodeJS.Signals | undefined;
  const handler = (signal: NodeJS.Signals): void => {
    if (requested) process.exit(exitCodeOf(signal));
    requested = signal;
    onRequest?.(signal);
  };
  for (const signal of SIGNALS) process.on(signal, handler);
  return {
    get requested() {
      return requested;
    },
    get exitCode() {
      return requested ? exitCodeOf(requested) : 0;
    },
    dispose() {
      for (const signal of SIGNALS) process.off(signal, handler);
    },
  };
}

/** Lets pending signals, timers and output through; to be awaited once per step. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];
