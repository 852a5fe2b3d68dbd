import { backpropagate, recordOn, releaseTape, type Tape } from '../tensor/tape.js';
import { type Scalar, tf, type Tensor } from '../tensor/tf.js';
import { labelLosses } from '../training/cross-entropy.js';
import { defineProxy, type Proxy } from './contract.js';
import { FRESH, kernelsOf } from './network.js';
import { byExample, watchPass, weightUses } from './watched-pass.js';

/**
 * Σ over the channels c of all layers of ½·mean_n (Σ_p a·∂L/∂a)², a [n,p,c] being what the layer gives for example n at position p: what taking out a channel does to the loss, to second
 * order (Theis et al. 2018, arXiv 1801.05787, eq. 8, and Turner et al. 2020, arXiv 1906.04113). Each channel counts once; the code of Abdelfattah et al. 2021 counts it once for each
 * of its weights. The last axis is the channel in sequences too, where PyTorch code takes the place of a token for one. Each step of a recurrent
 * layer counts as a layer.
 */
export const fisher: Proxy = defineProxy({
  name: 'fisher',
  description: 'How much the loss depends on each channel.',
  formula: 'Σ_channels ½·mean_n (Σ_positions a·∂L/∂a)²',
  reference: 'Theis et al. 2018, arXiv 1801.05787; Turner et al. 2020, arXiv 1906.04113',
  score(network, weights, { inputs, labels }) {
    const { parameters, statistics } = weights;
    const isUse = weightUses(Object.values(kernelsOf(network, weights)));
    const activations: { made: Tensor; values: Tensor }[] = [];
    const tape: Tape = [];
    try {
      const { pass, loss } = recordOn(tape, () => {
        const pass = watchPass(
          () => network.forward(parameters, statistics, inputs, FRESH),
          (call) => {
            // An operation may dispose of what it has made in between.
            if (isUse(call)) activations.push({ made: call.outputs[0]!, values: tf.keep(tf.clone(call.outputs[0]!)) });
          },
        );
        const loss: Scalar = tf.mean(labelLosses(pass.logits, labels));
        return { pass, loss };
      });
      const gradients = backpropagate(
        tape,
        [[loss, tf.onesLike(loss)]],
        activations.map(({ made }) => made),
      );
      return activations.reduce((score, { made, values }, i) => {
        const gradient = gradients[i];
        if (!gradient) return score;
        const ofExamples = tf.sum(byExample(pass, made, tf.mul(values, gradient)), 1);
        return score + tf.sum(tf.mean(tf.square(ofExamples), 0)).dataSync()[0]! / 2;
      }, 0);
    } finally {
      activations.forEach(({ values }) => values.dispose());
      releaseTape(tape);
    }
  },
});
