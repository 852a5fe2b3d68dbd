import { expect } from 'chai';
import { loadBackend } from '../../src/tensor/backend.js';
import { dense, maxPool } from '../../src/tensor/nn.js';
import { tf, type Tensor1D, type Tensor2D, type Tensor4D } from '../../src/tensor/tf.js';
import { type KernelCall, watchKernels } from '../../src/tensor/trace.js';

describe('watching kernels', () => {
  before(async () => {
    await loadBackend('cpu');
  });

  /** Runs `f` in a tidy and returns the calls by name. */
  const names = (f: () => unknown, isWhole?: (name: string) => boolean): string[] => {
    const seen: string[] = [];
    tf.tidy(() => void watchKernels(f, ({ name }) => seen.push(name), isWhole));
    return seen;
  };
  const input = (): { x: Tensor2D; kernel: Tensor2D; bias: Tensor1D } => ({
    x: tf.ones([2, 3]),
    kernel: tf.ones([3, 4]),
    bias: tf.ones([4]),
  });

  it('reports inputs, attributes and outputs in the order of execution', () => {
    const calls: (KernelCall & { values: number[] })[] = [];
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const x = tf.tensor2d([[1, 2, 3]]);
      watchKernels(
        () => tf.sum(tf.mul(x, 2), 1, true),
        (call) => calls.push({ ...call, values: [...call.outputs[0]!.dataSync()] }),
      );
    });
    expect(calls.map(({ name, values }) => [name, values])).to.deep.equal([
      ['Multiply', [2, 4, 6]],
      ['Sum', [12]],
    ]);
    expect(Object.keys(calls[0]!.inputs)).to.deep.equal(['a', 'b']);
    expect(calls[1]!.attributes).to.include({ axis: 1, keepDims: true });
    expect(calls[1]!.inputs['x']).to.equal(calls[0]!.outputs[0]);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('reports one of Weft’s kernels as a whole, or as its parts', () => {
    const run = (): unknown => {
      const { x, kernel, bias } = input();
      return dense(x, kernel, bias);
    };
    expect(names(run)).to.deep.equal(['WeftDense']);
    expect(names(run, (name) => !name.startsWith('Weft'))).to.deep.equal(['BatchMatMul', 'Add']);
  });

  it('passes the parts’ results on as those of the whole', () => {
    const calls: KernelCall[] = [];
    tf.tidy(() => {
      const pooled = watchKernels(
        () => tf.relu(maxPool(tf.ones([1, 4, 4, 2]) as Tensor4D, { size: 2 })),
        (call) => calls.push(call),
        (name) => !name.startsWith('Weft'),
      );
      expect(pooled.shape).to.deep.equal([1, 4, 4, 2]);
    });
    expect(calls.map(({ name }) => name)).to.deep.equal(['MaxPool', 'Relu']);
    expect(calls[1]!.inputs['x']).to.equal(calls[0]!.outputs[0]);
  });

  it('stops watching afterwards, and when the computation fails', () => {
    const seen: string[] = [];
    expect(() =>
      watchKernels(
        () => {
          throw new Error('stop');
        },
        ({ name }) => seen.push(name),
      ),
    ).to.throw('stop');
    tf.tidy(() => void tf.square(tf.scalar(2)));
    expect(seen).to.deep.equal([]);
  });
});
