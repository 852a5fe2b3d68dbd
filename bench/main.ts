/**
 * `npm run bench`: our workloads and PyTorch's side by side, a Markdown table on standard output, the numbers in
 * bench/results.json. Options: --python PATH, --only TEXT (part of a workload's name), --threads N, --blocks N.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { describeBackend, loadBackend } from '../src/tensor/backend.js';
import { startWorker } from './anchor-worker.js';
import { compare, type Comparison } from './compare.js';
import { findPython } from './python.js';
import { measureStart } from './start.js';
import { WORKLOADS } from './workloads/index.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
    blocks: { type: 'string', default: '7' },
  },
});
const threads = Number(values.threads);
const python = findPython(values.python);
await loadBackend('native', { threads });

const workers = [await startWorker(python, threads), await startWorker(python, threads)];
console.log(
  `${cpus()[0]!.model.trim()}, ${threads} threads each; Node.js ${process.versions.node} with ${describeBackend().library}, PyTorch ${workers[0]!.torch}.`,
);
console.log(`Medians of steps in ${values.blocks} alternating blocks.\n`);
console.log('| workload | ours, ms | anchor | anchor, ms | ratio |\n|---|---:|---|---:|---:|');
const results: Comparison[] = [];
for (const create of WORKLOADS) {
  const workload = create();
  if (!workload.name.includes(values.only)) continue;
  const result = await compare(workload, workers, { blocks: Number(values.blocks) });
  const { oursMs, anchor, anchorMs, ratio } = result;
  console.log(`| ${workload.name} | ${figures(oursMs)} | ${anchor} | ${figures(anchorMs)} | ${ratio.toFixed(2)} |`);
  results.push(result);
}
workers.forEach((worker) => worker.close());
if (!values.only) writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);

if ('start'.includes(values.only)) {
  console.log('\n| start of the built package | median, ms | fastest, ms |\n|---|---:|---:|');
  for (const { name, median, fastest } of measureStart())
    console.log(`| ${name} | ${figures(median)} | ${figures(fastest)} |`);
}

/** Three significant digits. */
function figures(milliseconds: number): string {
  return milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toPrecision(3);
}
