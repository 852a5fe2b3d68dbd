"""One shared-weight training step of the ENAS macro space, the anchor of `workloads/macro-supernet.ts`."""

import torch
import torch.nn.functional as F
from torch import nn

FORMATS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}
OPERATIONS = ("conv3", "sep3", "conv5", "sep5", "avg3", "max3")


class Norm(nn.Module):
    """Batch normalization with the statistics of the batch, as in a search."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=1e-5)


def conv(inputs, outputs, size, **options):
    return nn.Conv2d(inputs, outputs, size, padding="same" if options.get("stride", 1) == 1 else 0, bias=False, **options)


def candidate(name, c):
    enter = [conv(c, c, 1), Norm(c), nn.ReLU()]
    if name == "avg3":
        return nn.Sequential(*enter, nn.AvgPool2d(3, 1, 1, count_include_pad=False))
    if name == "max3":
        return nn.Sequential(*enter, nn.MaxPool2d(3, 1, 1))
    size = int(name[-1])
    middle = [conv(c, c, size)] if name.startswith("conv") else [conv(c, c, size, groups=c), conv(c, c, 1)]
    return nn.Sequential(*enter, *middle, Norm(c), nn.ReLU())


class Reduction(nn.Module):
    """Two 1x1 convolutions of stride 2, the second on the input shifted by one pixel."""

    def __init__(self, c):
        super().__init__()
        self.even = conv(c, c // 2, 1, stride=2)
        self.odd = conv(c, c // 2, 1, stride=2)
        self.norm = Norm(c)

    def forward(self, x):
        shifted = F.pad(x[:, :, 1:, 1:], (0, 1, 0, 1))
        return self.norm(torch.cat([self.even(x), self.odd(shifted)], 1))


class MacroSupernet(nn.Module):
    def __init__(self, channels, classes, layers, filters):
        super().__init__()
        self.reduce_before = [layers // 3, 2 * layers // 3]
        self.stem = nn.Sequential(conv(channels, filters, 3), Norm(filters))
        self.candidates = nn.ModuleList(nn.ModuleList(candidate(op, filters) for op in OPERATIONS) for _ in range(layers))
        self.norms = nn.ModuleList(Norm(filters) for _ in range(layers))
        self.reductions = nn.ModuleDict(
            {f"{at}-{layer}": Reduction(filters) for at in self.reduce_before for layer in range(at)})
        self.classifier = nn.Linear(filters, classes)

    def forward(self, x, architecture):
        outputs = []  # per layer, the values at each resolution so far; filled in on demand

        def at(layer, resolution):
            values = outputs[layer]
            while len(values) <= resolution:
                before = self.reduce_before[len(values) - 1]
                values.append(self.reductions[f"{before}-{layer}"](values[-1]))
            return values[resolution]

        x = self.stem(x)
        resolution = 0
        for index, (op, skips) in enumerate(architecture):
            if index in self.reduce_before:
                resolution += 1
                x = at(index - 1, resolution)
            y = self.candidates[index][op](x)
            if index > 0:
                for layer, selected in enumerate(skips):
                    if selected:
                        y = y + at(layer, resolution)
                y = self.norms[index](y)
            # A layer's value exists from its own resolution on.
            outputs.append([None] * resolution + [y])
            x = y
        return self.classifier(x.mean((2, 3)))


def prepare(shape, classes, layers, filters, batch, architectures, layout):
    """The function that takes one step; `shape` is [height, width, channels] of an image."""
    height, width, channels = shape
    memory_format = FORMATS[layout]
    torch.manual_seed(0)
    net = MacroSupernet(channels, classes, layers, filters).to(memory_format=memory_format)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    inputs = torch.randn(batch, channels, height, width).contiguous(memory_format=memory_format)
    labels = torch.randint(classes, (batch,))

    def step(index):
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(inputs, architectures[index % len(architectures)]), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        return loss.item()

    return step
