/**
 * `npm run bench`: our workloads and PyTorch's side by side, a Markdown table on standard output, the numbers in
 * bench/results.json. Options: --python PATH, --only TEXT (part of a workload's name), --threads N, --blocks N.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { describeBackend, loadBackend } from '../src/tensor/backend.js';
import { tf } from '../src/tensor/tf.js';
import { startWorker } from './anchor-worker.js';
import { compare, type Comparison } from './compare.js';
import { findPython } from './python.js';
import { isBuilt, measureStart } from './start.js';
import { WORKLOADS } from './workloads/index.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
    blocks: { type: 'string', default: '7' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log("npm run bench -- [--python PATH] [--only TEXT, part of a workload's name] [--threads N] [--blocks N]");
  process.exit(0);
}
const threads = Number(values.threads);
const python = findPython(values.python);
await loadBackend('native', { threads });

const workers = [await startWorker(python, threads), await startWorker(python, threads)];
console.log(
  `${cpus()[0]!.model.trim()}, ${threads} threads each; Node.js ${process.versions.node} with ${describeBackend().library}, PyTorch ${workers[0]!.torch}.`,
);
console.log(`Medians of steps in ${values.blocks} alternating blocks.\n`);
const peak = fastestProduct();
console.log(`A product of two matrices of 1024x1024 runs at ${figures(peak)} GFLOP/s: what these threads can do.\n`);
console.log('| workload | ours, ms | anchor | anchor, ms | ratio | GFLOP/s |\n|---|---:|---|---:|---:|---:|');
const results: Comparison[] = [];
for (const create of WORKLOADS) {
  const workload = create();
  if (!workload.name.includes(values.only)) continue;
  const result = await compare(workload, workers, { blocks: Number(values.blocks) });
  const { oursMs, anchor, anchorMs, ratio, gigaflops } = result;
  const speed = gigaflops ? `${figures(gigaflops)} (${Math.round((100 * gigaflops) / peak)} %)` : '';
  console.log(
    `| ${workload.name} | ${figures(oursMs)} | ${anchor} | ${figures(anchorMs)} | ${ratio.toFixed(2)} | ${speed} |`,
  );
  results.push(result);
}
workers.forEach((worker) => worker.close());
if (!values.only) writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);

if ('start'.includes(values.only) && !isBuilt()) {
  console.log('\nThe start of the package is measured only after `npm run build`.');
} else if ('start'.includes(values.only)) {
  console.log('\n| start of the built package | median, ms | fastest, ms |\n|---|---:|---:|');
  for (const { name, median, fastest } of measureStart())
    console.log(`| ${name} | ${figures(median)} | ${figures(fastest)} |`);
}

/** The speed of a large matrix product in GFLOP/s, the fastest of several: a reference for all others. */
function fastestProduct(): number {
  const size = 1024;
  const a = tf.ones([size, size]);
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now();
    tf.dispose(tf.matMul(a, a));
    return performance.now() - start;
  });
  a.dispose();
  return (2 * size ** 3) / 1e6 / Math.min(...times);
}

/** Three significant digits. */
function figures(milliseconds: number): string {
  return milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toPrecision(3);
}
