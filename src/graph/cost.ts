/** Costs of a trained child, computed from its graph. */
import { WeftError } from '../errors.js';
import { multiplyAddsOf } from '../operations/operation.js';
import { type ActiveNode } from './activate.js';
import { deployedNodes } from './deployed.js';

/** Trainable weights of a child, biases and normalizations included; a weight that two nodes use counts once. */
export function parameterCount(nodes: readonly ActiveNode[]): number {
  const sizes = new Map<string, number>();
  for (const { prefix, built } of operationsOf(nodes)) {
    for (const [local, { shape }] of Object.entries(built.parameters))
      sizes.set(
        `${prefix}/${local}`,
        shape.reduce((product, length) => product * length, 1),
      );
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/**
 * Multiply-adds of a child for one example: those of convolutions and matrix products, at every use of a weight.
 * Normalizations, activations, pools and sums are not counted, as is usual. Throws WeftError('unsupported') if an
 * operation does not declare them.
 */
export function multiplyAddCount(nodes: readonly ActiveNode[]): number {
  return operationsOf(nodes).reduce((sum, { name, built, operation }) => {
    const own = multiplyAddsOf(built);
    if (own === undefined)
      throw new WeftError(
        'unsupported',
        `the operation '${operation.kind}' at '${name}' does not state its multiply-adds`,
        'add the field `multiplyAdds` to the value that its `build` returns',
      );
    return sum + own;
  }, 0);
}

/**
 * Bytes of a child's weights and running statistics as 32-bit floats: its file without the names in the header. A
 * weight that two nodes use counts once.
 */
export function weightBytes(nodes: readonly ActiveNode[]): number {
  const sizes = new Map<string, number>();
  for (const { prefix, built } of operationsOf(nodes)) {
    for (const [local, { shape }] of [...Object.entries(built.parameters), ...Object.entries(built.statistics ?? {})])
      sizes.set(
        `${prefix}/${local}`,
        shape.reduce((product, length) => product * length, 1),
      );
  }
  return 4 * [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function operationsOf(nodes: readonly ActiveNode[]): Extract<ActiveNode, { kind: 'operation' }>[] {
  return deployedNodes(nodes).filter((node) => node.kind === 'operation');
}
