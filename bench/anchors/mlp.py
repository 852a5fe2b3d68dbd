"""One step of plain SGD on a network with one hidden layer, the anchor of `workloads/mlp.ts`."""

import torch
import torch.nn.functional as F
from torch import nn


def prepare(sizes, batch):
    torch.manual_seed(0)
    inputs, hidden, classes = sizes
    net = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, classes))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x = torch.randn(batch, inputs)
    labels = torch.randint(classes, (batch,))

    def step(_):
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
