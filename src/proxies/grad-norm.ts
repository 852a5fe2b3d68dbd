import { tf } from '../tensor/tf.js';
import { defineProxy, type Proxy } from './contract.js';
import { kernelGradients, totalOf } from './network.js';

/**
 * Σ over layers of ‖∂L/∂W‖₂, the norm of each kernel's gradient of the mean loss (Abdelfattah et al. 2021, arXiv
 * 2101.08134, section 3.1 and its code).
 */
export const gradNorm: Proxy = defineProxy({
  name: 'grad-norm',
  description: "Sum over layers of the norm of the loss's gradient.",
  formula: 'Σ_layers ‖∂L/∂W‖₂',
  reference: 'Abdelfattah et al. 2021, arXiv 2101.08134',
  score: (network, weights, batch) =>
    totalOf(kernelGradients(network, weights, batch), (gradient) => tf.norm(gradient)),
});
