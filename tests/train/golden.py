#!/usr/bin/env python3
"""Prints tests/data/optimizer_golden.txt: steps of torch.optim in float64.

    build/peers/bin/python tests/train/golden.py > tests/data/optimizer_golden.txt

The objective is sum_i c_i (x_i - 1)^2 / 2 with c = 1, 4, 0.25, from x = 3, -2,
0.5. A line: optimizer, its options in the order of its row, steps : x after.
PyTorch clips by max_norm / (norm + 1e-6), which is taken out here.
"""
import torch

STEPS = 20
OFF = float("nan")


def run(name, options, make, schedule=None, clip=None):
    c = torch.tensor([1.0, 4.0, 0.25], dtype=torch.float64)
    x = torch.tensor([3.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    optimizer = make([x])
    scheduler = schedule(optimizer) if schedule else None
    for _ in range(STEPS):
        optimizer.zero_grad()
        (c * (x - 1) ** 2 / 2).sum().backward()
        if clip is not None:
            norm = x.grad.norm()
            if norm > clip:
                x.grad.mul_(clip / norm)
        optimizer.step()
        if scheduler:
            scheduler.step()
    numbers = " ".join(f"{v:.17g}" for v in x.tolist())
    print(name, " ".join(f"{o:g}" for o in options), STEPS, ":", numbers)


def sgd(**more):
    return lambda x: torch.optim.SGD(x, lr=0.05, **more)


def adam(**more):
    return lambda x: torch.optim.Adam(x, lr=0.1, **more)


def adamw(**more):
    return lambda x: torch.optim.AdamW(x, lr=0.1, **more)


def cosine(optimizer):
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)


def one_cycle(share):
    def make(optimizer):
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.05, total_steps=STEPS, pct_start=share,
            cycle_momentum=False)
    return make


def warm_cosine(optimizer):
    """5 steps up, the first at 1/5, then a cosine over the other 15."""
    up = torch.optim.lr_scheduler.LinearLR(optimizer, 0.2, 1.0, total_iters=4)
    down = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS - 5)
    return torch.optim.lr_scheduler.SequentialLR(optimizer, [up, down], [5])


# sgd: learning_rate momentum nesterov schedule warmup clip
run("sgd", [.05, 0, 0, 0, 0, OFF], sgd())
run("sgd", [.05, .9, 0, 0, 0, OFF], sgd(momentum=.9))
run("sgd", [.05, .9, 1, 0, 0, OFF], sgd(momentum=.9, nesterov=True))
run("sgd", [.05, .9, 0, 1, 0, OFF], sgd(momentum=.9), cosine)
run("sgd", [.05, .9, 0, 2, 0, OFF], sgd(momentum=.9), one_cycle(.3))
run("sgd", [.05, .5, 0, 2, .5, OFF], sgd(momentum=.5), one_cycle(.5))
run("sgd", [.05, 0, 0, 1, .25, OFF], sgd(), warm_cosine)
run("sgd", [.05, .9, 0, 0, 0, 1.5], sgd(momentum=.9), clip=1.5)
# adam: learning_rate beta1 beta2 epsilon weight_decay schedule warmup clip
run("adam", [.1, .9, .999, 1e-8, 0, 0, 0, OFF], adam())
run("adam", [.1, .8, .99, 1e-8, .1, 0, 0, OFF],
    adam(betas=(.8, .99), weight_decay=.1))
run("adam", [.1, .9, .999, 1e-8, 0, 1, 0, 1], adam(), cosine, clip=1)
run("adamw", [.1, .9, .999, 1e-8, .01, 0, 0, OFF], adamw(weight_decay=.01))
run("adamw", [.1, .9, .999, 1e-8, .2, 1, 0, OFF], adamw(weight_decay=.2), cosine)
