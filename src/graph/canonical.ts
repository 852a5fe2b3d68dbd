/**
 * A hash of what a child computes, the same for every way to write the same network: names and unused
 * choices do not enter, and the inputs of a commutative combination are unordered.
 */
import { createHash } from 'node:crypto';
import { type ActiveNode } from './activate.js';

const COMMUTATIVE = new Set(['sum', 'mean', 'product']);
/** The digest of every operation of the kind 'zeros'. */
const ZEROS = 'zeros';

/**
 * Merkle hash from the input to the head: each node's digest covers its operation and the digests of
 * its inputs, sorted where their order does not matter. 16 hex digits.
 */
export function canonicalHash(nodes: readonly ActiveNode[]): string {
  const digests = new Map<string, string>();
  for (const node of nodes)
    digests.set(
      node.name,
      digestOf(
        node,
        node.inputs.map((name) => digests.get(name)!),
      ),
    );
  return digests.get(nodes.at(-1)!.name)!;
}

/** Nodes that pass their one input on unchanged do not change what is computed; nor do zeros in a sum. */
function digestOf(node: ActiveNode, inputs: readonly string[]): string {
  if (node.kind === 'operation' && node.operation.kind === 'zeros') return ZEROS;
  if (node.kind === 'operation' && node.operation.kind === 'identity') return inputs[0]!;
  if (node.kind !== 'combine') return digest(signature(node), inputs);
  const terms = node.combination === 'sum' ? inputs.filter((term) => term !== ZEROS) : inputs;
  if (terms.length <= 1) return terms[0] ?? ZEROS;
  return digest(signature(node), COMMUTATIVE.has(node.combination) ? terms.toSorted() : terms);
}

function signature(node: ActiveNode): string {
  if (node.kind === 'operation') return `${node.operation.kind}${JSON.stringify(node.operation.config)}`;
  return node.kind === 'combine' ? node.combination : `input${node.output.join('x')}`;
}

function digest(head: string, inputs: readonly string[]): string {
  return createHash('sha256').update(head).update('(').update(inputs.join(',')).update(')').digest('hex').slice(0, 16);
}
