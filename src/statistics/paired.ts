/** The number of pairs; two lists of different length are a defect of the caller. */
export function checkPaired(x: ArrayLike<unknown>, y: ArrayLike<unknown>): number {
  if (x.length !== y.length) throw new Error(`different numbers of paired values: ${x.length} and ${y.length}`);
  return x.length;
}
