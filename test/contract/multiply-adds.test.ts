/** The multiply-adds that a child is said to cost are those of the kernels that it runs. */
import { expect } from 'chai';
import { multiplyAddCount, stream } from 'weft-nas';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf, type Tensor } from '../../src/tensor/tf.js';
import { type KernelCall, watchKernels } from '../../src/tensor/trace.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import { randomModel } from '../export/trained.js';
import { examples, SPACES } from './space-table.js';

const sizeOf = ({ shape }: Tensor): number => shape.reduce((product, length) => product * length, 1);

/**
 * Numbers in a filter that are not zero: a factorized reduction is two 1x1 convolutions, run as one of 2x2 whose other
 * entries are zeros.
 */
const weightsIn = (filter: Tensor): number => filter.dataSync().filter((value) => value !== 0).length;

/** Multiply-adds of one kernel run, 0 of kernels that are neither convolutions nor products of matrices. */
function costOf({ name, inputs, attributes, outputs: [output] }: KernelCall): number {
  switch (name) {
    case 'Conv2D':
    case 'FusedConv2D':
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2D':
      return (sizeOf(output!) / output!.shape.at(-1)!) * weightsIn(inputs['filter']!);
    case 'BatchMatMul':
    case '_FusedMatMul': {
      const shape = inputs['a']!.shape;
      return sizeOf(output!) * (attributes['transposeA'] ? shape.at(-2)! : shape.at(-1)!);
    }
    default:
      return 0;
  }
}

describe('multiply-adds, kernel by kernel', () => {
  before(() => loadBackend('cpu'));
  after(() => loadBackend());

  for (const { factory, options, task } of SPACES) {
    it(`of ${factory.name}`, () => {
      for (let seed = 0; seed < 6; seed++) {
        const architecture = factory.create(options, task).sample(stream(seed, 'multiply-adds'));
        const { child, store } = randomModel(factory, options, { task, architecture, seed });
        let run = 0;
        tf.tidy(() => {
          const { x } = examples(task, 1);
          watchKernels(
            () => child.forward(store.parameters, store.statistics, x, FINAL_EVALUATION),
            (call) => (run += costOf(call)),
            (kernel) => !kernel.startsWith('Weft'),
          );
        });
        expect(run, child.encoding).to.equal(multiplyAddCount(child.nodes));
        store.dispose();
      }
    });
  }
});
