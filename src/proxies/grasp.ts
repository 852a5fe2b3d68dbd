import { disposeNamed } from '../tensor/named.js';
import { hvp } from '../tensor/second-order/index.js';
import { tf } from '../tensor/tf.js';
import { defineProxy, type Proxy } from './contract.js';
import { kernelGradients, kernelsOf, lossOf, totalOf } from './network.js';

/**
 * −Σ w·(Hg), g the gradient and H the Hessian of the mean loss with respect to the kernels: how much the squared norm
 * of the gradient decreases, to first order, when each weight is removed (Wang et al. 2020, arXiv 2002.07376, eq. 8, at
 * temperature 1 as in the code of Abdelfattah et al. 2021). If an operation has no verified second derivative, Hg is a
 * finite difference of gradients.
 */
export const grasp: Proxy = defineProxy({
  name: 'grasp',
  description: 'How much the flow of gradients depends on the weights.',
  formula: '−Σ w·(Hg)',
  reference: 'Wang et al. 2020, arXiv 2002.07376; Abdelfattah et al. 2021, arXiv 2101.08134',
  score(network, weights, batch) {
    const gradients = kernelGradients(network, weights, batch);
    const { product } = hvp(lossOf(network, weights, batch), kernelsOf(network, weights), gradients, {
      onUnverified: 'difference',
    });
    disposeNamed(gradients);
    return -totalOf(product, (one, name) => tf.sum(tf.mul(weights.parameters[name]!, one)));
  },
});
