"""One candidate of the macro space, forward and backward, the anchor of `workloads/operations.ts`."""

import torch

from macro_supernet import FORMATS, OPERATIONS, candidate


def prepare(index, height, width, filters, batch, layout):
    torch.manual_seed(0)
    net = candidate(OPERATIONS[index], filters).to(memory_format=FORMATS[layout])
    x, dy = (torch.randn(batch, filters, height, width).contiguous(memory_format=FORMATS[layout]) for _ in range(2))
    x.requires_grad_()

    def step(_):
        net.zero_grad(set_to_none=True)
        x.grad = None
        value = (net(x) * dy).sum()
        value.backward()
        return value.item()

    return step
