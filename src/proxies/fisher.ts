import { backpropagate, recordOn, releaseTape, type Tape } from '../tensor/tape.js';
import { type Scalar, tf, type Tensor } from '../tensor/tf.js';
import { labelLosses } from '../training/cross-entropy.js';
import { defineProxy, type Proxy } from './contract.js';
import { FRESH, kernelsOf } from './network.js';
import { byExample, watchPass, weightUses } from './watched-pass.js';

/**
 * Σ over the channels of all layers of ½·mean_n (Σ_p a·∂L/∂a)², a [n,p,c] being the layer's activation for example n at
 * position p: the effect of removing a channel on the loss, to second order (Theis et al. 2018, arXiv 1801.05787, eq.
 * 8, and Turner et al. 2020, arXiv 1906.04113). Each channel counts once for each weight that produces it, as in the
 * code of Abdelfattah et al. 2021 and in published tables. The last axis is the channel in sequences too, where PyTorch
 * code treats the token position as one. Each step of a recurrent layer counts as a layer.
 */
export const fisher: Proxy = defineProxy({
  name: 'fisher',
  description: 'How much the loss depends on each channel.',
  formula: 'Σ_channels (weights of the channel)·½·mean_n (Σ_positions a·∂L/∂a)²',
  reference:
    'Theis et al. 2018, arXiv 1801.05787; Turner et al. 2020, arXiv 1906.04113; Abdelfattah et al. 2021, arXiv 2101.08134',
  score(network, given, { inputs, labels }) {
    const { parameters, statistics } = given;
    const used = weightUses(Object.values(kernelsOf(network, given)));
    const activations: { made: Tensor; values: Tensor; weights: number }[] = [];
    const tape: Tape = [];
    try {
      const { pass, loss } = recordOn(tape, () => {
        const pass = watchPass(
          () => network.forward(parameters, statistics, inputs, FRESH),
          (call) => {
            const weights = used(call);
            if (weights === undefined) return;
            const [made] = call.outputs as [Tensor];
            // An operation may dispose of its intermediate results.
            activations.push({ made, values: tf.keep(tf.clone(made)), weights: weights / made.shape.at(-1)! });
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
      return activations.reduce((score, { made, values, weights }, i) => {
        const gradient = gradients[i];
        if (!gradient) return score;
        const ofExamples = tf.sum(byExample(pass, made, tf.mul(values, gradient)), 1);
        return score + (weights * tf.sum(tf.mean(tf.square(ofExamples), 0)).dataSync()[0]!) / 2;
      }, 0);
    } finally {
      activations.forEach(({ values }) => values.dispose());
      releaseTape(tape);
    }
  },
});
