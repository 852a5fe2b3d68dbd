"""The same graph, active part and Merkle hash with networkx, the anchor of `workloads/graph.ts`."""

import hashlib

import networkx


def prepare(partners):
    def step(_):
        graph = networkx.DiGraph()
        graph.add_node(0, kind="input", config="{}")
        for i, partner in enumerate(partners[1:], 1):
            graph.add_node(i, kind="relu" if partner < 0 else "sum", config="{}")
            graph.add_edge(i - 1, i, position=0)
            if partner >= 0:
                graph.add_edge(partner, i, position=1)
        head = len(partners) - 1
        active = graph.subgraph(networkx.ancestors(graph, head) | {head})
        digests = {}
        for node in networkx.topological_sort(active):
            data = active.nodes[node]
            inputs = [digests[source] for source, _, _ in sorted(active.in_edges(node, data="position"), key=lambda edge: edge[2])]
            if data["kind"] == "sum":
                inputs.sort()
            digests[node] = hashlib.sha256(f"{data['kind']}{data['config']}({','.join(inputs)})".encode()).hexdigest()[:16]
        return digests[head]

    return step
