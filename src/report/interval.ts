/** Uncertainty of a measured accuracy. */

const Z95 = 1.959964;

/** 95 % interval of a proportion that was observed `share` times in `count` trials (Wilson 1927). */
export function wilsonInterval(share: number, count: number): [low: number, high: number] {
  const z2 = Z95 ** 2;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Z95 / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2));
  return [centre - half, centre + half];
}
