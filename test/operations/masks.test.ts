import { expect } from 'chai';
import { dropout, dropPath, type Operation, type Rng, stream, tf } from 'weft-nas';
import { loadBackend } from '../../src/tensor/backend.js';

describe('random masks', () => {
  before(() => loadBackend('cpu'));

  const forward = (operation: Operation, training: boolean): number[][] =>
    tf.tidy(() => {
      const { forward } = operation.build([[3, 4]]);
      const rng = stream(1, 'mask');
      const context = {
        mode: { training, normalization: 'batch' },
        values: (shape: readonly number[], draw: (rng: Rng) => number) =>
          tf.tensor(
            Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => draw(rng)),
            [...shape],
          ),
      } as unknown as Parameters<typeof forward>[1];
      return (tf.reshape(forward([tf.ones([2000, 3, 4])], context), [2000, 12]) as tf.Tensor2D).arraySync();
    });

  it('of dropout act on single values, of drop path on whole examples; both keep the mean', () => {
    const [values, paths] = [forward(dropout({ keep: 0.8 }), true), forward(dropPath({ keep: 0.8 }), true)];
    for (const rows of [values, paths]) {
      expect(new Set(rows.flat())).to.deep.equal(new Set([0, 1.25]));
      // Standard error of the mean of 2000 examples: 0.5 / sqrt(2000) = 0.011.
      expect(rows.flat().reduce((sum, value) => sum + value, 0) / 24000).to.be.closeTo(1, 0.034);
    }
    expect(values.some((row) => new Set(row).size === 2)).to.equal(true);
    expect(paths.every((row) => new Set(row).size === 1)).to.equal(true);
  });

  it('do not affect evaluation', () => {
    for (const operation of [dropout({ keep: 0.5 }), dropPath({ keep: 0.5 })])
      expect(new Set(forward(operation, false).flat())).to.deep.equal(new Set([1]));
    expect(() => dropPath({ keep: 0 })).to.throw('drop-path keeps 0');
  });
});
