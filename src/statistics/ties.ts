/** The multiplicity of each distinct value. */
export function tieSizes(values: readonly number[]): ReadonlyMap<number, number> {
  const sizes = new Map<number, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  return sizes;
}
