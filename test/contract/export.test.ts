/**
 * Every space and every operation in it can be exported, and computes the same in stock TensorFlow.js, for one example
 * and for several.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { type SearchSpace, stream, type Task, tf } from 'weft-nas';
import { randomModel } from '../export/trained.js';
import { exportModel } from '../../src/export/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import { SPACES } from './space-table.js';

const BATCHES = [1, 7];
const CANDIDATES = 60;

/** What runs in an operation's place: its kind and options, and which of a family it is. */
const operationsOf = (space: SearchSpace, architecture: unknown): string[] =>
  space
    .activate(architecture)
    .flatMap((node) =>
      node.kind === 'operation'
        ? [`${node.operation.kind} ${JSON.stringify(node.operation.config)}${node.variant ? ` ${node.variant}` : ''}`]
        : [],
    );

/** A few architectures that use every operation of the space between them, found among many drawn at random. */
function covering(space: SearchSpace): unknown[] {
  const drawn = Array.from({ length: CANDIDATES }, (_, i) => space.sample(stream(i, 'export')));
  const missing = new Set(drawn.flatMap((architecture) => operationsOf(space, architecture)));
  const chosen: unknown[] = [];
  while (missing.size > 0) {
    const gain = (architecture: unknown): number =>
      new Set(operationsOf(space, architecture).filter((operation) => missing.has(operation))).size;
    const best = drawn.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    operationsOf(space, best).forEach((operation) => missing.delete(operation));
    chosen.push(best);
  }
  return chosen;
}

const inputsOf = ({ kind, inputShape, classes }: Task, count: number): number[] => {
  const rng = stream('export', count);
  return Array.from({ length: count * inputShape.reduce((a, b) => a * b, 1) }, () =>
    kind === 'language' ? rng.int(classes) : Math.floor(17 * rng.uniform()),
  );
};

describe('exporting every space', function () {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weft-export-spaces-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(resolve('node_modules/@tensorflow'), join(folder, 'node_modules/@tensorflow'));
    await loadBackend('cpu');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const { factory, options, task } of SPACES) {
    it(`${factory.name}: all operations, ${BATCHES.join(' and ')} examples`, async () => {
      const space = factory.create(options, task);
      const architectures = covering(space);
      const supernet = new Set<string>();
      space.supernet.graph.forEachNode((_name, node) => {
        if (node.kind === 'operation' && !node.member)
          supernet.add(`${node.operation.kind} ${JSON.stringify(node.operation.config)}`);
      });
      const covered = architectures.flatMap((architecture) => operationsOf(space, architecture));
      expect(covered).to.include.members([...supernet]);
      const cases: { directory: string; inputs: number[][]; shape: readonly number[]; expected: number[][] }[] = [];
      for (const [index, architecture] of architectures.entries()) {
        const model = randomModel(factory, options, { task, architecture, seed: index + 1 });
        const directory = join(folder, `${factory.name}-${index}`);
        mkdirSync(directory);
        for (const [file, content] of Object.entries(await exportModel(model)))
          writeFileSync(join(directory, file), content);
        const { mean, std } = model.normalization;
        const inputs = BATCHES.map((count) => inputsOf(task, count));
        const expected = inputs.map((values, i) =>
          tf.tidy(() => {
            const x = values.map((value, j) =>
              task.kind === 'language' ? value : (value - mean[j % mean.length]!) / std[j % std.length]!,
            );
            const { child, store } = model;
            const batch = tf.tensor(x, [BATCHES[i]!, ...task.inputShape]);
            return [...child.forward(store.parameters, store.statistics, batch, FINAL_EVALUATION).dataSync()];
          }),
        );
        cases.push({ directory, inputs, shape: task.inputShape, expected });
        model.store.dispose();
      }
      const found = runStock(folder, cases);
      cases.forEach(({ expected }, index) =>
        expected.forEach((numbers, batch) => {
          const scale = Math.max(1, ...numbers.map(Math.abs));
          const got = found[index]![batch]!;
          expect(got.length).to.equal(numbers.length);
          const gap = Math.max(...numbers.map((number, i) => Math.abs(number - got[i]!)));
          expect(gap, `${BATCHES[batch]} examples`).to.be.at.most(1e-5 * scale);
        }),
      );
    });
  }
});

/** Logits by TensorFlow.js alone, in a process that knows nothing of weft. */
function runStock(folder: string, cases: readonly object[]): number[][][] {
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  writeFileSync(
    join(folder, 'run.mjs'),
    `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
await tf.setBackend('cpu');
const results = [];
for (const { directory, inputs, shape } of JSON.parse(readFileSync('cases.json', 'utf8'))) {
  const { weightsManifest: [{ paths, weights: weightSpecs }], ...model } = JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8'));
  const weightData = new Uint8Array(Buffer.concat(paths.map((path) => readFileSync(join(directory, path))))).buffer;
  const network = await tf.loadGraphModel(tf.io.fromMemory({ ...model, weightSpecs, weightData }));
  results.push(inputs.map((values) => [...network.execute(tf.tensor(values, [-1, ...shape].with(0, values.length / shape.reduce((a, b) => a * b, 1))), 'logits').dataSync()]));
}
console.log('RESULT' + JSON.stringify(results));
`,
  );
  const output = execFileSync(process.execPath, ['run.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'] },
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(output.slice(output.lastIndexOf('RESULT') + 6)) as number[][][];
}
