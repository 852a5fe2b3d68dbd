/**
 * Smooths noisy points: Gaussian weights around each, with a width of one twenty-fifth of the series and at least one
 * point; near the ends, truncated.
 */
export function smooth(values: readonly number[], width = Math.max(1, values.length / 25)): number[] {
  return values.map((_, at) => {
    let sum = 0;
    let total = 0;
    values.forEach((value, i) => {
      const weight = Math.exp(-((i - at) ** 2) / (2 * width * width));
      sum += weight * value;
      total += weight;
    });
    return sum / total;
  });
}
