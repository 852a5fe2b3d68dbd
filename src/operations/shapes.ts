/** Checks and arithmetic of shapes that several operations share. */
import { WeftError } from '../errors.js';
import { type Shape } from './operation.js';

export type Padding = 'same' | 'valid';

/** The only input's shape; throws unless there is exactly one, of the given rank. */
export function soleInput(kind: string, inputs: readonly Shape[], rank?: number): Shape {
  const [shape] = inputs;
  if (inputs.length !== 1 || !shape)
    throw new WeftError(
      'operation',
      `'${kind}' takes one input, but got ${inputs.length}`,
      'combine several inputs first',
    );
  if (rank !== undefined && shape.length !== rank) {
    throw new WeftError('operation', `'${kind}' takes an input of ${rank} dimensions, but got [${shape.join(', ')}]`);
  }
  return shape;
}

/** Height and width after a window slides over them. */
export function slide(
  kind: string,
  [height, width]: Shape,
  size: number,
  stride: number,
  padding: Padding,
): [number, number] {
  const along = (length: number): number =>
    padding === 'same' ? Math.ceil(length / stride) : Math.ceil((length - size + 1) / stride);
  const result: [number, number] = [along(height!), along(width!)];
  if (Math.min(...result) < 1) {
    throw new WeftError(
      'operation',
      `a ${size}x${size} window of '${kind}' does not fit into ${height}x${width}`,
      'use fewer reductions, a smaller window or larger images',
    );
  }
  return result;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}
