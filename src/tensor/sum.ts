/**
 * Sums whose order does not depend on the number of terms, so that a compiled step can add the same terms one after the
 * other.
 */
import { tf, type Tensor } from './tf.js';

/** Number of terms up to which AddN adds from left to right; with more, it adds groups of eight. */
const MOST_IN_ORDER = 9;

/** The sum of at least one term, from left to right however many there are: adding zeros changes no bit. */
export function sumFromLeft(terms: readonly Tensor[]): Tensor {
  if (terms.length <= MOST_IN_ORDER) return tf.addN([...terms]);
  return tf.tidy(() => {
    let sum = tf.addN(terms.slice(0, MOST_IN_ORDER));
    for (let at = MOST_IN_ORDER; at < terms.length; at += MOST_IN_ORDER - 1)
      sum = tf.addN([sum, ...terms.slice(at, at + MOST_IN_ORDER - 1)]);
    return sum;
  });
}
