/** Runners that take no time, and no library to load. */
import { setTimeout } from 'node:timers/promises';
import { WeftError } from '../../src/errors.js';
import { type JobRunners } from '../../src/jobs/contract.js';
import { interrupted } from '../../src/jobs/runner.js';

/** How often each runner was called. */
export function countingRunners(): { runners: JobRunners; calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    runners: {
      square({ number }) {
        calls++;
        if (number === 13) throw new WeftError('numeric', 'thirteen has no square', 'take another number');
        return Promise.resolve({ square: (number as number) ** 2 });
      },
      async wait({ name, steps }, { progress, shouldStop }) {
        calls++;
        for (let done = 0; done < (steps as number); done++) {
          if (shouldStop()) throw interrupted();
          await setTimeout(1);
          progress({ done: done + 1, total: steps as number });
        }
        return { name: name as string };
      },
    },
  };
}
