/** Building a graph of many nodes, finding those that reach the head, and hashing what they compute. */
import { activate } from '../../src/graph/activate.js';
import { buildGraph, type NodeRef } from '../../src/graph/builder.js';
import { canonicalHash } from '../../src/graph/canonical.js';
import { activation } from '../../src/operations/index.js';
import { stream } from '../../src/tensor/rng.js';
import { type Workload } from '../workload.js';

/** Node i is a rectifier (odd i) or the sum of its predecessor and a random earlier node (even i). */
export function graph(nodes: number): Workload {
  const rng = stream('bench', 'graph');
  const partners = Array.from({ length: nodes }, (_, i) => (i % 2 === 0 && i > 0 ? rng.int(i) : -1));
  return {
    name: `graph of ${nodes.toLocaleString('en')} nodes: build, activate, canonical hash`,
    block: nodes > 10_000 ? 1 : 5,
    anchors: [{ name: 'networkx', module: 'graph', options: { partners } }],
    prepare: () => ({
      step() {
        const supernet = buildGraph('bench', [], [8], (builder) => {
          const refs: NodeRef[] = [builder.input];
          for (let i = 1; i < nodes; i++) {
            const before = refs[i - 1]!;
            refs.push(
              partners[i]! < 0
                ? builder.apply(`n${i}`, activation('relu'), before)
                : builder.combine(`n${i}`, 'sum', [before, refs[partners[i]!]!]),
            );
          }
          return refs.at(-1)!;
        });
        canonicalHash(activate(supernet, []));
      },
      dispose: () => undefined,
    }),
  };
}
