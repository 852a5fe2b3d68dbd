/**
 * A hash of what a child computes, the same for every way to write the same network: names and unused
 * choices do not enter, and the inputs of a commutative combination are unordered.
 */
import { createHash } from 'node:crypto';
import { type ActiveNode } from './activate.js';

const COMMUTATIVE = new Set(['sum', 'mean', 'product']);

/**
 * Merkle hash from the input to the head: each node's digest covers its operation and the digests of
 * its inputs, sorted where their order does not matter. 16 hex digits.
 */
export function canonicalHash(nodes: readonly ActiveNode[]): string {
  const digests = new Map<string, string>();
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => digests.get(name)!);
    digests.set(node.name, isTransparent(node) ? inputs[0]! : digest(signature(node), node.kind === 'combine' && COMMUTATIVE.has(node.combination) ? inputs.sort() : inputs));
  }
  return digests.get(nodes.at(-1)!.name)!;
}

/** Nodes that pass their one input on unchanged do not change what is computed. */
function isTransparent(node: ActiveNode): boolean {
  if (node.kind === 'combine') return node.inputs.length === 1;
  return node.kind === 'operation' && node.operation.kind === 'identity';
}

function signature(node: ActiveNode): string {
  if (node.kind === 'operation') return `${node.operation.kind}${JSON.stringify(node.operation.config)}`;
  return node.kind === 'combine' ? node.combination : `input${node.output.join('x')}`;
}

function digest(head: string, inputs: readonly string[]): string {
  return createHash('sha256').update(head).update('(').update(inputs.join(',')).update(')').digest('hex').slice(0, 16);
}
