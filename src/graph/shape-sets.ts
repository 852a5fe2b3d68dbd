/** Sets of shapes: all possible output shapes of a node over all architectures. */
import { WeftError } from '../errors.js';
import { type Shape } from '../operations/operation.js';
import { sameShape } from '../operations/shapes.js';
import { type Combination } from './nodes.js';

const MAX_SHAPES = 256;

/** Each shape once. */
export function distinct(shapes: readonly Shape[]): Shape[] {
  return [...new Map(shapes.map((shape) => [shape.join('x'), shape])).values()];
}

/** Every way to take one shape from each input. */
export function combinations(inputs: readonly (readonly Shape[])[], where: string): Shape[][] {
  const all = inputs.reduce<Shape[][]>(
    (heads, shapes) => heads.flatMap((head) => shapes.map((shape) => [...head, shape])),
    [[]],
  );
  if (all.length > MAX_SHAPES) {
    throw new WeftError(
      'space',
      `${where} can see ${all.length} combinations of input shapes`,
      'convert its inputs to one shape first',
    );
  }
  return all;
}

/** Possible output shapes of a combination, folding in one input after the other. */
export function combinedShapes(
  combination: Combination,
  inputs: readonly { shapes: readonly Shape[]; optional: boolean }[],
  where: string,
): Shape[] {
  let reachable: (Shape | undefined)[] = [undefined];
  for (const { shapes, optional } of inputs) {
    // Two inputs whose sizes follow the same choice always have equal sizes; `activate` checks it.
    if (!optional && combination !== 'concat' && shapes.length > 1 && sameShapes(reachable, shapes)) continue;
    const next = new Map<string, Shape | undefined>();
    for (const before of reachable) {
      if (optional) next.set(before?.join('x') ?? '', before);
      for (const shape of shapes) {
        const joined = join(combination, before, shape, where);
        next.set(joined.join('x'), joined);
      }
    }
    reachable = [...next.values()];
    if (reachable.length > MAX_SHAPES)
      throw new WeftError(
        'space',
        `${where} can have more than ${MAX_SHAPES} shapes`,
        'gate fewer inputs, or sum instead of concatenating',
      );
  }
  return distinct(reachable.filter((shape) => shape !== undefined));
}

function sameShapes(some: readonly (Shape | undefined)[], others: readonly Shape[]): boolean {
  const keys = new Set(some.map((shape) => shape?.join('x')));
  return keys.size === others.length && others.every((shape) => keys.has(shape.join('x')));
}

function join(combination: Combination, before: Shape | undefined, shape: Shape, where: string): Shape {
  if (!before) return shape;
  const joinable =
    combination === 'concat' ? sameShape(before.slice(0, -1), shape.slice(0, -1)) : sameShape(before, shape);
  if (!joinable)
    throw new WeftError('space', `${where} cannot ${combination} [${before.join(', ')}] and [${shape.join(', ')}]`);
  return combination === 'concat' ? [...shape.slice(0, -1), before.at(-1)! + shape.at(-1)!] : shape;
}
