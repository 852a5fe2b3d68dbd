/**
 * Which kernels have a proven second derivative. TensorFlow.js gives no error for a kernel whose gradient
 * is computed off the tape: the second derivative is simply wrong. So every kernel on the way from the
 * parameters to their gradients must stand in this list, and the list holds nothing that the contract
 * test `test/contract/second-order.test.ts` does not exercise against an independent reference.
 */
import { tf } from '../tf.js';
import type { TapeNode } from '../tape.js';

const verified = new Set<string>();

/**
 * Declares that the second derivatives of these kernels are proven: the gradient function of each runs
 * only kernels that are on the tape and themselves in the list.
 */
export function declareSecondOrder(...kernelNames: string[]): void {
  for (const name of kernelNames) verified.add(name);
}

/** Names of all kernels with a proven second derivative, sorted. */
export function secondOrderKernels(): string[] {
  return [...verified].sort();
}

/** Names of the kernels among `nodes` whose second derivative is not proven, each once. */
export function unverifiedKernels(nodes: readonly TapeNode[]): string[] {
  const names = new Set<string>();
  for (const node of nodes) if (!isSavedCopy(node) && (!verified.has(node.kernelName) || !node.gradient)) names.add(node.kernelName);
  return [...names].sort();
}

/** A copy made for the way back carries the name of the scope it was made in, which is no kernel's. */
export function isSavedCopy(node: TapeNode): boolean {
  return 'x' in node.inputs && node.saved.length === 0 && tf.getGradient(node.kernelName) === undefined
    && tf.getKernel(node.kernelName, tf.getBackend()) === undefined;
}
