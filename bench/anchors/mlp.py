"""A training step of a plain network, the anchor of `workloads/mlp.ts`."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn


def prepare(sizes, batch, optimizer):
    torch.manual_seed(0)
    layers = [nn.Linear(inputs, outputs) for inputs, outputs in itertools.pairwise(sizes)]
    net = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())][:-1])
    parameters = list(net.parameters())
    make = {
        "sgd": lambda: torch.optim.SGD(parameters, lr=0.01),
        "momentum": lambda: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
        "sam": lambda: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
        "adam": lambda: torch.optim.Adam(parameters, lr=0.01),
    }
    base = make[optimizer]()
    x = torch.randn(batch, sizes[0])
    labels = torch.randint(sizes[-1], (batch,))

    def gradients():
        base.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), labels)
        loss.backward()
        return loss

    def step(_):
        loss = gradients()
        if optimizer == "sam":
            with torch.no_grad():
                norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(p.grad) for p in parameters]))
                away = [p.grad * (0.05 / (norm + 1e-12)) for p in parameters]
                torch._foreach_add_(parameters, away)
            gradients()
            with torch.no_grad():
                torch._foreach_sub_(parameters, away)
        if optimizer != "sgd":
            nn.utils.clip_grad_norm_(parameters, 10.0)
        base.step()
        return loss.item()

    return step
