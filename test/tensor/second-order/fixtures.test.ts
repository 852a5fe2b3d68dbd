/**
 * Four networks against PyTorch in float64.
 */
import { expect } from 'chai';
import { valueAndGradients } from '../../../src/tensor/autodiff.js';
import { softmaxCrossEntropy } from '../../../src/tensor/nn.js';
import { hvp, perExampleGradients } from '../../../src/tensor/second-order/index.js';
import { tf, tidy, type Tensor2D } from '../../../src/tensor/tf.js';
import { onEachBackend } from '../backends.js';
import { gaussNewtonProduct, meanLoss, network, NETWORKS, relativeError } from './networks.js';

/** Ten times what float32 was seen to reach, and a tenth of what is promised. */
const TOLERANCE = 1e-5;

describe('second derivatives of networks', () => {
  onEachBackend(() => {
    for (const name of NETWORKS) {
      it(`${name}: loss, gradient, Hessian and Gauss-Newton product, and an example's gradient are PyTorch's`, () => {
        const before = tf.memory().numTensors;
        const { expected, model, tensors } = network(name);
        tidy(() => {
          const { params, direction, x, labels } = tensors();
          const loss = meanLoss(model, x, labels);
          const { value, gradients } = valueAndGradients(loss, params);
          expect(value.dataSync()[0]).to.be.closeTo(expected.loss, 1e-5);
          expect(relativeError(gradients, expected.gradient)).to.be.below(TOLERANCE);

          const hessian = hvp(loss, params, direction);
          expect(hessian).to.include({ method: 'exact' });
          expect(relativeError(hessian.product, expected.hessianVectorProduct)).to.be.below(TOLERANCE);

          const cut = {
            outputs: (p: typeof params) => model(p, x),
            loss: (z: tf.Tensor) => tf.mean(softmaxCrossEntropy(z as Tensor2D, labels)) as tf.Scalar,
          };
          const gaussNewton = gaussNewtonProduct(cut, params, direction);
          expect(gaussNewton).to.include({ method: 'exact' });
          expect(relativeError(gaussNewton.product, expected.gaussNewtonProduct)).to.be.below(TOLERANCE);

          const each = perExampleGradients((p) => softmaxCrossEntropy(model(p, x), labels), params);
          const first = Object.fromEntries(
            Object.entries(each).map(([key, stacked]) => [key, tf.unstack(stacked)[0]!]),
          );
          expect(relativeError(first, expected.firstExampleGradient)).to.be.below(TOLERANCE);
        });
        expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
      });
    }
  });
});
