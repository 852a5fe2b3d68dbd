/** What is read off the layers, against gradients of single examples by one backward pass each. */
import { expect } from 'chai';
import { fisherInformation } from '../../src/curvature/index.js';
import {
  type Block,
  type BlockData,
  blocksOf,
  type BlockSolver,
  dataOf,
  empiricalFisher,
  exampleGradients,
  kronecker,
  type Statistics,
  unit,
} from '../../src/preconditioners/index.js';
import { ownGradient, toMatrix } from '../../src/preconditioners/layers/data.js';
import { exampleOperator } from '../../src/preconditioners/layers/example-operator.js';
import { diagonal, squaredGradients } from '../../src/preconditioners/representations/diagonal.js';
import { layerWise } from '../../src/preconditioners/representations/layer.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { gradientsOf } from '../../src/tensor/autodiff.js';
import { mapNamed } from '../../src/tensor/named.js';
import * as nn from '../../src/tensor/nn.js';
import { capturedGradients, perExampleGradients } from '../../src/tensor/second-order/index.js';
import { tf, type Tensor, type Tensor1D } from '../../src/tensor/tf.js';
import { distance, gap, images, type Model, normal, perceptron, sentences } from './models.js';

const MODELS = { perceptron: () => perceptron(), images: () => images(), sentences: () => sentences() };

before(() => loadBackend());

/** Checks the data of every block beside the same gradients of examples by definition [n,rows,columns]. */
function forEachBlock(model: Model, check: (data: BlockData, expected: Tensor) => void): void {
  const { layers, gradients } = capturedGradients(model, model.params);
  const { blocks, rest } = blocksOf(layers);
  expect(rest).to.deep.equal([]);
  expect(
    distance(
      gradients,
      gradientsOf((p) => model.loss(model.outputs(p)), model.params),
    ),
  ).to.be.below(1e-5);
  const single = perExampleGradients(model.losses, model.params);
  const context = { step: 0, seed: 1 };
  for (const captured of blocks) {
    const data = dataOf(captured, layers, empiricalFisher.outputGradients(layers, context), model.params, true);
    const rows = Array.from({ length: model.examples }, (_, n) =>
      toMatrix(
        data.block,
        mapNamed(single, (tensor) => tf.squeeze(tf.slice(tensor, [n], [1]), [0])),
      ),
    );
    check(data, tf.stack(rows));
  }
  const covered = blocks.flatMap(({ weight, bias }) => [weight, bias]).filter((name) => name !== undefined);
  expect(covered.sort()).to.deep.equal(Object.keys(model.params).sort());
  layers.dispose();
}

const statistics = (solver: BlockSolver | undefined, data: BlockData): Statistics => solver!.statistics(data);

for (const [name, make] of Object.entries(MODELS)) {
  describe(`layers of ${name}`, () => {
    const each = (check: (data: BlockData, expected: Tensor, block: Block) => void): void =>
      void tf.tidy(() => {
        forEachBlock(make(), (data, expected) => check(data, expected, data.block));
      });

    it('gives the gradient of each example', () =>
      each((data, expected, { key }) => {
        expect(gap(exampleGradients(data)[0]!, expected), key).to.be.below(1e-5);
      }));

    it('adds up to the gradient of the batch', () =>
      each((data, expected, { key, kind }) => {
        if (kind === 'matrix') expect(gap(ownGradient(data), tf.mean(expected, 0)), key).to.be.below(1e-5);
      }));

    it('has the Gram matrix of the examples, and products with their gradients', () =>
      each((data, expected, { key, rows, columns }) => {
        const operator = exampleOperator(data);
        const j = tf.reshape(expected, [expected.shape[0], -1]);
        expect(gap(operator.gram(), tf.matMul(j, j, false, true)), key).to.be.below(1e-5);
        const v = normal([rows, columns], 'v');
        expect(gap(operator.times(v), tf.matMul(j, tf.reshape(v, [-1, 1]))), key).to.be.below(1e-5);
        const c = normal([expected.shape[0]], 'c');
        expect(gap(operator.transposeTimes(c), tf.matMul(tf.reshape(c, [1, -1]), j)), key).to.be.below(1e-5);
      }));

    it('has the blocks of Fisher information from a loop over the examples', () =>
      each((data, expected, block) => {
        const n = data.examples;
        let [whole, squares] = [
          tf.zeros([block.rows * block.columns, block.rows * block.columns]),
          tf.zeros([block.rows, block.columns]),
        ];
        for (let i = 0; i < n; i++) {
          const g = tf.reshape(tf.slice(expected, [i], [1]), [-1, 1]);
          whole = tf.add(whole, tf.div(tf.matMul(g, g, false, true), n));
          squares = tf.add(squares, tf.div(tf.square(tf.reshape(g, squares.shape)), n));
        }
        expect(
          gap(statistics(layerWise({ memory: 1e9 }).of(block), data)['layer']!, whole),
          `${block.key} layer`,
        ).to.be.below(1e-5);
        expect(gap(statistics(diagonal.of(block), data)['diagonal']!, squares), `${block.key} diagonal`).to.be.below(
          1e-5,
        );
        if (block.kind === 'table') return;
        // Column j of the block: rows (r, j) of the whole matrix.
        const byUnit = tf.stack(
          Array.from({ length: block.columns }, (_, j) => {
            const places = tf.tensor1d(
              Array.from({ length: block.rows }, (_, r) => r * block.columns + j),
              'int32',
            );
            return tf.gather(tf.gather(whole, places, 0), places, 1);
          }),
        );
        expect(gap(statistics(unit.of(block), data)['unit']!, byUnit), `${block.key} unit`).to.be.below(1e-5);
      }));

    it('has the same diagonal as the Fisher information of weight plasticity', () =>
      tf.tidy(() => {
        const model = make();
        const { fisher } = fisherInformation((p) => model.outputs(p), model.params, model.labels);
        forEachBlock(model, (data) =>
          expect(gap(squaredGradients(data), toMatrix(data.block, fisher)), data.block.key).to.be.below(1e-5),
        );
      }));

    it('has the Kronecker factors from a loop over examples and positions', () =>
      each((data, _, block) => {
        if (block.kind !== 'matrix') return;
        const { A, B } = Object.fromEntries(
          Object.entries(statistics(kronecker({ rows: 'never' }).of(block), data)).map(([key, value]) => [
            key[0],
            value,
          ]),
        ) as Record<string, Tensor>;
        const [n, positions] = data.inputs!.shape as [number, number];
        let [a, b] = [tf.zeros([block.rows, block.rows]), tf.zeros([block.columns, block.columns])];
        for (let i = 0; i < n; i++) {
          for (let t = 0; t < positions; t++) {
            const at = (tensor: Tensor): Tensor => tf.reshape(tf.slice(tensor, [i, t, 0], [1, 1, -1]), [-1, 1]);
            const [input, output] = [at(data.inputs!), at(data.outputs[0]!)];
            a = tf.add(a, tf.div(tf.matMul(input, input, false, true), n * positions));
            b = tf.add(b, tf.div(tf.matMul(output, output, false, true), data.examples));
          }
        }
        expect(gap(A!, a), `${block.key} A`).to.be.below(1e-5);
        expect(gap(B!, b), `${block.key} B`).to.be.below(1e-5);
      }));
  });
}

describe('layers of a batch normalization', () => {
  it('has per-example gradients of scale and offset whose mean is the gradient, at a scale of zero too', () =>
    tf.tidy(() => {
      const x = normal([6, 3, 3, 2], 'x') as tf.Tensor4D;
      const labels = tf.tensor1d([0, 1, 0, 1, 1, 0], 'int32');
      const params = { scale: tf.tensor1d([0, 1.5]), offset: tf.tensor1d([0.1, -0.2]) };
      const model = {
        outputs: (p: Record<string, Tensor>) =>
          nn.globalAveragePool(nn.tanh(nn.batchNorm(x, p['scale'] as Tensor1D, p['offset'] as Tensor1D).y)),
        loss: (y: Tensor) => tf.mean(nn.softmaxCrossEntropy(y as tf.Tensor2D, labels)) as tf.Scalar,
      };
      const { layers, gradients } = capturedGradients(model, params);
      const { blocks } = blocksOf(layers);
      expect(blocks).to.have.length(1);
      const data = dataOf(blocks[0]!, layers, empiricalFisher.outputGradients(layers, { step: 0 }), params, true);
      expect(gap(tf.mean(data.gradients[0]!, 0), toMatrix(data.block, gradients))).to.be.below(1e-5);
      layers.dispose();
    }));
});
