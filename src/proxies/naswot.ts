import { WeftError } from '../errors.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { defineProxy, type Proxy } from './contract.js';
import { choleskyFactor, logDeterminantOf, rowsOf } from './float64.js';
import { FRESH } from './network.js';
import { byExample, watchPass } from './watched-pass.js';

/**
 * Replacement for a zero pivot of the determinant, when two examples share one pattern: each such pair costs log(1e-8).
 */
const FLOOR = 1e-8;

/**
 * log det K, K = Σ over rectifiers of X·Xᵀ + (1 − X)·(1 − X)ᵀ with X [N, units] indicating which units are active for
 * which example: large if the network maps the examples to different linear regions (Mellor et al. 2021, arXiv
 * 2006.04647v3, eq. 2). If two examples share one pattern, K is singular; its zero pivots are replaced by 10⁻⁸. Throws
 * WeftError('unsupported') for a network without rectifiers.
 */
export const naswot: Proxy = defineProxy({
  name: 'naswot',
  description: 'How well the pattern of active rectifiers tells the examples apart.',
  formula: 'log det Σ_relu (X·Xᵀ + (1 − X)·(1 − X)ᵀ)',
  reference: 'Mellor et al. 2021, arXiv 2006.04647v3',
  fewestExamples: 2,
  score(network, { parameters, statistics }, { inputs }) {
    const examples = inputs.shape[0];
    const seen: { made: Tensor; on: Tensor }[] = [];
    try {
      const pass = watchPass(
        () => network.forward(parameters, statistics, inputs, FRESH),
        ({ name, inputs: { x }, outputs }) => {
          if (name === 'Relu') seen.push({ made: outputs[0]!, on: tf.keep(tf.tidy(() => tf.cast(tf.greater(x!, 0), 'float32'))) }); // prettier-ignore
        },
      );
      if (seen.length === 0)
        throw new WeftError(
          'unsupported',
          'naswot counts active rectifiers, but the network has none',
          "choose another proxy (for example 'jacov'), or relu as the activation of the space",
        );
      const agreements = Array.from({ length: examples }, () => new Float64Array(examples));
      for (const { made, on } of seen) {
        const x = tf.reshape(byExample(pass, made, on), [examples, -1]);
        const off = tf.sub(1, x);
        const both = tf.add(tf.matMul(x, x, false, true), tf.matMul(off, off, false, true));
        rowsOf(both.dataSync(), examples).forEach((row, n) => row.forEach((count, m) => (agreements[n]![m]! += count)));
      }
      return logDeterminantOf(choleskyFactor(agreements, FLOOR));
    } finally {
      seen.forEach(({ on }) => on.dispose());
    }
  },
});
