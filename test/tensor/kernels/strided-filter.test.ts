import { expect } from 'chai';
import type { NativeBackend } from '../../../src/tensor/kernels/raw-op.js';
import * as nn from '../../../src/tensor/nn.js';
import { tf, tidy, type Tensor4D } from '../../../src/tensor/tf.js';
import { loads } from '../backends.js';

/** The operations that the native library executes while `f` runs. */
function executed(f: () => void): string[] {
  const backend = tf.backend() as unknown as { binding: NativeBackend['binding'] };
  const { binding } = backend;
  const ops: string[] = [];
  backend.binding = new Proxy({} as NativeBackend['binding'], {
    get: (_, name) => {
      const value: unknown = Reflect.get(binding, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        if (name === 'executeOp') ops.push(String(given[0]));
        return Reflect.apply(value, binding, given);
      };
    },
  });
  try {
    f();
  } finally {
    backend.binding = binding;
  }
  return ops;
}

describe('the filter gradient of 1x1 convolutions that skip pixels', () => {
  const gradient = (x: Tensor4D, kernel: Tensor4D, convolve: typeof nn.conv2d): Tensor4D =>
    tf.grad((at) => tf.sum(convolve(x, at as Tensor4D, { stride: 2 })))(kernel) as Tensor4D;

  for (const [name, convolve] of [
    ['conv2d', nn.conv2d],
    ['depthwiseConv2d', nn.depthwiseConv2d],
  ] as const) {
    it(`of ${name} is right, and not one of oneDNN's, which write beyond their memory`, async function () {
      if (!(await loads('native'))) this.skip();
      tidy(() => {
        const x = tf.reshape(tf.range(0, 3 * 5 * 4), [1, 5, 4, 3]) as Tensor4D;
        const kernel = tf.ones([1, 1, 3, 1]) as Tensor4D;
        let values: number[] = [];
        const ops = executed(() => (values = [...gradient(x, kernel, convolve).dataSync()]));
        // Rows 0, 2 and 4, columns 0 and 2: the sum of 12·row + 3·column + channel.
        expect(values).to.deep.equal([0, 1, 2].map((channel) => 12 * 12 + 3 * 6 + 6 * channel));
        expect(ops).not.to.include('Conv2DBackpropFilter');
      });
    });
  }
});
