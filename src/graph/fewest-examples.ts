/** How small a batch may be for a network with batch normalization. */
import { type ActiveNode } from './activate.js';
import { type SupernetGraph } from './nodes.js';

/** The operation that needs the largest batch, and how many examples that is: at least 1. */
export interface FewestExamples {
  readonly examples: number;
  readonly node?: string;
}

/** For one child. */
export function fewestExamplesOf(nodes: readonly ActiveNode[]): FewestExamples {
  return largest(
    nodes.map((node) => ({ node: node.name, examples: node.kind === 'operation' ? node.built.fewestExamples : 1 })),
  );
}

/** For every child of a supernet. */
export function fewestExamplesIn({ graph, order }: SupernetGraph): FewestExamples {
  return largest(
    order.flatMap((node) => {
      const attributes = graph.getNodeAttributes(node);
      if (attributes.kind !== 'operation') return [];
      return [...attributes.built.values()].map(({ fewestExamples }) => ({ node, examples: fewestExamples }));
    }),
  );
}

function largest(needs: readonly { node: string; examples: number | undefined }[]): FewestExamples {
  return needs.reduce<FewestExamples>(
    (most, { node, examples = 1 }) => (examples > most.examples ? { node, examples } : most),
    { examples: 1 },
  );
}
