import { tf } from '../tensor/tf.js';
import { defineProxy, type Proxy } from './contract.js';
import { kernelGradients, totalOf } from './network.js';

/**
 * Σ|w·∂L/∂w|: how much the loss changes, to first order, when each weight is removed (Lee et al. 2019, arXiv
 * 1810.02340, eq. 4; as a score, Abdelfattah et al. 2021).
 */
export const snip: Proxy = defineProxy({
  name: 'snip',
  description: 'How much the loss depends on each single weight, to first order.',
  formula: 'Σ|w·∂L/∂w|',
  reference: 'Lee et al. 2019, arXiv 1810.02340; Abdelfattah et al. 2021, arXiv 2101.08134',
  score: (network, weights, batch) =>
    totalOf(kernelGradients(network, weights, batch), (gradient, name) =>
      tf.sum(tf.abs(tf.mul(weights.parameters[name]!, gradient))),
    ),
});
