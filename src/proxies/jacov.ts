import { backpropagate, recordOn, releaseTape, type Tape } from '../tensor/tape.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { defineProxy, type Proxy } from './contract.js';
import { choleskyFactor, inverseTraceOf, logDeterminantOf, rowsOf } from './float64.js';
import { FRESH, forwardFrom } from './network.js';

/** Keeps the logarithm and the reciprocal of an eigenvalue of zero finite. */
const K = 1e-5;

/**
 * −Σ (log(v + k) + 1/(v + k)), k = 10⁻⁵, over the eigenvalues v of the correlation matrix of the examples' gradients ∂Σ
 * logits/∂input: highest if the network responds to each example in a different direction (Mellor et al. 2020, arXiv
 * 2006.04647v1, eq. 5; jacob_cov of Abdelfattah et al. 2021). Examples whose gradient is constant count as perfectly
 * correlated with all others, so that a network that ignores its input is among the worst. For tokens, the gradient is
 * taken with respect to the embedding vectors.
 */
export const jacov: Proxy = defineProxy({
  name: 'jacov',
  description: 'How differently the network answers to small changes of each example (jacobian covariance).',
  formula: '−Σ (log(v + k) + 1/(v + k)), v eigenvalues of corr(∂Σ logits/∂x)',
  reference: 'Mellor et al. 2020, arXiv 2006.04647v1; Abdelfattah et al. 2021, arXiv 2101.08134',
  fewestExamples: 2,
  score(network, weights, { inputs }) {
    const examples = inputs.shape[0];
    const entries: Tensor[] = [];
    const tape: Tape = [];
    try {
      const output = recordOn(tape, () =>
        tf.sum(
          forwardFrom(network, weights, inputs, FRESH, (value) => {
            entries.push(value);
            return value;
          }),
        ),
      );
      const rows = backpropagate(tape, [[output, tf.onesLike(output)]], entries).flatMap((gradient) =>
        gradient ? [tf.reshape(gradient, [examples, -1])] : [],
      );
      const jacobian = rows.length === 0 ? new Float32Array(examples) : tf.concat(rows, 1).dataSync();
      const factor = choleskyFactor(correlations(rowsOf(jacobian, examples)), Number.MIN_VALUE);
      return -logDeterminantOf(factor) - inverseTraceOf(factor);
    } finally {
      releaseTape(tape);
    }
  },
});

/** Correlation matrix of the rows plus k on its diagonal. */
function correlations(rows: readonly Float64Array[]): Float64Array[] {
  const normal = rows.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const centred = row.map((value) => value - mean);
    const norm = Math.sqrt(centred.reduce((sum, value) => sum + value ** 2, 0));
    return norm > 0 ? centred.map((value) => value / norm) : undefined;
  });
  return normal.map((a, i) =>
    Float64Array.from(normal, (b, j) => {
      if (i === j) return 1 + K;
      return a && b ? a.reduce((sum, value, d) => sum + value * b[d]!, 0) : 1;
    }),
  );
}
