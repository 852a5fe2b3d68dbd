/** `worker.ts QUEUE RESULTS SLOTS [VERSION]`: a worker with the runners of child.ts; a line for each event. */
import { fileURLToPath } from 'node:url';
import { createProcessPool, openQueue, openResults, serveQueue } from '../../src/jobs/index.js';

const [where, results, slots, version] = process.argv.slice(2) as [string, string, string, string?];
const say = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const onTrouble = (message: string): void => say({ type: 'trouble', message });
const queue = await openQueue(where, { onTrouble, patience: 60, ...(version !== undefined && { version }) });
const pool = createProcessPool({ program: fileURLToPath(new URL('./child.ts', import.meta.url)) });
const service = serveQueue({
  queue,
  pool,
  results: openResults(results),
  slots: Number(slots),
  onEvent: say,
  onTrouble,
});
say({ type: 'serving' });
process.on('SIGTERM', () => void service.stop());
await service.ended;
await pool.close();
await queue.close();
