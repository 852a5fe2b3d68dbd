/**
 * Large tensors take other ways through the native backend than the small ones of the contract (wide normalization,
 * masks for pooling, products for 1x1 convolutions). The result must be that of the other backends.
 */
import { expect } from 'chai';
import type { NamedTensors } from '../../../src/tensor/named.js';
import * as nn from '../../../src/tensor/nn.js';
import { stream } from '../../../src/tensor/rng.js';
import { hvp } from '../../../src/tensor/second-order/index.js';
import { tf, tidy, type Scalar, type Tensor, type Tensor1D, type Tensor4D } from '../../../src/tensor/tf.js';
import { loads, NATIVE } from '../backends.js';

const SHAPES = { 'conv/kernel': [3, 3, 3, 24], scale: [24], offset: [24], 'pointwise/kernel': [1, 1, 24, 24] };

function product(): Float32Array {
  return tidy(() => {
    const rng = stream('large');
    const random = (shape: number[]): Tensor =>
      tf.tensor(
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
        shape,
      );
    const [params, direction] = [0, 1].map(() =>
      Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, random(shape)])),
    );
    const x = random([8, 32, 32, 3]) as Tensor4D;
    const weights = random([1, 16, 16, 24]);
    const loss = (p: NamedTensors): Scalar => {
      const normal = (h: Tensor4D): Tensor4D => nn.batchNorm(h, p['scale'] as Tensor1D, p['offset'] as Tensor1D).y;
      const h = nn.tanh(normal(nn.conv2d(x, p['conv/kernel'] as Tensor4D)));
      const pooled = nn.maxPool(normal(nn.conv2d(h, p['pointwise/kernel'] as Tensor4D)), { size: 2, stride: 2 });
      return tf.mean(tf.mul(tf.square(pooled), weights));
    };
    const { product: found, method } = hvp(loss, params!, direction!);
    expect(method).to.equal('exact');
    return tf.concat(Object.values(found).map((tensor) => tf.reshape(tensor, [-1]))).dataSync() as Float32Array;
  });
}

describe('second derivatives of large tensors', () => {
  it('are the same on the native backend and on WebAssembly', async function () {
    if (!(await loads(NATIVE))) this.skip();
    const native = product();
    if (!(await loads('wasm'))) this.skip();
    const wasm = product();
    const norm = (values: Float32Array): number => Math.hypot(...values);
    expect(norm(native.map((value, i) => value - wasm[i]!)) / norm(wasm)).to.be.below(1e-4);
  });
});
