"""The work of mlp_bench.c in PyTorch, on the same rows in the same order and from
the same weights; each way's weights are compared with neap's.

loop        one model after another: nn.Sequential, torchvision's focal loss,
            autograd, optim.Adam. 1 of the 121 points, times 121.
vectorised  all points at once, weights [121][32][32], baddbmm, autograd, Adam.
"""
import os
import sys
import time

import numpy
import torch
from peer import show
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.ops import sigmoid_focal_loss

ROWS, FEATURES, HIDDEN, EPOCHS, BATCH = 100000, 32, 32, 4, 1024
ALPHAS = [-1, .01, .05, .1, .25, .5, .75, .9, .95, .99, .999]  # -1: off
GAMMAS = [0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5]
PARAMETERS = HIDDEN * (FEATURES + 1) + HIDDEN + 1

torch.set_num_threads(1)
folder = sys.argv[1]
version = torch.__version__.split("+")[0]


def load(name, dtype, *shape):
    path = os.path.join(folder, name)
    return torch.from_numpy(numpy.fromfile(path, dtype).reshape(shape))


x = load("x.f32", "float32", ROWS, FEATURES)
y = load("y.f32", "float32", ROWS)
order = load("order.u32", "uint32", EPOCHS, ROWS).to(torch.int64)
first = load("start.f64", "float64", PARAMETERS).float()
found = load("mlp.f64", "float64", 121, PARAMETERS)


def split(flat):
    """Weights and biases of both layers: a row is weights, then the bias."""
    hidden = flat[:HIDDEN * (FEATURES + 1)].reshape(HIDDEN, FEATURES + 1)
    last = flat[HIDDEN * (FEATURES + 1):]
    return hidden[:, :-1], hidden[:, -1], last[:-1], last[-1]


def batches(epochs):
    for epoch in range(epochs):
        for start in range(0, ROWS, BATCH):
            rows = order[epoch, start:start + BATCH]
            yield x[rows], y[rows]


def train_alone(alpha, gamma):
    model = torch.nn.Sequential(torch.nn.Linear(FEATURES, HIDDEN),
                                torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1))
    w1, b1, w2, b2 = split(first)
    with torch.no_grad():
        model[0].weight.copy_(w1)
        model[0].bias.copy_(b1)
        model[2].weight.copy_(w2[None])
        model[2].bias.fill_(b2.item())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for features, targets in batches(EPOCHS):
        optimizer.zero_grad()
        logits = model(features)[:, 0]
        sigmoid_focal_loss(logits, targets, alpha, gamma, "mean").backward()
        optimizer.step()
    hidden = torch.cat([model[0].weight, model[0].bias[:, None]], 1)
    return torch.cat([hidden.flatten(), model[2].weight[0],
                      model[2].bias]).detach()


pairs = [(alpha, gamma) for alpha in ALPHAS for gamma in GAMMAS]
gamma_of = torch.tensor([gamma for _, gamma in pairs])[:, None]
weight_1 = torch.tensor([a if a >= 0 else 1.0 for a, _ in pairs])[:, None]
weight_0 = torch.tensor([1 - a if a >= 0 else 1.0 for a, _ in pairs])[:, None]


def vectorised():
    w1, b1, w2, b2 = split(first)
    w1 = w1.T.expand(121, FEATURES, HIDDEN).clone().requires_grad_()
    b1 = b1.expand(121, 1, HIDDEN).clone().requires_grad_()
    w2 = w2.expand(121, HIDDEN).clone()[:, :, None].requires_grad_()
    b2 = b2.expand(121, 1, 1).clone().requires_grad_()
    optimizer = torch.optim.Adam([w1, b1, w2, b2], lr=1e-3)
    for features, targets in batches(EPOCHS):
        a = features.expand(121, *features.shape)
        z = torch.baddbmm(b2, torch.relu(torch.baddbmm(b1, a, w1)), w2)[:, :, 0]
        t = targets.expand_as(z)
        ce = binary_cross_entropy_with_logits(z, t, reduction="none")
        p = torch.sigmoid(z)
        off = p + t - 2 * p * t  # 1 - p_t
        weight = torch.where(t > 0, weight_1, weight_0)
        optimizer.zero_grad()
        ((weight * ce * off ** gamma_of).sum() / len(targets)).backward()
        optimizer.step()
    hidden = torch.cat([w1.transpose(1, 2), b1.transpose(1, 2)], 2)
    return torch.cat([hidden.reshape(121, -1), w2[:, :, 0], b2[:, :, 0]],
                     1).detach()


def measure(name, train, wanted, factor):
    begin = time.perf_counter()
    weights = train()
    spent = time.perf_counter() - begin
    gap = (weights.double() - wanted).abs().max().item()
    if not gap < 5e-3:
        sys.exit(f"{name}: weights differ by {gap}: not the same work")
    show(f"PyTorch {version}, {name}", "121 points", factor * spent)


at = ALPHAS.index(.25) * 11 + GAMMAS.index(2)
measure("loop, autograd", lambda: train_alone(.25, 2), found[at], 121)
measure("vectorised, autograd", vectorised, found, 1)
