import { expect } from 'chai';
import {
  conv,
  defineSpace,
  dense,
  factorizedReduction,
  globalAveragePool,
  maxPool,
  multiplyAddCount,
  oneOf,
  type Operation,
  parameterCount,
  separableConv,
  sequence,
  z,
} from 'weft-nas';
import { zeros } from '../../src/operations/initializers.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { said } from '../said.js';

const space = (operation: Operation, inputShape: number[]) =>
  defineSpace({
    name: 'one',
    description: '',
    options: z.strictObject({}),
    choices: () => ({ only: oneOf(['one']) }),
    graph: (g) =>
      g.apply('head', dense({ units: 5 }), g.apply('pool', globalAveragePool(), g.apply('op', operation, g.input))),
  }).create({}, { inputShape, classes: 5 });

/** Multiply-adds and parameters beside those of the head. */
function cost(operation: Operation, inputShape: number[], channels: number): [number, number] {
  const nodes = space(operation, inputShape).activate({ only: 'one' });
  return [multiplyAddCount(nodes) - 5 * channels, parameterCount(nodes) - 5 * (channels + 1)];
}

describe('the cost of a child', () => {
  it('is that of its convolutions and matrices, counted by hand', () => {
    // 7x9 positions; 3x3 windows of 4 channels to 6.
    expect(cost(conv({ filters: 6, size: 3 }), [7, 9, 4], 6)).to.deep.equal([63 * 9 * 4 * 6, 9 * 4 * 6]);
    // Stride 2 leaves 4x5 positions, and no padding 5x7.
    expect(cost(conv({ filters: 6, size: 3, stride: 2 }), [7, 9, 4], 6)[0]).to.equal(20 * 9 * 4 * 6);
    expect(cost(conv({ filters: 6, size: 3, padding: 'valid' }), [7, 9, 4], 6)[0]).to.equal(35 * 9 * 4 * 6);
    expect(cost(separableConv({ filters: 6, size: 5 }), [7, 9, 4], 6)).to.deep.equal([
      63 * (25 * 4 + 4 * 6),
      25 * 4 + 4 * 6,
    ]);
    expect(cost(factorizedReduction({ filters: 6 }), [7, 9, 4], 6)).to.deep.equal([20 * 4 * 6, 4 * 6]);
    expect(cost(maxPool({ size: 3 }), [7, 9, 4], 4)).to.deep.equal([0, 0]);
    expect(
      cost(sequence('two', { a: conv({ filters: 3, size: 1 }), b: conv({ filters: 6, size: 3 }) }), [7, 9, 4], 6)[0],
    ).to.equal(63 * (4 * 3 + 9 * 3 * 6));
  });

  it('of a macro child is that of its layers', () => {
    const child = macroCnn.create({ layers: 2, filters: 4, reductions: 0 }, { inputShape: [8, 8, 1], classes: 3 });
    const nodes = child.activate({
      layers: [
        { op: 'conv3', skip: [] },
        { op: 'sep5', skip: [true] },
      ],
    });
    const norm = 2 * 4;
    expect(parameterCount(nodes)).to.equal(
      9 * 4 + norm + (16 + norm + 9 * 16 + norm) + (16 + norm + 25 * 4 + 16 + norm) + norm + (4 * 3 + 3),
    );
    expect(multiplyAddCount(nodes)).to.equal(64 * (9 * 4 + (16 + 9 * 16) + (16 + 25 * 4 + 16)) + 4 * 3);
  });

  it('of the benchmark’s cells is the published one: 153.27 MFLOPs and 1.073 M parameters for the best of CIFAR-10', () => {
    const cells = nasBench201.create({ cells: 5 }, { inputShape: [32, 32, 3], classes: 10 });
    const best = cells.activate([['conv3'], ['conv3', 'conv3'], ['skip', 'conv3', 'conv1']]);
    expect(parameterCount(best)).to.equal(1_073_466);
    expect(multiplyAddCount(best) / 1e6).to.be.closeTo(153.27, 0.005);
  });

  it('is refused for an operation with weights that does not state its cost', () => {
    const silent: Operation = {
      kind: 'silent',
      config: {},
      build: ([shape]) => ({
        output: shape!,
        parameters: { kernel: { shape: [1], role: 'kernel', initializer: zeros } },
        forward: ([x]) => x!,
      }),
    };
    expect(said(() => multiplyAddCount(space(silent, [4, 4, 2]).activate({ only: 'one' })))).to.match(
      /'silent' at 'op' does not state its multiply-adds/,
    );
  });
});
