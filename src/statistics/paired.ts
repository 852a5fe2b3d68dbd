/** The number of pairs; two lists of different length are a defect of the caller. */
export function checkPaired(x: ArrayLike<unknown>, y: ArrayLike<unknown>): number {
  if (x.length !== y.length) throw new Error(`paired values differ in number: ${x.length} and ${y.length}`);
  return x.length;
}
