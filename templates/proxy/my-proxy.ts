// A proxy of your own: a number for a network that has not been trained, by which networks are ordered.
// Try it:  weft rank RUN --proxies naswot,./my-proxy.ts
import { defineProxy, tf } from 'weft-nas';

export default defineProxy({
  name: 'my-proxy',
  description: 'How different the outputs for different examples are.',
  formula: 'mean over classes of the variance of the logits over examples',
  reference: 'none',
  fewestExamples: 2, // in the batch that it is given

  // More is held to be better. Arguments are borrowed; tensors that are made here are freed by the caller.
  score(network, { parameters, statistics }, { inputs }) {
    const logits = network.forward(parameters, statistics, inputs, { training: false, normalization: 'batch' });
    return tf.mean(tf.moments(logits, 0).variance).dataSync()[0] ?? NaN;
  },
});
