"""Accuracy of many architectures on one batch, the anchor of `workloads/derive.ts`."""

import torch

from macro_supernet import FORMATS, MacroSupernet


def prepare(shape, classes, layers, filters, batch, architectures, layout):
    height, width, channels = shape
    torch.manual_seed(0)
    net = MacroSupernet(channels, classes, layers, filters).to(memory_format=FORMATS[layout])
    inputs = torch.randn(batch, channels, height, width).contiguous(memory_format=FORMATS[layout])
    labels = torch.randint(classes, (batch,))

    @torch.inference_mode()
    def step(_):
        for architecture in architectures:
            (net(inputs, architecture).argmax(1) == labels).float().mean().item()

    return step
