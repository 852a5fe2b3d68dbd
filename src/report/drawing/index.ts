/** Pictures of architectures and of whole search spaces. */
import { type SearchSpace } from '../../graph/define-space.js';
import { type DrawingOptions } from './dot.js';
import { outlineDiff } from './diff.js';
import { drawOutline } from './draw.js';
import { type HeatMap, outlineChild, outlineSupernet } from './outline.js';

export { type Difference, differences } from './diff.js';
export type { DrawingOptions } from './dot.js';
export type { Heat, HeatMap } from './outline.js';

/** An architecture as SVG: the main path as a column of boxes, skip connections as arcs. */
export function architectureSvg(
  space: SearchSpace,
  architecture: unknown,
  options: DrawingOptions = {},
): Promise<string> {
  return drawOutline(outlineChild(space, architecture), options);
}

/**
 * A whole space as SVG: every choice with all of its options, coloured by the number of architectures that use them.
 */
export function supernetSvg(
  space: SearchSpace,
  architectures: readonly unknown[],
  options: DrawingOptions = {},
): Promise<string> {
  return drawOutline(outlineSupernet(space, architectures), options);
}

/**
 * Two architectures of a space overlaid as SVG: parts of only the first are blue (`--controller`), parts of only the
 * second orange (`--random`).
 */
export function diffSvg(space: SearchSpace, a: unknown, b: unknown, options: DrawingOptions = {}): Promise<string> {
  return drawOutline(outlineDiff(space, a, b), { label: 'Drawing of two networks over each other', ...options });
}

/** The same coloured by a quantity other than use: `heat` gives its strength, direction and description. */
export function supernetHeatSvg(
  space: SearchSpace,
  architectures: readonly unknown[],
  heat: HeatMap,
  options: DrawingOptions = {},
): Promise<string> {
  return drawOutline(outlineSupernet(space, architectures, heat), options);
}
