"""A Hessian-vector product by differentiating the gradient, the anchor of `workloads/hessian.ts`."""

import torch
import torch.nn.functional as F
from torch import nn

from macro_supernet import FORMATS, Norm, conv


def prepare(filters, size, batch, classes, layout):
    torch.manual_seed(0)
    blocks = [layer for inputs in (3, filters) for layer in (conv(inputs, filters, 3), Norm(filters), nn.ReLU(), nn.MaxPool2d(2))]
    net = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(filters, classes)).to(memory_format=FORMATS[layout])
    parameters = list(net.parameters())
    direction = [torch.randn_like(parameter) for parameter in parameters]
    x = torch.randn(batch, 3, size, size).contiguous(memory_format=FORMATS[layout])
    labels = torch.randint(classes, (batch,))

    def step(_):
        gradients = torch.autograd.grad(F.cross_entropy(net(x), labels), parameters, create_graph=True)
        torch.autograd.grad(gradients, parameters, grad_outputs=direction)

    return step
