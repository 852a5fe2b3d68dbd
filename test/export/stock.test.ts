import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import {
  activation,
  avgPool,
  conv,
  defineSpace,
  dense,
  depthwiseConv,
  dropout,
  globalAveragePool,
  heNormal,
  layerNorm,
  type NodeRef,
  oneOf,
  type Operation,
  repeat,
  sequence,
  subset,
  tf,
  z,
} from 'weft-nas';
import { exportModel } from '../../src/export/index.js';
import { decodeSafetensors } from '../../src/runs/index.js';
import { type Model } from '../../src/search/model.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import macroCnn from '../../search-spaces/macro-cnn.js';
import mlp from '../../search-spaces/mlp.js';
import nasBench201 from '../../search-spaces/nas-bench-201.js';
import rnnCell from '../../search-spaces/rnn-cell.js';
import transformer from '../../search-spaces/transformer.js';
import { randomModel } from './trained.js';

/** Rescales the channels by what is in them: an operation of a user's own, made of TensorFlow.js functions. */
function squeezeExcite(): Operation {
  return {
    kind: 'squeeze-excite',
    config: {},
    build([shape]) {
      const channels = shape![2]!;
      return {
        output: shape!,
        parameters: { kernel: { shape: [channels, channels], role: 'kernel', initializer: heNormal(channels) } },
        forward([x], { parameter }) {
          const gate = tf.sigmoid(tf.matMul(tf.mean(x!, [1, 2]), parameter('kernel')));
          return tf.mul(x!, tf.reshape(gate, [x!.shape[0], 1, 1, channels]));
        },
      };
    },
  };
}

/** The angle of each number beside 1. */
const angles = (): Operation => ({
  kind: 'angles',
  config: {},
  build: ([shape]) => ({ output: shape!, parameters: {}, forward: ([x]) => tf.atan2(x!, tf.onesLike(x!)) }),
});

/** Every other shipped operation, combination and the like, in one space. */
const mixed = defineSpace({
  name: 'mixed',
  description: 'All that the other spaces leave out.',
  options: z.strictObject({}),
  choices: () => ({ blocks: repeat(3, (index) => ({ op: oneOf(['excite', 'gelu', 'norm']), skip: subset(index) })) }),
  graph(g, choices, _options, { classes }) {
    let x = g.apply('stem', conv({ filters: 6, size: 3, stride: 2, padding: 'valid' }), g.input);
    const outputs: NodeRef[] = [];
    choices.blocks.forEach(({ op, skip }, index) => {
      const y = g.choose(
        `block${index}`,
        op,
        {
          excite: squeezeExcite(),
          gelu: sequence('gelu', { conv: depthwiseConv({ size: 3 }), gelu: activation('gelu') }),
          norm: layerNorm(),
        },
        x,
      );
      x = g.combine(`block${index}/join`, index === 1 ? 'product' : 'mean', [
        y,
        ...outputs.map((output, earlier) => g.when(skip, earlier, output)),
      ]);
      outputs.push(x);
    });
    const joined = g.combine('all', 'concat', [x, g.apply('tanh', activation('tanh'), outputs[0]!)]);
    const pooled = g.apply('pool', globalAveragePool(), g.apply('shrink', avgPool({ size: 2, stride: 2 }), joined));
    return g.apply(
      'classifier',
      sequence('classifier', { dropout: dropout({ keep: 0.5 }), dense: dense({ units: classes, bias: false }) }),
      pooled,
    );
  },
});

const EXAMPLES = 7;
const TEXT = { kind: 'language', inputShape: [5], classes: 7 } as const;
const COLOUR = { inputShape: [9, 7, 3], classes: 4 };
const MODELS: Readonly<Record<string, () => Model>> = {
  ...Object.fromEntries(
    [1, 2].map((seed) => [`macro-cnn ${seed}`, () => randomModel(macroCnn, { layers: 6, filters: 8 }, { seed })]),
  ),
  'macro-cnn in colour': () => randomModel(macroCnn, { layers: 5, filters: 6 }, { task: COLOUR, seed: 4 }),
  'rnn-cell': () => randomModel(rnnCell, { nodes: 3, hidden: 6 }, { task: TEXT }),
  transformer: () => randomModel(transformer, { depth: 2, width: 8 }, { task: TEXT }),
  mlp: () => randomModel(mlp, { depth: 3, widths: [12, 16] }, { seed: 8, task: COLOUR }),
  'nas-bench-201 without any connection': () =>
    randomModel(
      nasBench201,
      { filters: 4 },
      { task: COLOUR, architecture: [['none'], ['none', 'none'], ['none', 'none', 'none']] },
    ),
  'own operations': () =>
    randomModel(
      mixed,
      {},
      {
        architecture: {
          blocks: [
            { op: 'excite', skip: [] },
            { op: 'gelu', skip: [true] },
            { op: 'norm', skip: [true, true] },
          ],
        },
      },
    ),
};

describe('exported networks in stock TensorFlow.js', function () {
  let folder: string;
  before(async function () {
    folder = mkdtempSync(join(tmpdir(), 'weft-export-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(resolve('node_modules/@tensorflow'), join(folder, 'node_modules/@tensorflow'));
    await loadBackend('cpu');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, make] of Object.entries(MODELS)) {
    it(`${name}: gives the same numbers, loaded as the README says`, async () => {
      const before = tf.memory().numTensors;
      const model = make();
      const { kind, inputShape, classes } = model.card.task;
      const language = kind === 'language';
      const files = await exportModel(model);
      const target = join(folder, name.replaceAll(' ', '-'));
      mkdirSync(target);
      for (const [file, content] of Object.entries(files)) writeFileSync(join(target, file), content);
      const pixels = language
        ? Float32Array.from({ length: EXAMPLES * inputShape[0]! }, (_, i) => (i * i + 3 * i) % classes)
        : examples(inputShape);
      writeFileSync(join(target, 'pixels.json'), JSON.stringify([...pixels]));
      const [logits, probabilities] = runStock(target, inputShape);
      const expected = tf.tidy(() => {
        const { mean, std } = model.normalization;
        const normalized = tf.tensor(
          language ? pixels : pixels.map((pixel, i) => (pixel - mean[i % mean.length]!) / std[i % std.length]!),
          [EXAMPLES, ...inputShape],
        );
        return [
          ...model.child
            .forward(model.store.parameters, model.store.statistics, normalized, FINAL_EVALUATION)
            .dataSync(),
        ];
      });
      const largest = Math.max(1, ...expected.map(Math.abs));
      expect(logits!.length).to.equal(expected.length);
      expected.forEach((value, i) => expect(Math.abs(logits![i]! - value)).to.be.at.most(1e-5 * largest));
      for (let row = 0; row < expected.length / classes; row++) {
        const powers = expected.slice(row * classes, (row + 1) * classes).map(Math.exp);
        const sum = powers.reduce((a, b) => a + b);
        powers.forEach((power, c) => expect(probabilities![row * classes + c]).to.be.closeTo(power / sum, 1e-5));
      }
      model.store.dispose();
      expect(tf.memory().numTensors).to.equal(before);
    });
  }

  it('come with all weights as safetensors, and with nodes that name them', async () => {
    const model = randomModel(macroCnn, { layers: 4, filters: 4 });
    const files = await exportModel(model, { largestPixel: 16 });
    const { tensors } = decodeSafetensors(files['model.safetensors'] as Uint8Array, 'model.safetensors');
    expect(Object.keys(tensors).sort()).to.deep.equal(
      [...model.child.parameterNames, ...model.child.statisticNames].sort(),
    );
    const { nodes, ...description } = JSON.parse(files['architecture.json'] as string) as {
      nodes: { name: string; tensors?: string[]; inputs?: string[] }[];
      task: unknown;
      choices: unknown;
    };
    expect(nodes.flatMap((node) => node.tensors ?? []).sort()).to.deep.equal(Object.keys(tensors).sort());
    nodes.forEach((node, index) =>
      expect(nodes.slice(0, index).map((earlier) => earlier.name)).to.include.members(node.inputs ?? []),
    );
    expect(description).to.deep.include({
      task: { inputShape: [8, 8, 1], classes: 10 },
      choices: model.child.architecture,
    });
    expect(JSON.parse(files['model.json'] as string)).to.have.nested.property('userDefinedMetadata.largestPixel', 16);
    tf.dispose(tensors);
    model.store.dispose();
  });

  it('have a demo page if the inputs are images, rows or text', async () => {
    const model = randomModel(mlp, {}, { task: { inputShape: [3, 3, 2], classes: 3 } });
    const files = await exportModel(model);
    expect(files).to.not.have.any.keys('index.html', 'tf.min.js');
    expect(files).to.include.keys('MODEL.md', 'README.md');
    model.store.dispose();
  });

  it('say what ONNX does not support, and come without it', async () => {
    const space = defineSpace({
      name: 'turning',
      description: 'An operation that ONNX lacks.',
      options: z.strictObject({}),
      choices: () => ({}),
      graph: (g, _choices, _options, { classes }) =>
        g.apply(
          'classifier',
          dense({ units: classes }),
          g.apply('angle', angles(), g.apply('pool', globalAveragePool(), g.input)),
        ),
    });
    const model = randomModel(space, {});
    const leftOut: string[] = [];
    const files = await exportModel(model, { onLeftOut: (file, { message }) => leftOut.push(`${file}: ${message}`) });
    expect(leftOut).to.have.length(1);
    expect(leftOut[0]).to.match(/model\.onnx: .*'Atan2'/);
    expect(files).to.not.have.any.keys('model.onnx');
    expect(files).to.include.keys('model.json', 'index.html');
    expect(files['README.md']).to.include('There is no `model.onnx`');
    model.store.dispose();
  });

  it('are split into files that browsers cache', async () => {
    const model = randomModel(mlp, { depth: 1, widths: [12000] }, { task: { inputShape: [10, 10, 1], classes: 2 } });
    const files = await exportModel(model);
    const shards = Object.entries(files).filter(([name]) => name.startsWith('group1'));
    expect(shards.map(([name]) => name)).to.deep.equal(['group1-shard1of2.bin', 'group1-shard2of2.bin']);
    expect(shards[0]![1].length).to.equal(4 * 1024 * 1024);
    model.store.dispose();
  });
});

const examples = (shape: readonly number[]): Float32Array => {
  const rng = stream('pixels');
  return Float32Array.from({ length: EXAMPLES * tf.util.sizeFromShape([...shape]) }, () =>
    Math.floor(17 * rng.uniform()),
  );
};

/** Logits and probabilities by the program that the exported README shows, in a process that knows nothing of weft. */
function runStock(folder: string, inputShape: readonly number[]): number[][] {
  const [, snippet] = /## In Node\n\n```js\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8'))!;
  writeFileSync(
    join(folder, 'run.mjs'),
    `${snippet}
const x = tf.tensor(JSON.parse(readFileSync('pixels.json', 'utf8')), [-1, ${inputShape.join()}].with(0, ${EXAMPLES}));
const outputs = network.predict(x);
console.log(JSON.stringify({ backend: tf.getBackend(), inputs: network.inputs.map(({ name, shape }) => [name, shape]), outputs: network.outputs.map(({ name }) => name), values: outputs.map((output) => [...output.dataSync()]) }));
`,
  );
  const output = execFileSync(process.execPath, ['run.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'] },
  });
  const result = JSON.parse(output.slice(output.lastIndexOf('{"backend"'))) as {
    backend: string;
    inputs: unknown;
    outputs: unknown;
    values: number[][];
  };
  expect(result).to.deep.include({
    backend: 'cpu',
    inputs: [['input', [-1, ...inputShape]]],
    outputs: ['logits', 'probabilities'],
  });
  return result.values;
}
