/**
 * Operations whose sizes are choices: the largest one holds the weights, and each smaller one reads a slice of them.
 */
import { WeftError } from '../errors.js';
import { type BuiltOperation, type Operation, type Shape } from '../operations/operation.js';
import { type Genotype } from '../space/slots.js';
import { fitted } from './fitted.js';
import { type ElasticMember, shapeKey } from './nodes.js';

/** A size that is chosen, and the numbers to choose from. */
export interface SizeOptions {
  readonly size: string;
  readonly options: readonly number[];
}

export interface ElasticFit {
  /** The largest operation, built for the largest inputs: its parameters are those that the supernet keeps. */
  readonly whole: { readonly operation: Operation; readonly built: ReadonlyMap<string, BuiltOperation> };
  /** All of them, the largest included. */
  readonly members: readonly ElasticMember[];
}

const MAX_MEMBERS = 4096;

/**
 * Builds every operation of these sizes for every combination of inputs; `make` takes an index into the options of each
 * size. Throws WeftError('space') if a size is not a positive number, if the operation has no sensible slices, or if a
 * smaller one would need more than the largest one has.
 */
export function fitElastic(
  sizes: readonly SizeOptions[],
  inputs: readonly (readonly Shape[])[],
  make: (slots: Genotype) => Operation,
  where: string,
): ElasticFit {
  for (const { size, options } of sizes) {
    const wrong = options.find((option) => !(typeof option === 'number' && Number.isFinite(option) && option > 0));
    if (wrong !== undefined)
      throw new WeftError('space', `the size '${size}' of ${where} can be ${wrong}`, 'sizes are positive numbers');
  }
  const members = everyChoice(sizes);
  if (members.length * inputs.length > MAX_MEMBERS)
    throw new WeftError(
      'space',
      `${where} has ${members.length} combinations of sizes for each of ${inputs.length} input shapes`,
      'let it depend on fewer choices, or list fewer sizes',
    );
  const operation = make(sizes.map(({ options }) => options.indexOf(Math.max(...options))));
  if (!operation.elastic)
    throw new WeftError(
      'space',
      `${where} is the operation '${operation.kind}', which cannot be sliced: a part of its weights is not a smaller operation of the same kind`,
      'build it of conv, depthwiseConv, dense, normalizations, activations and pools, or list its sizes with `choose`; your own operation must set `elastic: true`',
    );
  const largest = largestShapes(inputs, where);
  const own = fitted(operation, largest, where);
  const built = own.spare ? { ...own, parameters: { ...own.parameters, ...own.spare } } : own;
  const all = members.flatMap((slots) => {
    const member = make(slots);
    return inputs.map((shapesOfInputs) => {
      const one = fitted(member, shapesOfInputs, where);
      requireWithin(one, built, where);
      return { operation: member, shapes: shapeKey(shapesOfInputs), built: one };
    });
  });
  return { whole: { operation, built: new Map([[shapeKey(largest), built]]) }, members: all };
}

function everyChoice(sizes: readonly SizeOptions[]): Genotype[] {
  return sizes.reduce<number[][]>(
    (heads, { options }) => heads.flatMap((head) => options.map((_, index) => [...head, index])),
    [[]],
  );
}

/** The largest length along every axis of every input. */
function largestShapes(inputs: readonly (readonly Shape[])[], where: string): Shape[] {
  return inputs[0]!.map((first, position) =>
    first.map((_, axis) =>
      Math.max(
        ...inputs.map((shapes) => {
          const { length, [axis]: size } = shapes[position]!;
          if (length !== first.length)
            throw new WeftError(
              'space',
              `${where} can see inputs of ${first.length} and of ${length} dimensions`,
              'slices need inputs with the same number of dimensions: flatten or pool them first',
            );
          return size!;
        }),
      ),
    ),
  );
}

function requireWithin(member: BuiltOperation, whole: BuiltOperation, where: string): void {
  for (const field of ['parameters', 'statistics'] as const) {
    for (const [local, { shape }] of Object.entries<{ shape: Shape }>(member[field] ?? {})) {
      const all: Shape | undefined = whole[field]?.[local]?.shape;
      if (all && all.length === shape.length && shape.every((length: number, axis: number) => length <= all[axis]!))
        continue;
      throw new WeftError(
        'space',
        `'${local}' of ${where} is [${shape.join(', ')}] at some sizes, and ${all ? `[${all.join(', ')}]` : 'missing'} at the largest: it cannot be a slice of it`,
        'no weight may grow when a size shrinks',
      );
    }
  }
}
