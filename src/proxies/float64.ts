/**
 * Determinants and inverses of small symmetric matrices in float64: scores depend on eigenvalues that float32 would
 * lose.
 */

/**
 * Cholesky factor L of a symmetric positive semidefinite matrix, row by row; a pivot below `floor` is replaced by
 * `floor`.
 */
export function choleskyFactor(matrix: readonly Float64Array[], floor: number): Float64Array[] {
  const lower = matrix.map(({ length }) => new Float64Array(length));
  matrix.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      let value = row[j]!;
      for (let k = 0; k < j; k++) value -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(Math.max(value, floor)) : value / lower[j]![j]!;
    }
  });
  return lower;
}

/** log det of L·Lᵀ. */
export function logDeterminantOf(lower: readonly Float64Array[]): number {
  return lower.reduce((sum, row, i) => sum + 2 * Math.log(row[i]!), 0);
}

/** Trace of (L·Lᵀ)⁻¹, the sum of the squares of L⁻¹. */
export function inverseTraceOf(lower: readonly Float64Array[]): number {
  const size = lower.length;
  const column = new Float64Array(size);
  let sum = 0;
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let value = i === j ? 1 : 0;
      for (let k = j; k < i; k++) value -= lower[i]![k]! * column[k]!;
      column[i] = value / lower[i]![i]!;
      sum += column[i]! ** 2;
    }
  }
  return sum;
}

/** Rows of numbers [N,D] as arrays of float64. */
export function rowsOf(values: ArrayLike<number>, rows: number): Float64Array[] {
  const width = values.length / rows;
  return Array.from({ length: rows }, (_, n) => Float64Array.from({ length: width }, (_, d) => values[n * width + d]!));
}
