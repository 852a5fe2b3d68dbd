/** `parent.ts FOLDER`: has a child process compute without end, and says its id. */
import { fileURLToPath } from 'node:url';
import { createProcessPool, defineJob } from '../../src/jobs/index.js';

const pool = createProcessPool({ program: fileURLToPath(new URL('./child.ts', import.meta.url)) });
const job = defineJob({ kind: 'loop', payload: {}, label: 'loop' });
void pool.perform({
  job,
  folder: process.argv[2]!,
  files: [],
  progress: () => process.stdout.write(`child ${pool.pids()[0]} computing\n`),
});
