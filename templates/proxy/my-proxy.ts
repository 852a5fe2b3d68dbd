// A proxy of your own: a score for an untrained network, by which networks are ranked.
// Try it:  weft rank RUN --proxies naswot,./my-proxy.ts
import { defineProxy, tf } from 'weft-nas';

export default defineProxy({
  name: 'my-proxy',
  description: 'How different the outputs for different examples are.',
  formula: 'mean over classes of the variance of the logits over examples',
  reference: 'none',
  fewestExamples: 2, // in the batch

  // Higher is better. Arguments are borrowed; the caller frees the tensors that are created here.
  score(network, { parameters, statistics }, { inputs }) {
    const logits = network.forward(parameters, statistics, inputs, { training: false, normalization: 'batch' });
    return tf.mean(tf.moments(logits, 0).variance).dataSync()[0] ?? NaN;
  },
});
