/** Moves overlapping labels apart: at least 9 % of the panel's vertical range, `height`, between them. */
export function spread<L extends { readonly y: number }>(labels: readonly L[], height: number): (L & { at: number })[] {
  const gap = 0.09 * height;
  const placed = [...labels].sort((a, b) => a.y - b.y).map((one) => ({ ...one, at: one.y }));
  for (let i = 1; i < placed.length; i++) placed[i]!.at = Math.max(placed[i]!.at, placed[i - 1]!.at + gap);
  return placed;
}
