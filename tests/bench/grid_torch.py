"""The work of grid_bench.c in PyTorch, three ways, on the same rows in the same
order; each way's weights are compared with neap's.

loop        one model after another, as most scripts do it: nn.Linear,
            torchvision's focal loss, autograd, optim.SGD. 11 of the 121 points
            (alpha 0.25), times 11: each costs the same.
vectorised  all points at once as columns of one matrix, autograd.
analytic    the same with the gradient written out, in place.
compiled    the same as one expression, by torch.compile, whose own time (about
            20 s) does not count.
"""
import os
import sys
import time

import numpy
import torch
from peer import show
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid
from torchvision.ops import sigmoid_focal_loss

ROWS, FEATURES, EPOCHS, BATCH, RATE = 100000, 32, 20, 1024, 0.1
ALPHAS = [-1, .01, .05, .1, .25, .5, .75, .9, .95, .99, .999]  # -1: off
GAMMAS = [0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5]

torch.set_num_threads(1)
folder = sys.argv[1]


def load(name, dtype, *shape):
    path = os.path.join(folder, name)
    return torch.from_numpy(numpy.fromfile(path, dtype).reshape(shape))


x = load("x.f32", "float32", ROWS, FEATURES)
y = load("y.f32", "float32", ROWS)
order = load("order.u32", "uint32", EPOCHS, ROWS).to(torch.int64)
found = load("weights.f64", "float64", 121, FEATURES + 1)
bias = torch.log((y.sum() + 0.5) / (ROWS - y.sum() + 0.5)).item()
version = torch.__version__.split("+")[0]


def batches():
    for epoch in range(EPOCHS):
        for start in range(0, ROWS, BATCH):
            rows = order[epoch, start:start + BATCH]
            yield x[rows], y[rows]


def train_alone(alpha, gamma):
    model = torch.nn.Linear(FEATURES, 1)
    with torch.no_grad():
        model.weight.zero_()
        model.bias.fill_(bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for features, targets in batches():
        optimizer.zero_grad()
        logits = model(features)[:, 0]
        sigmoid_focal_loss(logits, targets, alpha, gamma, "mean").backward()
        optimizer.step()
    return torch.cat([model.weight[0], model.bias]).detach()


def loop():
    return torch.stack([train_alone(0.25, gamma) for gamma in GAMMAS])


pairs = [(alpha, gamma) for alpha in ALPHAS for gamma in GAMMAS]
gamma_of = torch.tensor([gamma for _, gamma in pairs])
weight_1 = torch.tensor([a if a >= 0 else 1.0 for a, _ in pairs])
weight_0 = torch.tensor([1 - a if a >= 0 else 1.0 for a, _ in pairs])


def start():
    return torch.zeros(121, FEATURES), torch.full((121,), bias)


def vectorised():
    w, b = start()
    w.requires_grad_()
    b.requires_grad_()
    for features, targets in batches():
        z = torch.addmm(b, features, w.t())
        t = targets[:, None].expand_as(z)
        ce = binary_cross_entropy_with_logits(z, t, reduction="none")
        p = torch.sigmoid(z)
        off = p + t - 2 * p * t  # 1 - p_t
        weight = torch.where(t > 0, weight_1, weight_0)
        loss = (weight * ce * off ** gamma_of).sum() / len(targets)
        dw, db = torch.autograd.grad(loss, [w, b])
        with torch.no_grad():
            w -= RATE * dw
            b -= RATE * db
    return torch.cat([w, b[:, None]], 1).detach()


@torch.no_grad()
def analytic():
    w, b = start()
    for features, targets in batches():
        sign = 2 * targets[:, None] - 1
        margin = torch.addmm(b, features, w.t()).mul_(sign)
        q = torch.sigmoid(-margin)
        # w (q + gamma p l) q^gamma, with l = -log p
        slope = logsigmoid(margin).mul_(-gamma_of).mul_(1 - q).add_(q)
        slope.mul_(q.pow_(gamma_of))
        slope.mul_(torch.where(sign > 0, weight_1, weight_0))
        slope.mul_(sign).mul_(-1 / len(targets))
        w.addmm_(slope.t(), features, alpha=-RATE)
        b.sub_(slope.sum(0), alpha=RATE)
    return torch.cat([w, b[:, None]], 1)


def step(w, b, features, targets):
    sign = 2 * targets[:, None] - 1
    margin = torch.addmm(b, features, w.t()) * sign
    q = torch.sigmoid(-margin)
    slope = q - gamma_of * logsigmoid(margin) * (1 - q)
    slope = slope * q ** gamma_of * torch.where(sign > 0, weight_1, weight_0)
    slope = slope * sign / -features.shape[0]
    return w - RATE * (slope.t() @ features), b - RATE * slope.sum(0)


compiled_step = torch.compile(step, dynamic=False)


@torch.no_grad()
def compiled():
    w, b = start()
    for features, targets in batches():
        w, b = compiled_step(w, b, features, targets)
    return torch.cat([w, b[:, None]], 1)


def measure(name, train, wanted, factor=1, rounds=3):
    spent = []
    for _ in range(rounds):
        begin = time.perf_counter()
        weights = train()
        spent.append(time.perf_counter() - begin)
    gap = (weights.double() - wanted).abs().max().item()
    if not gap < 1e-3:
        sys.exit(f"{name}: weights differ by {gap}: not the same work")
    show(f"PyTorch {version}, {name}", "121 points",
         factor * sorted(spent)[rounds // 2])


measure("loop, autograd", loop, found[4 * 11:5 * 11], 11, 1)
measure("vectorised, autograd", vectorised, found)
measure("vectorised, analytic gradient", analytic, found)
compiled()
measure("vectorised, compiled", compiled, found)
