/**
 * Spaces on windows of a series: convolutions along time by TensorFlow.js's own, and sequences of numbers in place of
 * tokens.
 */
import { expect } from 'chai';
import { conv1d, defineSpace, lastStep, type Task, tf, timeSteps, z } from 'weft-nas';
import { conv1dSpace } from '../../search-spaces/conv-1d.js';
import { elasticTransformer } from '../../search-spaces/elastic-transformer.js';
import { lstmSpace } from '../../search-spaces/lstm.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { mlp } from '../../search-spaces/mlp.js';
import { rnnCell } from '../../search-spaces/rnn-cell.js';
import { transformer } from '../../search-spaces/transformer.js';
import { exportModel } from '../../src/export/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import { runOnnx } from '../export/onnx-runtime.js';
import { randomModel } from '../export/trained.js';

const TASK: Task = { inputShape: [1, 5, 2], classes: 2 };

describe('a convolution along time', () => {
  before(() => loadBackend('cpu'));

  it('is that of TensorFlow.js, whatever size and dilation, and causal with the zeros in front', () => {
    const x = tf.randomNormal([3, 1, 7, 2], 0, 1, 'float32', 4);
    for (const size of [1, 2, 3, 5])
      for (const dilation of [1, 2])
        for (const causal of [false, true]) {
          const built = conv1d({ filters: 3, size, dilation, causal }).build([[1, 7, 2]]);
          expect(built.output).to.deep.equal([1, 7, 3]);
          tf.tidy(() => {
            const kernel = tf.randomNormal([size * 2, 3], 0, 1, 'float32', 5);
            const reach = dilation * (size - 1);
            const before = causal ? reach : dilation * Math.floor((size - 1) / 2);
            const padded = tf.pad(tf.reshape(x, [3, 7, 2]), [
              [0, 0],
              [before, reach - before],
              [0, 0],
            ]) as tf.Tensor3D;
            const filter = tf.reshape(kernel, [size, 2, 3]) as tf.Tensor3D;
            const expected = tf.conv1d(padded, filter, 1, 'valid', 'NWC', dilation).dataSync();
            const context = { parameter: () => kernel } as unknown as Parameters<typeof built.forward>[1];
            built
              .forward([x], context)
              .dataSync()
              .forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-5));
          });
        }
    x.dispose();
  });

  it('and operations that cut sequences accept only windows', () => {
    for (const operation of [conv1d({ filters: 1, size: 3 }), timeSteps(), lastStep()])
      expect(() => operation.build([[4, 7, 2]])).to.throw(/takes a window of a series \[1, T, F\] and got \[4, 7, 2\]/);
    expect(lastStep().build([[7, 2]]).output).to.deep.equal([2]);
  });

  it('sees no later step in a causal space, which has no pools to choose', () => {
    const space = conv1dSpace.create(
      { layers: 2, filters: 2, sizes: [3], dilations: [2], causal: true, reductions: 0 },
      { ...TASK, inputShape: [1, 9, 2] },
    );
    const operations = [...space.enumerate()].map(({ layers }) => layers[0]!.operation);
    expect([...new Set(operations)]).to.have.members(['conv3x2', 'none']);
    expect(conv1dSpace.create({}, TASK).size()).to.equal(18n ** 4n * 2n);
  });
});

describe('sequences of numbers', () => {
  before(() => loadBackend('cpu'));

  for (const [factory, options] of [
    [rnnCell, { nodes: 2, hidden: 3, embedding: 4 }],
    [lstmSpace, { layers: 2, hidden: 3 }],
    [transformer, { depth: 2, width: 4, heads: [1, 2] }],
    [elasticTransformer, { widths: [3, 5], depths: [2], heads: [1, 2], headSize: 2, ratios: [1] }],
  ] as const)
    it(`go through ${factory.name} row by row, and through its export`, async () => {
      const model = randomModel(factory, options, { task: TASK, seed: 3 });
      const { child, store } = model;
      const inputs = Float32Array.from({ length: 4 * 10 }, (_, i) => Math.sin(i * i));
      const { mean, std } = model.normalization;
      const run = (values: Float32Array): Float32Array =>
        tf.tidy(
          () =>
            child
              .forward(
                store.parameters,
                store.statistics,
                tf.tensor4d(
                  values.map((x, i) => (x - mean[i % mean.length]!) / std[i % std.length]!),
                  [4, 1, 5, 2],
                ),
                FINAL_EVALUATION,
              )
              .dataSync() as Float32Array,
        );
      const outputs = run(inputs);
      expect(outputs).to.have.length(8);
      // What stands first and what stands last both count: the answer is that of the last row, which has seen the
      // first.
      for (const place of [0, 9]) {
        const changed = run(inputs.map((value, i) => value + (i === place ? 1 : 0)));
        expect(Math.abs(changed[0]! - outputs[0]!), `number ${place}`).to.be.above(1e-6);
        expect([...changed.slice(2)]).to.deep.equal([...outputs.slice(2)]);
      }
      tf.tidy(() => {
        const x = tf.tensor4d(inputs, [4, 1, 5, 2]);
        const { gradients } = valueAndGradients(
          (p) => tf.sum(tf.square(child.forward(p, store.statistics, x, FINAL_EVALUATION))),
          store.parameters,
        );
        expect(Object.keys(gradients).sort()).to.deep.equal([...child.parameterNames].sort());
      });
      const file = (await exportModel(model))['model.onnx'] as Uint8Array;
      const found = await runOnnx(file, inputs, [4, 1, 5, 2]);
      outputs.forEach((value, i) => expect(found['logits']!.data[i]).to.be.closeTo(value, 1e-5));
      store.dispose();
    });

  it('are required by name by their spaces', () => {
    const rows: Task = { inputShape: [1, 1, 4], classes: 3 };
    const text: Task = { kind: 'language', inputShape: [5], classes: 9 };
    expect(() => rnnCell.create({}, rows)).to.throw(
      /'rnn-cell' searches networks for texts and series of numbers, but the data is single rows of 4 numbers/,
    );
    expect(() => conv1dSpace.create({}, { inputShape: [8, 8, 1], classes: 3 })).to.throw(
      /for series of numbers, but the data is images/,
    );
    expect(() => conv1dSpace.create({}, text)).to.throw(/but the data is a text/);
    expect(() => elasticTransformer.create({}, rows)).to.throw(/single rows of 4 numbers/);
    const ofTexts = defineSpace({
      name: 'texts',
      description: '',
      takes: 'text',
      options: z.strictObject({}),
      choices: () => ({}),
      graph: (g) => g.input,
    });
    expect(() => ofTexts.create({}, TASK)).to.throw(/'texts' searches language models, but the data is not a text/);
    expect(() => mlp.create({}, TASK)).not.to.throw();
    expect(() => macroCnn.create({}, rows)).to.throw(
      /'macro-cnn' searches networks for images, but the data has rows of 4 numbers/,
    );
  });
});
