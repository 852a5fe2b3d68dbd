/**
 * Kernels of several sizes in one: a smaller one is the centre of the next larger one times a learned matrix, so that
 * the centre of a large kernel need not be a good small kernel (Cai et al. 2020, arXiv 1908.09791, section 3.2). All
 * channels of a layer share the matrix.
 */
import { WeftError } from '../errors.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type ParameterSpec } from './operation.js';

export interface KernelTransform {
  /** Side of the part of the kernel that is read. */
  readonly reads: number;
  /** Matrices that this side needs, by local name. */
  readonly own: Readonly<Record<string, ParameterSpec>>;
  /** Those that any side needs. */
  readonly all: Readonly<Record<string, ParameterSpec>>;
  /** Computes the kernel [size, size, …] from the part that is read [reads, reads, …]. */
  apply(kernel: Tensor, parameter: (local: string) => Tensor): Tensor;
}

/**
 * How a kernel of this size is computed, given all possible sizes; undefined if it needs no transform. Throws
 * WeftError('operation') for a size that is not among them.
 */
export function kernelTransform(size: number, kernels: readonly number[] | undefined): KernelTransform | undefined {
  if (!kernels) return undefined;
  const sides = [...new Set(kernels)].sort((a, b) => b - a);
  if (!sides.includes(size))
    throw new WeftError(
      'operation',
      `a kernel of side ${size} has no transform; there are transforms for ${kernels.join(', ')}`,
      'list every possible side in `kernels`',
    );
  const smaller = sides.slice(1);
  const steps = smaller.filter((side) => side >= size && size < sides[0]!);
  const specs = (some: readonly number[]): Record<string, ParameterSpec> =>
    Object.fromEntries(
      some.map((side) => [
        `transform${side}`,
        { shape: [side * side, side * side], role: 'scale', initializer: { kind: 'identity', side: side * side } },
      ]),
    );
  return {
    reads: steps[0] ?? size,
    own: specs(steps),
    all: specs(smaller),
    apply: (kernel, parameter) =>
      steps.reduce((current, side) => {
        const [length, , ...channels] = current.shape as [number, number, ...number[]];
        const begin = Math.floor((length - side) / 2);
        const centre = length === side ? current : tf.slice(current, [begin, begin, 0, 0], [side, side, ...channels]);
        const flat = tf.reshape(centre, [side * side, -1]);
        return tf.reshape(tf.matMul(parameter(`transform${side}`), flat), [side, side, ...channels]);
      }, kernel),
  };
}
