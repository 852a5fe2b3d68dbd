/**
 * Evaluates many children on one batch. Children share weights by name, so those that begin with the same operations
 * compute the same values there: with six operations per layer, a hundred children have only six different first
 * layers.
 */
import { type Mode } from '../operations/operation.js';
import { type Tensor } from '../tensor/tf.js';
import { type Child } from './child.js';
import { type CompiledNodes, valueOfNode } from './compiled-nodes.js';
import { type Weights } from './parameter-store.js';

/**
 * The results of `use` on each child's logits, in the order of the children; equal to one `forward` after the other.
 * The children are evaluated in an order in which neighbours have most in common, and only what the next one needs is
 * kept: peak memory is that of one child. Nodes may be compiled.
 */
export function forwardTogether<T>(
  children: readonly Child[],
  weights: Weights,
  x: Tensor,
  { record: _, carry: __, ...mode }: Mode,
  use: (logits: Tensor) => T,
  compiled?: CompiledNodes,
): T[] {
  const plans = valuesOf(children);
  const order = plans.map((_, i) => i).sort((a, b) => lexicographic(plans[a]!, plans[b]!));
  const values = new Map<number, Tensor>();
  const results = new Array<T>(children.length);
  try {
    order.forEach((index, position) => {
      const plan = plans[index]!;
      const ofNode = new Map<string, Tensor>();
      children[index]!.nodes.forEach((node, i) => {
        let value = values.get(plan[i]!);
        if (!value) {
          const inputs = node.inputs.map((name) => ofNode.get(name)!);
          value = valueOfNode(node, inputs, weights, x, mode, compiled);
          values.set(plan[i]!, value);
        }
        ofNode.set(node.name, value);
      });
      results[index] = use(values.get(plan.at(-1)!)!);
      const next = new Set(plans[order[position + 1] ?? -1]);
      for (const [id, value] of values) {
        if (next.has(id)) continue;
        value.dispose();
        values.delete(id);
      }
    });
  } finally {
    values.forEach((value) => value.dispose());
  }
  return results;
}

/**
 * A number for each child and node; equal numbers mean that the node and everything that it depends on are the same.
 */
function valuesOf(children: readonly Child[]): number[][] {
  const known = new Map<string, number>();
  return children.map(({ nodes }) => {
    const ids = new Map<string, number>();
    return nodes.map((node) => {
      const { name, inputs } = node;
      const key = `${name}${node.kind === 'operation' ? `:${node.variant ?? ''}` : ''}(${inputs.map((input) => ids.get(input)).join()})`;
      const id = known.get(key) ?? known.size;
      known.set(key, id);
      ids.set(name, id);
      return id;
    });
  });
}

function lexicographic(a: readonly number[], b: readonly number[]): number {
  const first = a.findIndex((value, i) => value !== b[i]);
  return first < 0 ? a.length - b.length : a[first]! - (b[first] ?? -1);
}
