/**
 * The measuring script, for Node and for browsers, with its entry points for both; plain JavaScript that needs only
 * TensorFlow.js.
 */

/** `measure(tf, plan, say)`: the times of all operations and networks of a plan (`operators.json`). */
export const MEASURE = `/** Times operations one by one, and whole networks, with whatever TensorFlow.js is given. */

/**
 * Times over all operations: what changes in the meantime, such as the clock of the processor, falls on all of them.
 */
const PASSES = 3;
/** Samples of each in a pass. */
const SAMPLES = 7;
/**
 * Milliseconds that a sample lasts at least: as short as the clock, which browsers make coarse, can tell it, so that
 * little else comes between.
 */
const SAMPLE_MS = Math.max(1, 50 * resolution());
const MOST_RUNS = 1000;
/** Attempts that must all last that long. */
const TRIALS = 5;
/** Runs before anything counts, and milliseconds: shaders and JavaScript are compiled in them. */
const WARM_UP_RUNS = 3;
const WARM_UP_MS = 30;

const EMPTY = 'an empty network';
const READING = 'reading a result';

export async function measure(tf, { space, inputShape, batchSize, base, reading, operations, networks }, say = () => {}) {
  await tf.ready();
  const times = new Map();
  const failures = {};
  const entries = [{ key: EMPTY, ...base }, { key: READING, ...reading }, ...operations, ...networks.map((one) => ({ key: one.architecture, ...one }))];
  for (let pass = 0; pass < PASSES; pass++) {
    for (const [index, entry] of entries.entries()) {
      if (failures[entry.key] !== undefined) continue;
      say(pass * entries.length + index, PASSES * entries.length, entry.key);
      try {
        times.set(entry.key, await timesOf(tf, entry, batchSize, times.get(entry.key)));
      } catch (error) {
        failures[entry.key] = String(error?.message ?? error);
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  // T = r + n c for n runs of c milliseconds, after which the result is read in r, which two lengths of a small
  // operation tell. An empty network has nothing to read where a graphics processor computes.
  const { once, twice } = leastOf(times.get(READING));
  const read = Math.max(0, 2 * once - twice);
  const timeOf = (key) => {
    if (failures[key] !== undefined) return null;
    const { runs, ...least } = leastOf(times.get(key));
    return Math.max(0, Math.min((least.once - read) / runs, (least.twice - read) / (2 * runs)));
  };
  const empty = timeOf(EMPTY);
  return {
    format: 'weft-latency',
    version: 1,
    space,
    inputShape,
    batchSize,
    device: describeDevice(tf),
    base: empty,
    // Every run of a model has the same costs of calling it, which a network has once.
    milliseconds: Object.fromEntries(operations.map(({ key }) => [key, failures[key] === undefined ? Math.max(0, timeOf(key) - empty) : null])),
    failures,
    networks: networks.map(({ architecture }) => ({ architecture, milliseconds: timeOf(architecture) })),
  };
}

/** The least of each, which nothing else has disturbed. */
const leastOf = ({ runs, once, twice } = { runs: 1, once: [], twice: [] }) => ({ runs, once: Math.min(...once), twice: Math.min(...twice) });

/** Times of a number of runs and of twice as many, after those of earlier passes. */
async function timesOf(tf, entry, batchSize, earlier) {
  const model = await tf.loadGraphModel(tf.io.fromMemory(artifactsOf(entry)));
  const input = tf.tensor(filled(batchSize * entry.inputShape.reduce((product, length) => product * length, 1)), [batchSize, ...entry.inputShape]);
  /** Milliseconds of so many runs, to the end of the last one: what it gives is read. */
  const elapsed = async (runs) => {
    const start = performance.now();
    let output;
    for (let run = 0; run < runs; run++) {
      output?.dispose();
      output = model.execute(input);
    }
    await output.data();
    const end = performance.now();
    output.dispose();
    return end - start;
  };
  try {
    let spent = 0;
    for (let run = 0; run < WARM_UP_RUNS || (spent < WARM_UP_MS && run < MOST_RUNS); run++) spent += await elapsed(1);
    const { runs, once, twice } = earlier ?? { runs: await enough(elapsed), once: [], twice: [] };
    for (let sample = 0; sample < SAMPLES; sample++) {
      once.push(await elapsed(runs));
      twice.push(await elapsed(2 * runs));
    }
    return { runs, once, twice };
  } finally {
    input.dispose();
    model.dispose();
  }
}

/** As many runs as last long enough, also where nothing disturbs them. */
async function enough(elapsed) {
  for (let runs = 1; ; runs *= 2) {
    let least = Infinity;
    for (let trial = 0; trial < TRIALS && least >= SAMPLE_MS; trial++) least = Math.min(least, await elapsed(runs));
    if (least >= SAMPLE_MS || runs >= MOST_RUNS) return runs;
  }
}

/** The smallest step of the clock, in milliseconds. */
function resolution() {
  let least = Infinity;
  for (let step = 0; step < 20; step++) {
    const start = performance.now();
    let end = start;
    while (end === start) end = performance.now();
    least = Math.min(least, end - start);
  }
  return least;
}

/** A model with the values that matter (axes, shapes, ids), and any for the weights. */
function artifactsOf({ topology, signature, weights }) {
  const parts = weights.map(({ dtype, shape, values }) => {
    const size = shape.reduce((product, length) => product * length, 1);
    if (dtype === 'float32') return values ? Float32Array.from(values) : filled(size);
    return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
  });
  const data = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    data.set(new Uint8Array(part.buffer), offset);
    offset += part.byteLength;
  }
  return {
    modelTopology: topology,
    signature,
    weightSpecs: weights.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    weightData: data.buffer,
    format: 'graph-model',
  };
}

/** Numbers about zero, none so small that processors slow down. */
const filled = (size) => Float32Array.from({ length: size }, (_, i) => 0.1 * Math.sin(1 + i));

function describeDevice(tf) {
  const where = typeof navigator === 'object' && navigator.userAgent ? navigator.userAgent : 'an unknown place';
  const node = typeof process === 'object' && process.versions?.node;
  const machine = node ? \`Node \${process.versions.node} on \${process.platform} \${process.arch}\` : where;
  return \`TensorFlow.js \${tf.version_core ?? tf.version?.['tfjs-core'] ?? ''}, \${tf.getBackend()}, \${machine}\`;
}
`;

/** `node measure-node.mjs [result.json]`. */
export const NODE = `/**
 * Measures with Node: node measure-node.mjs [--module NAME] [--backend NAME] [result.json]
 * Without --module it uses tf.min.js beside it, plain JavaScript. --module @tensorflow/tfjs-node takes the native backend, where that is installed;
 * several modules are loaded in turn, the first is TensorFlow.js: --module @tensorflow/tfjs --module @tensorflow/tfjs-backend-wasm --backend wasm
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { measure } from './measure.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { module: { type: 'string', multiple: true }, backend: { type: 'string' } },
});
const here = fileURLToPath(new URL('.', import.meta.url));
const load = (name) => {
  const from = createRequire(join(process.cwd(), 'package.json'));
  return import(pathToFileURL(from.resolve(name)).href);
};
const [first, ...others] = values.module ? await Promise.all(values.module.map(load)) : [createRequire(import.meta.url)('./tf.min.js')];
const tf = first.default ?? first;
if (values.backend !== undefined && !(await tf.setBackend(values.backend))) throw new Error(\`the backend '\${values.backend}' does not load\`);
const plan = JSON.parse(readFileSync(join(here, 'operators.json'), 'utf8'));
const file = positionals[0] ?? 'latency.json';
const result = await measure(tf, plan, (done, total, key) => {
  if (process.stderr.isTTY) process.stderr.write(\`\\r\${done} of \${total}  \${key.slice(0, 60).padEnd(60)}\`);
});
writeFileSync(file, JSON.stringify(result, null, 2) + '\\n');
const failed = Object.keys(result.failures).length;
console.log(\`\\n\${Object.keys(result.milliseconds).length} operations and \${result.networks.length} networks measured with \${result.device}\${failed > 0 ? \`; \${failed} could not be run\` : ''}\`);
console.log(\`wrote \${file}\`);
`;

/** The page for browsers; \`index.html?backend=cpu&run\` begins at once. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latency of operations</title>
<link rel="icon" href="data:,">
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
  progress { width: 100%; }
</style>
</head>
<body>
<h1>Latency of operations</h1>
<p id="lead">Measures every operation of a search space on this device, and some whole networks. Leave the page in front and the device otherwise idle.</p>
<p><label>Backend <select id="backend"></select></label> <button id="run">Measure</button></p>
<progress id="progress" value="0" max="1" aria-label="Measured so far"></progress>
<p id="status" role="status">ready</p>
<p><a id="result" download="latency.json" hidden>Save latency.json</a></p>
<script src="tf.min.js"></script>
<script type="module">
import { measure } from './measure.mjs';
const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const names = [...new Set([asked.get('backend'), 'webgl', 'cpu'].filter((name) => name && tf.findBackendFactory(name)))];
for (const name of names) at('backend').append(new Option(name, name));
at('run').addEventListener('click', run);
async function run() {
  at('run').disabled = true;
  at('result').hidden = true;
  try {
    if (!(await tf.setBackend(at('backend').value))) throw new Error('this browser does not load the backend ' + at('backend').value);
    const plan = await (await fetch('operators.json')).json();
    const result = await measure(tf, plan, (done, total, key) => {
      at('progress').value = done / total;
      at('status').textContent = key;
    });
    at('progress').value = 1;
    const failed = Object.keys(result.failures).length;
    at('status').textContent = Object.keys(result.milliseconds).length + ' operations and ' + result.networks.length + ' networks measured with ' + result.device + (failed > 0 ? '; ' + failed + ' could not be run' : '');
    at('result').href = URL.createObjectURL(new Blob([JSON.stringify(result, null, 2) + '\\n'], { type: 'application/json' }));
    at('result').hidden = false;
    document.body.dataset.done = 'true';
  } catch (error) {
    at('status').textContent = 'failed: ' + error.message;
    document.body.dataset.done = 'failed';
  }
  at('run').disabled = false;
}
if (asked.has('run')) run();
</script>
</body>
</html>
`;
