/** A child process with runners that behave badly when asked to. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { WeftError, type WeftErrorCode } from '../../src/errors.js';
import { z } from 'zod';
import { serveJobs } from '../../src/jobs/child.js';
import { checkedRunner } from '../../src/jobs/schema.js';
import { countingRunners } from './runners.js';

const { runners } = countingRunners();
serveJobs({
  ...runners,
  square: checkedRunner(
    'square',
    { schema: z.strictObject({ number: z.number() }), identity: (payload) => payload },
    runners['square']!,
  ),
  /** Leaves a mark, and ends the process unless there is one. */
  async die({ marks }, { folder }) {
    for (let mark = 1; mark <= (marks as number); mark++) {
      try {
        writeFileSync(join(folder, `mark${mark}`), '', { flag: 'wx' });
        process.kill(process.pid, 'SIGKILL');
      } catch {
        continue;
      }
      await setTimeout(60_000);
    }
    return { died: marks! };
  },
  /** Neither computes nor answers. */
  hang: () => new Promise(() => setInterval(() => {}, 1e6)),
  /** Computes for some milliseconds without a word. */
  compute({ milliseconds }) {
    const until = process.hrtime.bigint() + BigInt(milliseconds as number) * 1_000_000n;
    while (process.hrtime.bigint() < until);
    return Promise.resolve({ threads: process.env['WEFT_THREADS'] ?? null, secret: process.env['WEFT_QUEUE'] ?? null });
  },
  /** Fails with a message that quotes its data: a NUL, half a surrogate pair, and a secret in the hint. */
  refuse: ({ code }) =>
    Promise.reject(new WeftError(code as WeftErrorCode, "line 2: '\0\ud800' is not a number", "take 's3cret'")),
  /** Says that it begins, and never comes back. */
  loop(_payload, { progress }) {
    progress({ done: 0, total: 1 });
    return new Promise((resolve) => {
      globalThis.setTimeout(() => {
        for (let turns = 0; turns < Infinity; turns++);
        resolve({});
      }, 100);
    });
  },
  /** A defect. */
  crash: () => Promise.reject(new TypeError('undefined is not a function')),
});
