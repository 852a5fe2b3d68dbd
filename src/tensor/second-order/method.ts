import { WeftError } from '../../errors.js';
import type { NamedTensors } from '../named.js';
import type { TapeNode } from '../tape.js';
import { tf } from '../tf.js';
import { kernelsOf, unverifiedKernels } from './verified.js';

export interface SecondOrderOptions {
  /**
   * What to do if a kernel has no verified second derivative: refuse by name (the default), or take a central
   * difference.
   */
  onUnverified?: 'refuse' | 'difference';
  /** Kernels to treat as verified in this call, such as your own whose second derivative you have tested. */
  trust?: readonly string[];
  /** Half the distance between the two points of a central difference, in parameter space; 1e-2 by default. */
  radius?: number;
}

/** How products are computed. */
export interface ProductMethod {
  readonly method: 'exact' | 'central-difference';
  /** Why they are not exact, one line per kernel. */
  readonly reasons: readonly string[];
  /** Every kernel on the path from the parameters to what is differentiated again. */
  readonly kernels: readonly string[];
}

/** The method for this path of kernels: exact, a difference if that is allowed, or an error that names the kernels. */
export function chooseMethod(
  path: readonly TapeNode[],
  { onUnverified = 'refuse', trust = [] }: SecondOrderOptions,
): ProductMethod {
  const kernels = kernelsOf(path);
  const unverified = unverifiedKernels(path, trust);
  const reasons = unverified.map((name) => `no verified second derivative of '${name}'`);
  if (reasons.length === 0) return { method: 'exact', reasons, kernels };
  if (onUnverified === 'difference') return { method: 'central-difference', reasons, kernels };
  throw new WeftError(
    'unsupported',
    `no verified second derivative of ${unverified.map((name) => `'${name}'`).join(', ')}`,
    "use another operation, ask for onUnverified: 'difference', or, if you have tested the second derivative, name the kernel in `trust`",
  );
}

/** Throws unless every entry of the direction is a parameter of the same shape. */
export function assertDirection(direction: NamedTensors, params: NamedTensors): void {
  for (const [name, { shape }] of Object.entries(direction)) {
    const parameter = params[name];
    if (parameter && tf.util.arraysEqual(parameter.shape, shape)) continue;
    throw new WeftError(
      'operation',
      parameter
        ? `the direction for '${name}' is [${shape}], the parameter [${parameter.shape}]`
        : `the direction has an entry '${name}', which is not a parameter`,
      'a direction must have the names and shapes of the parameters',
    );
  }
}
