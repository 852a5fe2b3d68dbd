"""One training step of the ENAS recurrent cell, the anchor of `workloads/recurrent-supernet.ts`."""

import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "identity": lambda x: x, "sigmoid": torch.sigmoid}


class RecurrentSupernet(nn.Module):
    """A kernel for every edge between nodes; a child uses one per node."""

    def __init__(self, vocabulary, hidden, nodes):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.first = nn.Linear(2 * hidden, 2 * hidden, bias=False)
        self.edges = nn.ModuleDict({f"{i}-{j}": nn.Linear(hidden, 2 * hidden, bias=False) for j in range(1, nodes) for i in range(j)})
        self.decoder = nn.Linear(hidden, vocabulary)

    def forward(self, tokens, state, architecture):
        read = {source for source, _ in architecture[1:]}
        leaves = [j for j in range(len(architecture)) if j not in read]
        outputs = []
        for x in self.embedding(tokens):
            values = []
            for j, (source, activation) in enumerate(architecture):
                h = values[source] if j else state
                product = self.edges[f"{source}-{j}"](h) if j else self.first(torch.cat([x, state], 1))
                gate, candidate = product.chunk(2, 1)
                values.append(h + torch.sigmoid(gate) * (ACTIVATIONS[activation](candidate) - h))
            state = sum(values[j] for j in leaves) / len(leaves)
            outputs.append(state)
        return self.decoder(torch.stack(outputs))


def prepare(vocabulary, hidden, batch, steps, architectures):
    torch.manual_seed(0)
    net = RecurrentSupernet(vocabulary, hidden, len(architectures[0]))
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    tokens = torch.randint(vocabulary, (steps, batch))
    targets = torch.randint(vocabulary, (steps, batch))
    state = torch.zeros(batch, hidden)

    def step(index):
        optimizer.zero_grad(set_to_none=True)
        logits = net(tokens, state, architectures[index % len(architectures)])
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 0.25)
        optimizer.step()
        return loss.item()

    return step
