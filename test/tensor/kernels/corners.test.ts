import { expect } from 'chai';
import fc from 'fast-check';
import { loadBackend } from '../../../src/tensor/backend.js';
import { factorizedReduction } from '../../../src/tensor/nn.js';
import { tf, tidy, type Tensor4D } from '../../../src/tensor/tf.js';

describe('factorizedReduction', () => {
  before(() => loadBackend('cpu'));

  it('joins every second pixel with its neighbour to the lower right', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), (height, width) =>
        tidy(() => {
          const x = tf.range(1, 1 + height * width).reshape([1, height, width, 1]) as Tensor4D;
          const one = tf.ones([1, 1, 1, 1]) as Tensor4D;
          const found = factorizedReduction(x, one, one).arraySync()[0]!;
          const at = (row: number, column: number): number =>
            row < height && column < width ? 1 + row * width + column : 0;
          const expected = Array.from({ length: Math.ceil(height / 2) }, (_, i) =>
            Array.from({ length: Math.ceil(width / 2) }, (_, j) => [at(2 * i, 2 * j), at(2 * i + 1, 2 * j + 1)]),
          );
          expect(found).to.deep.equal(expected);
        }),
      ),
    );
  });
});
