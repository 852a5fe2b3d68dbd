"""Saving and loading a supernet with its momentum, the anchor of `workloads/checkpoint.ts`."""

import tempfile

import torch

from macro_supernet import MacroSupernet


def prepare(layers, filters):
    net = MacroSupernet(3, 10, layers, filters)
    weights = net.state_dict()
    momentum = {name: torch.zeros_like(value) for name, value in weights.items()}
    folder = tempfile.TemporaryDirectory()

    def step(index):
        path = f"{folder.name}/{index}.pt"
        torch.save({"weights": weights, "optimizer": momentum}, path)
        torch.load(path)

    return step
