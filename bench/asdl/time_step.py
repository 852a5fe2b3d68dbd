"""Milliseconds a step of ASDL's preconditioners, beside which the study `preconditioners` sets its own.

    python bench/asdl/time_step.py PATH     # a clone of github.com/kazukiosawa/asdl; PyTorch is needed

A perceptron of width 512 on images of 28x28, batch 128, momentum .9 and gradients clipped at 10, as in the study; methods
take blocks of ten steps in turn, medians of the blocks.
"""

import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, sys.argv[1])
import asdl  # noqa: E402
from asdl.precondition import (  # noqa: E402
    KfacGradientMaker, PreconditioningConfig, SengGradientMaker, ShampooGradientMaker,
)

WIDTH, BATCH, STEPS, BLOCKS = 512, 128, 10, 6
torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 2)


def subject(make):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(784, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-6, momentum=0.9)
    maker = make(net)
    x = torch.rand(BATCH, 784)
    labels = torch.randint(10, (BATCH,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        if maker is None:
            loss = F.cross_entropy(net(x), labels)
            loss.backward()
        else:
            outputs = maker.setup_model_call(net, x)
            maker.setup_loss_call(F.cross_entropy, outputs, labels)
            _, loss = maker.forward_and_backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10)
        optimizer.step()
        return loss.item()

    return step


def config(interval):
    return PreconditioningConfig(data_size=BATCH, damping=1e-3, preconditioner_upd_interval=interval, curvature_upd_interval=interval)


SUBJECTS = {"sgd": lambda net: None}
for interval in (1, 10):
    SUBJECTS[f"kfac/{interval}"] = lambda net, i=interval: KfacGradientMaker(net, config(i), fisher_type=asdl.FISHER_MC)
    SUBJECTS[f"kfac-empirical/{interval}"] = lambda net, i=interval: KfacGradientMaker(net, config(i), fisher_type=asdl.FISHER_EMP)
    SUBJECTS[f"shampoo/{interval}"] = lambda net, i=interval: ShampooGradientMaker(net, config(i))
    SUBJECTS[f"seng/{interval}"] = lambda net, i=interval: SengGradientMaker(net, config(i))

steps, times = {}, {}
for name, make in SUBJECTS.items():
    try:
        steps[name] = subject(make)
        steps[name]()
        times[name] = []
    except Exception as error:  # noqa: BLE001
        steps.pop(name, None)
        print(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}")
for _ in range(BLOCKS):
    for name, step in steps.items():
        start = time.perf_counter()
        try:
            for _ in range(STEPS):
                step()
        except Exception as error:  # noqa: BLE001
            print(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}")
            times[name].append(float("nan"))
            continue
        times[name].append((time.perf_counter() - start) / STEPS * 1000)
for name, milliseconds in times.items():
    print(f"{name}: {statistics.median(milliseconds):.2f} ms")
