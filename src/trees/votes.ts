/** What several trees, or ensembles, say together. */

/** Mean and standard deviation of several answers for each row. */
export function meanAndDeviation(
  answers: readonly Float64Array[],
  count: number,
): { mean: Float64Array; deviation: Float64Array } {
  const [mean, deviation] = [new Float64Array(count), new Float64Array(count)];
  for (const one of answers) for (let i = 0; i < count; i++) mean[i]! += one[i]! / answers.length;
  for (const one of answers)
    for (let i = 0; i < count; i++) deviation[i]! += (one[i]! - mean[i]!) ** 2 / answers.length;
  return { mean, deviation: deviation.map(Math.sqrt) };
}
