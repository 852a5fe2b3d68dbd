import { disposeNamed } from '../tensor/named.js';
import { tf, tidy } from '../tensor/tf.js';
import { partOfBatch, type TensorBatch } from '../training/batch.js';
import { defineProxy, type Proxy } from './contract.js';
import { kernelGradients } from './network.js';

/** Number of parts that the batch is divided into. */
const PARTS = 2;

/**
 * Σ over layers of log Σ_w mean|g| / std g, over the gradients g of the mean loss of several batches: large if
 * gradients agree between batches (Li et al. 2023, arXiv 2301.11300, eq. 17). The single batch is divided into two
 * halves; a layer with equal gradients in both adds nothing; std is that of the two (divided by 2, not by 1). The
 * released code does not reset its gradients between batches; here, as in the paper, each belongs to a single batch.
 */
export const zico: Proxy = defineProxy({
  name: 'zico',
  description: 'How well gradients agree from one half of the batch to the other.',
  formula: 'Σ_layers log Σ_w mean|g| / std g',
  reference: 'Li et al. 2023, arXiv 2301.11300',
  fewestExamples: 2 * PARTS,
  score(network, weights, batch) {
    const gradients = Array.from({ length: PARTS }, (_, part) =>
      tidy(() => kernelGradients(network, weights, partOf(batch, part))),
    );
    const names = Object.keys(gradients[0]!).filter((name) => gradients.every((one) => name in one));
    const score = names.reduce((sum, name) => {
      const stacked = tf.stack(gradients.map((one) => one[name]!));
      const ratio = tf.divNoNan(tf.mean(tf.abs(stacked), 0), tf.sqrt(tf.moments(stacked, 0).variance));
      const [layer] = tf.sum(ratio).dataSync();
      return layer! > 0 ? sum + Math.log(layer!) : sum;
    }, 0);
    gradients.forEach(disposeNamed);
    return score;
  },
});

function partOf(batch: TensorBatch, part: number): TensorBatch {
  const size = Math.floor(batch.inputs.shape[0] / PARTS);
  return partOfBatch(batch, (tensor) => tf.slice(tensor, part * size, size));
}
