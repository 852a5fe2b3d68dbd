/** A Hessian-vector product of a convolutional network's loss, from scratch: forward, gradient, product. */
import { hvp } from '../../src/tensor/second-order/index.js';
import { disposeNamed, type NamedTensors, underPrefix, withPrefix } from '../../src/tensor/named.js';
import { compile } from '../../src/tensor/plan/index.js';
import * as nn from '../../src/tensor/nn.js';
import { tf, type Tensor1D, type Tensor2D, type Tensor4D } from '../../src/tensor/tf.js';
import { bothLayouts, type Workload } from '../workload.js';
import { draws } from './random-tensors.js';

export function hessianVectorProduct(filters = 24, size = 16, batch = 64): Workload {
  const classes = 10;
  return {
    name: `Hessian-vector product, conv-norm-pool net of ${filters} filters, ${size}x${size}x3, batch ${batch}`,
    warmUp: 10,
    anchors: bothLayouts('hessian', { filters, size, batch, classes }),
    prepare() {
      const { normal, whole } = draws('hessian');
      const shapes: Record<string, number[]> = {
        conv1: [3, 3, 3, filters],
        scale1: [filters],
        offset1: [filters],
        conv2: [3, 3, filters, filters],
        scale2: [filters],
        offset2: [filters],
        kernel: [filters, classes],
        bias: [classes],
      };
      const random = (deviation: number): NamedTensors =>
        Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, normal(shape, deviation)]));
      const [parameters, direction] = [random(0.3), random(1)];
      const [x, labels] = [normal([batch, size, size, 3]) as Tensor4D, whole(batch, classes)];
      const block = (input: Tensor4D, p: NamedTensors, index: number): Tensor4D => {
        const { y } = nn.batchNorm(
          nn.conv2d(input, p[`conv${index}`] as Tensor4D),
          p[`scale${index}`] as Tensor1D,
          p[`offset${index}`] as Tensor1D,
        );
        return nn.maxPool(nn.relu(y), { size: 2, stride: 2 });
      };
      const lossOf = (x: Tensor4D, labels: Tensor1D, p: NamedTensors): tf.Scalar => {
        const features = nn.globalAveragePool(block(block(x, p, 1), p, 2));
        return tf.mean(
          nn.softmaxCrossEntropy(nn.dense(features, p['kernel'] as Tensor2D, p['bias'] as Tensor1D), labels),
        );
      };
      const product = compile<null, null>((given) => ({
        outputs: hvp(
          (p) => lossOf(given['x'] as Tensor4D, given['labels'] as Tensor1D, p),
          underPrefix('at/', given),
          underPrefix('direction/', given),
        ).product,
        fixed: null,
      }));
      const inputs = { x, labels, ...withPrefix('at/', parameters), ...withPrefix('direction/', direction) };
      return {
        step: () => disposeNamed(product.run(inputs, null, { due: 1000 }).outputs),
        dispose() {
          product.dispose();
          disposeNamed(inputs);
        },
      };
    },
  };
}
