/** Uncertainty of a share that was counted. */
import { type Interval } from './assess.js';

const Z95 = 1.959964;

/**
 * 95 % interval of a proportion that was observed `share` times in `count` trials (Wilson 1927). Where the trials are
 * examples and one training was judged, it says how other examples would judge this training, and nothing of other
 * trainings.
 */
export function wilsonInterval(share: number, count: number): Interval {
  const z2 = Z95 ** 2;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Z95 / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2));
  return [centre - half, centre + half];
}
