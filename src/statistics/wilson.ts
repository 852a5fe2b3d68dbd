/** Uncertainty of an observed proportion. */
import { type Interval } from './assess.js';

const Z95 = 1.959964;

/**
 * 95 % interval of a proportion observed as `share` in `count` trials (Wilson 1927). If the trials are the test
 * examples of one trained network, it covers the variation over examples for this network, and says nothing about other
 * training runs.
 */
export function wilsonInterval(share: number, count: number): Interval {
  const z2 = Z95 ** 2;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Z95 / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2));
  return [centre - half, centre + half];
}
