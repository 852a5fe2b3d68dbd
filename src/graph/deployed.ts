/**
 * Deployed children: operations that compute their weights from others during training are replaced by operations that
 * have them directly.
 */
import { type Shape } from '../operations/operation.js';
import { type ActiveNode } from './activate.js';
import { fitted } from './fitted.js';

/** The nodes with every operation in its deployed form (`Operation.deployed`); the same nodes if nothing changes. */
export function deployedNodes(nodes: readonly ActiveNode[]): readonly ActiveNode[] {
  if (!nodes.some((node) => node.kind === 'operation' && node.operation.deployed)) return nodes;
  const outputs = new Map<string, Shape>(nodes.map(({ name, output }) => [name, output]));
  return nodes.map((node) => {
    if (node.kind !== 'operation' || !node.operation.deployed) return node;
    const operation = node.operation.deployed;
    const inputs = node.inputs.map((input) => outputs.get(input)!);
    return { ...node, operation, built: fitted(operation, inputs, `'${node.name}'`) };
  });
}
