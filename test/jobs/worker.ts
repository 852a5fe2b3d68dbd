/** `worker.ts QUEUE RESULTS SLOTS [VERSION]`: a worker with the runners of child.ts; a line for each event. */
import { fileURLToPath } from 'node:url';
import { createCrew, openQueue, openResults, serveQueue } from '../../src/jobs/index.js';

const [where, results, slots, version] = process.argv.slice(2) as [string, string, string, string?];
const say = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const onTrouble = (message: string): void => say({ type: 'trouble', message });
const queue = await openQueue(where, { onTrouble, patience: 60, ...(version !== undefined && { version }) });
const crew = createCrew({ program: fileURLToPath(new URL('./child.ts', import.meta.url)) });
const service = serveQueue({
  queue,
  crew,
  results: openResults(results),
  slots: Number(slots),
  onEvent: say,
  onTrouble,
});
say({ type: 'serving' });
process.on('SIGTERM', () => void service.stop());
await service.ended;
await crew.close();
await queue.close();
